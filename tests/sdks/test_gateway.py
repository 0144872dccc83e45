"""
Real SDKs, curl and OpenAI's JavaScript client against the gateway.

Every row of the vendors' tables is recorded through it and replayed through it, and between it and a session in this
process, from one cassette.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("openai", reason="the SDKs are not installed here: make test runs these in .venv-sdk")
pytest.importorskip("uvicorn", reason="the extra gateway is not installed here")

import openai

import playhead
from playhead.gateway import create_app
from playhead.gateway.app import Gateway
from playhead.gateway.serving import Background
from playhead.gateway.watching import CallLog
from playhead.providers.tiny_server import TinyServer, missing_dependency
from tests.sdks import (
    test_anthropic,
    test_cohere,
    test_google_genai,
    test_groq,
    test_mistralai,
    test_ollama,
    test_openai,
)
from tests.sdks.cases import KEY, Sdk
from tests.sdks.prover import Row, everything_in, outcome, rows
from tests.sdks.servers.base import slow, squeezed
from tests.sdks.servers.openai_like import OpenAIServer

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

SDKS = [
    each.SDK
    for each in (test_openai, test_anthropic, test_google_genai, test_mistralai, test_ollama, test_cohere, test_groq)
]
JS = Path(__file__).parents[1] / "gateway" / "js"


class Stage:
    """One server for all tests of this file, behind which the gateway changes: each takes half a second to stop."""

    def __init__(self) -> None:
        self.app: Gateway | None = None
        self.log = CallLog()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.loop = asyncio.get_running_loop()
        assert self.app is not None
        await self.app(scope, receive, send)

    async def close(self) -> None:
        """Have nothing to close: each gateway was closed by its test."""

    def leave(self, app: Gateway) -> None:
        """Close a gateway where its connections are."""
        if self.loop is None:
            asyncio.run(app.close())
            return
        asyncio.run_coroutine_threadsafe(app.close(), self.loop).result(20)


STAGE = Stage()
_address = ""


@pytest.fixture(scope="module", autouse=True)
def _on_stage() -> Iterator[None]:
    """Run the server while this file's tests run."""
    global _address
    server: Any = STAGE
    with Background(server) as _address:
        yield


@contextmanager
def gateway(path: Path, **options: Any) -> Iterator[tuple[str, Gateway]]:
    """Run a gateway on a cassette; give its address and itself."""
    STAGE.app = app = create_app(cassette=path, **options)
    try:
        yield _address, app
    finally:
        STAGE.leave(app)
    assert app.faults == []


BOTH = {"chat", "stream"}
"""What is also asked by asynchronous clients."""

NO_ROUTES = {"moderations", "images", "speech", "transcription", "file", "rerank"}
"""What a gateway sends on only where a header names the upstream."""


def pairs(*, faults: bool = True) -> list[Any]:
    """Give the rows that can go through a gateway, few async ones: what is waited for in vain is not recorded."""
    found = [(sdk, row) for sdk in SDKS[:5] for row in rows(sdk, "row") if not row.real]
    found = [(sdk, row) for sdk, row in found if not row.case.is_async or (faults and row.case.feature in BOTH)]
    return [
        pytest.param(sdk, row, id=f"{sdk.name}-{row}")
        for sdk, row in found
        if (faults or not row.case.faults) and slow not in row.case.faults and row.case.feature not in NO_ROUTES
    ]


def same(value: Any) -> Any:
    """Leave out what is about the connection: two SDKs show an answer's headers, one of them in its errors' text."""
    if isinstance(value, dict):
        return {key: same(one) for key, one in value.items() if key not in ("headers", "sdk_http_response")}
    if isinstance(value, list):
        return [same(one) for one in value]
    return re.sub(r"headers: \{.*?\}", "", value) if isinstance(value, str) else value


def through(sdk: Sdk, server: Any, url: str) -> str:
    """Give the address that an SDK is pointed at, the gateway's in place of the server's."""
    return url + urlsplit(sdk.address(server)).path


@pytest.mark.parametrize(("sdk", "row"), pairs())
def test_a_gateways_cassette_replays_there_and_in_process(sdk: Sdk, row: Row, tmp_path: Path) -> None:
    """With the server gone an SDK gets what it got, whichever way, and no key is in the file."""
    path = tmp_path / "proof.cassette"
    case, ask = row.case, sdk.ask()
    with sdk.server() as server:
        server.faults[:] = case.faults
        with gateway(path, mode="record", upstreams={"default": server.root}) as (url, _):
            recorded = sdk.run(case, through(sdk, server, url), ask)
            assert ("error" in recorded) is case.fails, recorded
        assert len(server.asked) == case.requests
        assert all(KEY in " ".join(asked.headers.values()) + str(asked.query) for asked in server.asked)
    assert KEY not in everything_in(path)
    with gateway(path) as (url, app):
        assert same(sdk.run(case, through(sdk, server, url), ask)) == same(recorded)
        report = app.reports()[0]
    assert (report.refused, report.unplayed) == (0, 0)
    with playhead.use_cassette(path, strict=True):
        assert same(sdk.run(case, sdk.address(server), ask)) == same(recorded)


@pytest.mark.parametrize(("sdk", "row"), pairs(faults=False))
def test_a_cassette_of_this_process_replays_through_a_gateway(sdk: Sdk, row: Row, tmp_path: Path) -> None:
    """Host and the SDK's headers are no part of what is matched."""
    path = tmp_path / "proof.cassette"
    with sdk.server() as server, playhead.use_cassette(path, mode="record"):
        recorded = outcome(sdk, row.case, server)
    with gateway(path) as (url, app):
        assert same(sdk.run(row.case, through(sdk, server, url), sdk.ask())) == same(recorded)
        report = app.reports()[0]
    assert (report.refused, report.unplayed) == (0, 0)


@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
def test_a_miss_reaches_the_user_at_the_first_try(sdk: Sdk, tmp_path: Path) -> None:
    """The SDK raises its error for a bad request with the explanation in it, and does not try again."""
    path = tmp_path / "proof.cassette"
    row = next(row for row in rows(sdk, "prompted") if not row.case.is_async)
    with sdk.server() as server, playhead.use_cassette(path, mode="record"):
        outcome(sdk, row.case, server)
    with gateway(path) as (url, app):
        found = sdk.run(row.case, through(sdk, server, url), sdk.ask("Where is the kettle?"))
    assert "nothing recorded matches" in found["error"]["text"]
    assert "lantern" in found["error"]["text"]
    refusals = app.reports()[0].refusals
    assert [refusal.times for refusal in refusals] == [1]


# --- one test function, two ways


def the_test(url: str) -> dict[str, Any]:
    """Be a test of somebody's: a chat, a stream, vectors, a list of models and a failure."""
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=2) as client:
        asked: Any = {"model": "tiny-1", "messages": [{"role": "user", "content": "hello from near"}]}
        whole = client.chat.completions.create(**asked)
        pieces = [piece.model_dump() for piece in client.chat.completions.create(**asked, stream=True)]
        vectors = client.embeddings.create(model="tiny-1", input=["one", "two"])
        models = [model.id for model in client.models.list()]
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model="no-such", messages=asked["messages"])
    assert whole.choices[0].message.content
    return {
        "whole": whole.model_dump(),
        "pieces": pieces,
        "vectors": vectors.model_dump(),
        "models": models,
        "error": str(caught.value),
    }


@pytest.mark.parametrize("recorded_by", ["process", "gateway"])
def test_one_test_passes_in_this_process_and_against_a_server(tmp_path: Path, recorded_by: str) -> None:
    """From one cassette, whoever recorded it."""
    path = tmp_path / "one.cassette"
    with OpenAIServer() as server:
        if recorded_by == "process":
            with playhead.use_cassette(path, mode="record"):
                recorded = the_test(server.base_url)
        else:
            with gateway(path, mode="record", upstreams={"openai": server.base_url}) as (url, _):
                recorded = the_test(f"{url}/v1")
    with playhead.use_cassette(path, strict=True):
        assert the_test("https://api.openai.com/v1") == recorded
    with gateway(path) as (url, app):
        assert the_test(f"{url}/v1") == recorded
    assert (app.reports()[0].refused, app.reports()[0].unplayed) == (0, 0)


# --- other clients


def test_openais_javascript_client(tmp_path: Path) -> None:
    """Unmodified: it records and replays, whole, streamed, vectors and models; a miss is one error at the first try."""
    node = shutil.which("node")
    if node is None or not (JS / "node_modules" / "openai").is_dir():
        pytest.skip("OpenAI's JavaScript client is not installed: npm ci in tests/gateway/js")

    def run(url: str) -> dict[str, Any]:
        arguments = [node, str(JS / "client.mjs"), f"{url}/v1", KEY, "js/chat.test.mjs > answers"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    with OpenAIServer() as server:
        app = create_app(cassettes=tmp_path, mode="record-missing", upstreams={"openai": server.base_url})
        with Background(app) as url:
            recorded = run(url)
    assert "".join(recorded["pieces"])
    app = create_app(cassettes=tmp_path)
    with Background(app) as url:
        replayed = run(url)
    assert len(list(tmp_path.glob("*.cassette"))) == 1
    assert {**replayed, "error": None} == {**recorded, "error": None}


def test_a_javascript_miss(tmp_path: Path) -> None:
    """The explanation is in the error's message, and one request was made."""
    node = shutil.which("node")
    if node is None or not (JS / "node_modules" / "openai").is_dir():
        pytest.skip("OpenAI's JavaScript client is not installed: npm ci in tests/gateway/js")
    path = tmp_path / "one.cassette"
    asked: Any = {"model": "tiny-1", "messages": [{"role": "user", "content": "hello from afar"}]}
    with (
        OpenAIServer() as server,
        gateway(path, mode="record", upstreams={"openai": server.base_url}) as (url, _),
        openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as client,
    ):
        client.chat.completions.create(**asked)
        list(client.chat.completions.create(**asked, stream=True))
        client.embeddings.create(model="tiny-1", input=["one"], encoding_format="float")
        client.models.list()
    with gateway(path) as (url, _):
        done = subprocess.run(
            [node, str(JS / "client.mjs"), f"{url}/v1", KEY], capture_output=True, text=True, check=True, timeout=60
        )
    error = json.loads(done.stdout)["error"]
    assert (error["name"], error["status"], error["code"], error["tries"]) == (
        "UnprocessableEntityError", 422, "no_match", 1,
    )  # fmt: skip
    assert "hello from afar" in error["message"]


def test_curl(tmp_path: Path) -> None:
    """Whole and streamed; it takes no gzip, which the recording client took."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    path = tmp_path / "one.cassette"
    body: dict[str, Any] = {"model": "tiny-1", "messages": [{"role": "user", "content": "hello"}]}
    with OpenAIServer() as server, playhead.use_cassette(path, mode="record"):
        server.faults += [squeezed, squeezed]
        with openai.OpenAI(base_url=server.base_url, api_key=KEY) as client:
            whole = client.chat.completions.create(**body)
            pieces = [
                piece.choices[0].delta.content or "" for piece in client.chat.completions.create(**body, stream=True)
            ]
    with gateway(path) as (url, _):
        for streamed in (False, True):
            sent = json.dumps({**body, **({"stream": True} if streamed else {})})
            done = subprocess.run(
                [
                    curl,
                    "-sS",
                    "--fail",
                    f"{url}/v1/chat/completions",
                    "-H",
                    "content-type: application/json",
                    "-d",
                    sent,
                ],
                capture_output=True,
                check=True,
            )
            if streamed:
                events = [line.removeprefix("data: ") for line in done.stdout.decode().splitlines() if line]
                assert events.pop() == "[DONE]"
                assert [json.loads(event)["choices"][0]["delta"].get("content") or "" for event in events] == pieces
            else:
                assert json.loads(done.stdout)["choices"][0]["message"]["content"] == whole.choices[0].message.content


def test_an_unmodified_script_runs_against_the_command(tmp_path: Path) -> None:
    """A process of ``playhead serve`` answers a script that is told nothing but where OpenAI is."""
    path = tmp_path / "one.cassette"
    script = (
        "import openai; client = openai.OpenAI(); messages = [{'role': 'user', 'content': 'hello'}];"
        "print(client.chat.completions.create(model='tiny-1', messages=messages).choices[0].message.content);"
        "print(''.join(one.choices[0].delta.content or '' for one in client.chat.completions.create("
        "model='tiny-1', messages=messages, stream=True) if one.choices))"
    )

    def run(url: str) -> str:
        environment = {**os.environ, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": KEY}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
        )
        return done.stdout

    with OpenAIServer() as server, gateway(path, mode="record", upstreams={"openai": server.base_url}) as (url, _):
        recorded = run(url)
    command = [sys.executable, "-m", "playhead", "serve", "--cassette", str(path), "--port", "0", "--strict"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert run(serving.stdout.readline().split()[2]) == recorded
        serving.terminate()
        assert serving.wait(20) == 0


# --- the real server


@pytest.mark.real_server
@pytest.mark.parametrize("sdk", [sdk for sdk in SDKS if sdk.real_url is not None], ids=lambda sdk: sdk.name)
def test_the_real_server_is_recorded_through_a_gateway(sdk: Sdk, tmp_path: Path) -> None:
    """An unmodified client records llama.cpp's server, whole and streamed, and replays it with the server gone."""
    missing = missing_dependency()
    if missing is not None:
        pytest.skip(f"{missing} is not installed (extra demo)")
    path = tmp_path / "real.cassette"
    found = [row for row in rows(sdk, "row") if row.real and not row.case.is_async]
    found = [row for row in found if row.case.feature in ("chat", "stream")]
    assert len(found) == 2
    with TinyServer() as server, gateway(path, mode="record", upstreams={"default": server.root_url}) as (url, _):
        below = urlsplit(sdk.address(server)).path
        recorded = [sdk.run(row.case, url + below, sdk.ask()) for row in found]
    assert all("value" in each for each in recorded), recorded
    with gateway(path) as (url, app):
        assert [sdk.run(row.case, url + below, sdk.ask()) for row in found] == recorded
    assert (app.reports()[0].refused, app.reports()[0].unplayed) == (0, 0)
