"""Requests sent on while they are recorded."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import playhead
from playhead import Completion, CompletionRequest, PermanentError, RateLimitError
from playhead.core.calls import Call, decode_call
from playhead.core.model import Origin, Stream
from playhead.gateway import create_app
from tests.gateway.conftest import CHAT, Ask, Serve, chat, stub_app
from tests.sdks.servers.base import overloaded, too_many
from tests.sdks.servers.openai_like import OpenAIServer

SECRET = "sk-proof-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"


async def until(found: Any) -> None:
    """Wait until something holds, five seconds at most."""
    for _ in range(500):
        if found():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came about")


def stored(path: Path) -> list[Call]:
    """Give the calls in a cassette."""
    return [decode_call(entry.data).call for entry in playhead.open_cassette(path).entries()]


async def test_the_clients_key_goes_to_the_server_and_into_no_file(
    tmp_path: Path, ask: Ask, vendor: OpenAIServer
) -> None:
    """It is passed on, and is redacted also where the server quotes it."""
    app = create_app(cassettes=tmp_path, mode="record", upstreams={"openai": vendor.base_url})
    headers = {"authorization": f"Bearer {SECRET}", "x-playhead-cassette": "a.cassette.json"}
    answer = await ask(app).post(CHAT, json={**chat(), "model": f"none {SECRET}"}, headers=headers)
    assert SECRET in answer.text
    await app.close()
    assert vendor.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    assert "x-playhead-cassette" not in vendor.asked[0].headers
    assert app.faults == []
    assert SECRET.encode() not in (tmp_path / "a.cassette.json").read_bytes()


async def test_the_gateways_token_never_goes_on(tmp_path: Path, ask: Ask, vendor: OpenAIServer) -> None:
    """A client that gives it for a key has no key of its own."""
    app = create_app(
        cassette=tmp_path / "a.cassette", mode="record", upstreams={"openai": vendor.base_url}, token="token-1"
    )
    assert (await ask(app).post(CHAT, json=chat(), headers={"authorization": "Bearer token-1"})).status_code == 200
    assert "authorization" not in vendor.asked[0].headers
    assert (await ask(app).get("/v1/models?key=token-1&limit=2")).status_code == 200
    assert vendor.asked[1].query == {"limit": "2"}


async def test_a_stream_is_relayed_while_it_comes(tmp_path: Path, serve: Serve, vendor: OpenAIServer) -> None:
    """The server waits in the middle until the client has seen the first half."""
    vendor.gate = threading.Event()
    url = serve(create_app(cassette=tmp_path / "a.cassette", mode="record", upstreams={"openai": vendor.base_url}))
    async with (
        httpx.AsyncClient() as client,
        client.stream("POST", f"{url}{CHAT}", json=chat(stream=True)) as answer,
    ):
        async for _ in answer.aiter_raw():
            vendor.gate.set()
    assert not vendor.held_back


async def test_failures_are_recorded_as_they_were(tmp_path: Path, ask: Ask, vendor: OpenAIServer) -> None:
    """Status, body and the pause that was asked for, then the answer that the next try got."""
    path = tmp_path / "a.cassette"
    vendor.faults += [too_many, overloaded]
    seen: list[Any] = []
    for mode in ("record", "replay"):
        app = create_app(cassette=path, mode=mode, upstreams={"openai": vendor.base_url})
        client = ask(app)
        for _ in range(3):
            answer = await client.post(CHAT, json=chat())
            seen.append((answer.status_code, answer.headers.get("retry-after"), answer.content))
        await app.close()
    assert seen[:3] == seen[3:]
    assert [status for status, *_ in seen[:3]] == [429, 500, 200]


async def test_of_a_stream_whose_client_hangs_up_what_came_is_kept(
    tmp_path: Path, serve: Serve, vendor: OpenAIServer
) -> None:
    """As left by its reader, without claiming that it was whole; the gateway goes on."""
    path = tmp_path / "a.cassette"
    vendor.gate = threading.Event()
    app = create_app(cassette=path, mode="record", upstreams={"openai": vendor.base_url})
    url = serve(app)
    async with httpx.AsyncClient() as client:
        async with client.stream("POST", f"{url}{CHAT}", json=chat(stream=True)) as answer:
            await anext(answer.aiter_raw())
        await until(lambda: app.log.counts["failed"])
        vendor.gate.set()
        assert (await client.post(f"{url}{CHAT}", json=chat("another"))).status_code == 200
    await app.close()
    assert app.faults == []
    outcomes = [one.outcome for one in stored(path)]
    ends = [outcome.end for outcome in outcomes if isinstance(outcome, Stream)]
    assert ends == [None]


async def test_a_client_that_hangs_up_before_anything_came_leaves_nothing(
    tmp_path: Path, serve: Serve, vendor: OpenAIServer
) -> None:
    """Nobody knows what would have come."""

    def slow(_: Any, __: Any, answer: Any) -> Any:
        return replace(answer, wait=3.0)

    vendor.faults.append(slow)
    path = tmp_path / "a.cassette"
    app = create_app(cassette=path, mode="once", upstreams={"openai": vendor.base_url})
    url = serve(app)
    async with httpx.AsyncClient(timeout=0.3) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"{url}{CHAT}", json=chat())
        await until(lambda: app.log.counts["failed"])
    await app.close()
    assert (app.faults, path.exists()) == ([], False)


async def test_calls_side_by_side_are_each_recorded_with_their_own_answer(
    tmp_path: Path, serve: Serve, vendor: OpenAIServer
) -> None:
    """Sixty at a time, of ten questions six takes each: in replay each question has the answers it had."""
    path = tmp_path / "a.cassette"
    seen: list[dict[str, list[bytes]]] = []
    for mode in ("record", "replay"):
        app = create_app(cassette=path, mode=mode, upstreams={"openai": vendor.base_url})
        url = serve(app)
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=60), timeout=30) as client:

            async def one(number: int, url: str = url, client: httpx.AsyncClient = client) -> bytes:
                body = chat(f"question {number % 10}", stream=number % 2 == 0)
                return (await client.post(f"{url}{CHAT}", json=body)).content

            answers = await asyncio.gather(*map(one, range(60)))
        await app.close()
        assert app.faults == []
        found: dict[str, list[bytes]] = {}
        for number, answer in enumerate(answers):
            found.setdefault(f"{number % 10}", []).append(answer)
        seen.append({name: sorted(each) for name, each in found.items()})
    assert seen[0] == seen[1]
    assert all(len(set(each)) == 6 for each in seen[0].values())


async def test_a_stub_answers_in_the_dialect_and_is_recorded_as_a_stub(tmp_path: Path, ask: Ask) -> None:
    """Whole and streamed, so that nobody takes its answers for a model's."""
    path = tmp_path / "a.cassette"
    app = stub_app(path)
    client = ask(app)
    whole = await client.post(CHAT, json=chat("hi"))
    streamed = await client.post(CHAT, json=chat("hi", stream=True))
    claude = await client.post("/v1/messages", json={**chat("hi"), "max_tokens": 9})
    assert whole.json()["choices"][0]["message"]["content"] == "<stub: hi>"
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert claude.json()["content"][0]["text"] == "<stub: hi>"
    await app.close()
    assert {one.origin for one in stored(path)} == {Origin.STUB}
    client = ask(create_app(cassette=path))
    assert (await client.post(CHAT, json=chat("hi"))).content == whole.content
    assert (await client.post(CHAT, json=chat("hi", stream=True))).content == streamed.content


async def test_equal_recordings_of_a_stub_are_equal_bytes(tmp_path: Path, ask: Ask) -> None:
    """On any day and in any order of headers."""
    for name in ("a", "b"):
        app = stub_app(tmp_path / f"{name}.cassette")
        client = ask(app)
        await client.post(CHAT, json=chat(stream=True), headers={"x-any": name})
        await app.close()
    assert (tmp_path / "a.cassette").read_bytes() == (tmp_path / "b.cassette").read_bytes()


class Failing:
    """Fails as it is told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def complete(self, _: CompletionRequest) -> Completion:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "after"),
    [
        (RateLimitError("slow down", retry_after=3), 429, "3"),
        (PermanentError("no such model", context={"status": 404}), 404, None),
        (PermanentError("bad"), 400, None),
        (playhead.ProviderError("broken"), 500, None),
    ],
)
async def test_a_provider_that_fails_answers_as_its_vendor_would(
    tmp_path: Path, ask: Ask, error: Exception, status: int, after: str | None
) -> None:
    """With a status, the vendor's wording and the pause, again in replay."""
    path = tmp_path / "a.cassette"
    for mode in ("record", "replay"):
        app = create_app(cassette=path, mode=mode, upstreams={"default": Failing(error)})
        answer = await ask(app).post("/v1/messages", json={**chat(), "max_tokens": 3})
        assert (answer.status_code, answer.headers.get("retry-after")) == (status, after)
        assert answer.json()["error"]["message"] == str(error)
        await app.close()


async def test_a_provider_is_not_asked_what_no_dialect_reads(tmp_path: Path, ask: Ask) -> None:
    """There are no words of ours for it."""
    client = ask(stub_app(tmp_path / "a.cassette"))
    answer = await client.post("/v1/odd", content=b"x", headers={"x-playhead-upstream": "default"})
    assert (answer.status_code, answer.json()["playhead"]["code"]) == (400, "not_understood")
