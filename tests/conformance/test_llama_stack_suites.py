"""The third provider system, LS-10 to LS-20: suites, servers, modes and upkeep."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from tests.conformance.llama_stack import KEY, MESSAGES, MODEL, StackServer, TinyProvider, every_call, plain, read

import playhead
import playhead.pytest_plugin.network
import playhead.pytest_plugin.opening
import playhead.pytest_plugin.plugin
import playhead.wire.seam
from playhead.cli import main
from playhead.compat.llama_stack import merge_model_lists
from playhead.errors import Exhausted, ReplayRefused
from playhead.providers.tiny_server import TinyServer, missing_dependency

NEEDS_SERVER = missing_dependency()


@pytest.fixture
def server() -> Iterator[StackServer]:
    """Start a server."""
    with StackServer() as started:
        yield started


async def record_calls(server: StackServer, cassette: Path) -> dict[str, Any]:
    """Record each call once, over the wire."""
    provider = TinyProvider(server.base_url)
    with playhead.use_cassette(cassette, mode="record"):
        found = await every_call(provider)
        await provider.aclose()
    server.stop()
    return found


async def test_ls_10_one_test_passes_in_process_and_against_a_server(server: StackServer, tmp_path: Path) -> None:
    """The same calls get the same answers from one cassette, in this process and through a server on it."""
    pytest.importorskip("uvicorn", reason="the gateway's extra is not installed here")
    from playhead.gateway import create_app
    from playhead.gateway.serving import Background

    cassette = tmp_path / "stack.cassette"
    live = await record_calls(server, cassette)
    provider = TinyProvider(server.base_url, "")
    with playhead.use_cassette(cassette):
        assert await every_call(provider) == live
        await provider.aclose()
    with Background(create_app(cassette=cassette)) as url:
        through = TinyProvider(f"{url}/v1")
        assert await every_call(through) == live
        await through.aclose()


async def test_ls_13_a_client_s_script_runs_against_a_server_on_a_provider(tmp_path: Path) -> None:
    """A client that knows only OpenAI's API is answered by a provider in the box behind the server, and by replay."""
    pytest.importorskip("uvicorn", reason="the gateway's extra is not installed here")
    from playhead.gateway import create_app
    from playhead.gateway.serving import Background

    def script(url: str) -> Any:
        with httpx.Client(base_url=f"{url}/v1", headers={"authorization": "Bearer any"}) as client:
            body = {"model": MODEL, "messages": MESSAGES}
            whole = client.post("/chat/completions", json=body)
            streamed = client.post("/chat/completions", json={**body, "stream": True})
            return whole.json()["choices"], [line for line in streamed.text.splitlines() if line]

    cassette = tmp_path / "stack.cassette"
    with StackServer() as behind:
        app = create_app(cassette=cassette, mode="record", upstreams={"openai": behind.root})
        with Background(app) as url:
            live = script(url)
    with Background(create_app(cassette=cassette)) as url:
        assert script(url) == live
    assert live[1][-1] == "data: [DONE]"


PROJECT = """
import pytest
from playhead.compat.llama_stack import make_provider, provider_spec
from tests.conformance.llama_stack import MESSAGES, MODEL

async def ask(session, **further):
    provider = await make_provider(provider_spec("remote::openai"))
    wrapped = session.wrap(provider, name="tiny")
    answer = await wrapped.openai_chat_completion(MODEL, MESSAGES, **further)
    await provider.aclose()
    return answer.choices[0].message.content
"""
FIRST = """
@pytest.mark.playhead
async def test_first(playhead):
    assert (await ask(playhead)).startswith("Réponse 0")
"""
SECOND = """
@pytest.mark.playhead
async def test_second(playhead):
    assert (await ask(playhead)).startswith("Réponse 1")
"""


class Project:
    """A user's suite, run in this process."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")

    def write(self, *tests: str) -> None:
        """Write the suite."""
        (self.pytester.path / "test_stack.py").write_text(PROJECT + "".join(tests), encoding="utf-8")
        sys.modules.pop("test_stack", None)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run it."""
        plugins = ("-p", "playhead.pytest_plugin.plugin", "-p", "pytest_asyncio.plugin")
        return self.pytester.runpytest_inprocess(*plugins, "-p", "no:cacheprovider", "-W", "default", *arguments)

    def record(self, server: StackServer) -> pytest.RunResult:
        """Run it against a server, which is named as a run configuration's variable."""
        settings = (f"--playhead-env=OPENAI_BASE_URL={server.base_url}", f"--playhead-env=OPENAI_API_KEY={KEY}")
        return self.run("--playhead-record", *settings)

    def cassettes(self) -> list[Path]:
        """Give its cassettes, without what a failed test left."""
        return sorted(path for path in self.pytester.path.rglob("*.cassette") if ".failed." not in path.name)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Make a project."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    return Project(pytester)


def test_ls_11_variables_are_given_to_a_test_run(project: Project, server: StackServer) -> None:
    """``--playhead-env KEY=VALUE`` names server and key for a run that records; neither the key nor more is kept."""
    project.write(FIRST)
    project.record(server).assert_outcomes(passed=1)
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert all(KEY.encode() not in path.read_bytes() for path in project.cassettes())


def test_ls_12_a_suite_runs_without_network_and_credentials(
    project: Project, server: StackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was recorded passes with the server gone, no variable set and no option given: replay is the default."""
    project.write(FIRST, SECOND)
    project.record(server).assert_outcomes(passed=2)
    server.stop()
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    project.run().assert_outcomes(passed=2)
    project.run("--playhead-block-network").assert_outcomes(passed=2)


async def test_ls_14_the_modes_mean_what_they_say(server: StackServer, tmp_path: Path) -> None:
    """Live stores nothing, record replaces, replay refuses a miss, record-missing asks for what is missing alone."""
    cassette = tmp_path / "stack.cassette"
    provider = TinyProvider(server.base_url)

    async def ask(mode: str, *temperatures: float) -> list[str]:
        with playhead.use_cassette(cassette, mode=mode) as session:
            wrapped = session.wrap(provider, name="tiny")
            return [
                (await wrapped.openai_chat_completion(MODEL, MESSAGES, temperature=one)).choices[0].message.content
                for one in temperatures
            ]

    await ask("live", 0.0)
    assert not cassette.exists()
    first = await ask("record", 0.0)
    assert await ask("replay", 0.0) == first
    with pytest.raises(ReplayRefused):
        await ask("replay", 0.5)
    both = await ask("record-missing", 0.0, 0.5)
    assert both[0] == first[0]
    assert len(server.asked) == 3
    again = await ask("record", 0.0)
    assert again != first
    with pytest.raises(ReplayRefused):
        await ask("replay", 0.5)
    await provider.aclose()


def test_ls_16_equal_requests_of_two_tests_are_apart(project: Project, server: StackServer) -> None:
    """Two tests that ask the same keep an answer each; recording one again leaves the other's."""
    project.write(FIRST, SECOND)
    project.record(server).assert_outcomes(passed=2)
    before = {path.name: path.read_bytes() for path in project.cassettes()}
    assert len(before) == 2
    settings = (f"--playhead-env=OPENAI_BASE_URL={server.base_url}", "--playhead-mode=record")
    project.run(*settings, "-k", "test_second").assert_outcomes(failed=1)  # another answer came, as it must
    assert {path.name: path.read_bytes() for path in project.cassettes()} == before
    project.run().assert_outcomes(passed=2)


async def test_ls_17_lists_of_models_of_several_servers_are_one(tmp_path: Path) -> None:
    """Servers' lists that were recorded one after the other come to one sorted union."""
    cassette = tmp_path / "models.cassette"
    with playhead.use_cassette(cassette, mode="record"):
        for models in (["m-2", "m-1"], ["m-3", "m-2"]):
            with ListServer(models) as listing:
                async with httpx.AsyncClient() as client:
                    (await client.get(f"{listing.base_url}/models")).raise_for_status()
    kept = list(playhead.open_cassette(cassette))
    assert len({one.fingerprint for one in kept}) == 1
    answers = [json.loads(one.answer.content()) for one in kept if one.answer is not None]
    assert [model["id"] for model in merge_model_lists(answers)["data"]] == ["m-1", "m-2", "m-3"]


class ListServer(StackServer):
    """A server with models of its own."""

    def __init__(self, models: list[str]) -> None:
        super().__init__()
        self.models = models

    def answer(self, asked: Any, turn: int) -> Any:
        """List them."""
        return self.said({"object": "list", "data": [self.card(name) for name in self.models]}, turn)


def test_ls_19_unused_missing_and_stale_are_told_and_the_unused_removed(project: Project, server: StackServer) -> None:
    """A strict run names what is unplayed and what is missing; orphans are listed, and ``prune`` removes them."""
    project.write(FIRST, SECOND)
    project.record(server).assert_outcomes(passed=2)
    # The second test asks something else now: its recording is unused, what it asks is missing.
    project.write(FIRST, SECOND.replace("ask(playhead)", "ask(playhead, temperature=0.9)"))
    result = project.run("--playhead-strict", "--playhead-report=report.json")
    result.assert_outcomes(passed=1, failed=1)
    report = json.loads((project.pytester.path / "report.json").read_text())
    assert json.dumps(report).count("no match") >= 1
    # It is gone: its cassette is an orphan.
    project.write(FIRST)
    project.run("--playhead-orphans").assert_outcomes(passed=1)
    listed = CliRunner().invoke(main, ["prune", str(project.pytester.path)])
    assert "orphan" in listed.output
    assert "second" in listed.output
    assert len(project.cassettes()) == 2
    assert CliRunner().invoke(main, ["prune", str(project.pytester.path), "--delete"]).exit_code == 0
    assert len(project.cassettes()) == 1
    project.run().assert_outcomes(passed=1)


def test_ls_19_an_unplayed_interaction_fails_a_strict_run(project: Project, server: StackServer) -> None:
    """An interaction that its test does not use any more is named, and recording the test anew drops it."""
    twice = FIRST + "    await ask(playhead, temperature=0.5)\n"
    project.write(twice)
    project.record(server).assert_outcomes(passed=1)
    project.write(FIRST)
    project.run().assert_outcomes(passed=1)
    strict = project.run("--playhead-strict")
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    assert "not played" in strict.stdout.str()
    (cassette,) = project.cassettes()
    assert len(playhead.open_cassette(cassette)) == 2
    with StackServer() as fresh:
        project.run("--playhead-mode=record", f"--playhead-env=OPENAI_BASE_URL={fresh.base_url}").assert_outcomes(
            passed=1
        )
    assert len(playhead.open_cassette(cassette)) == 1
    project.run("--playhead-strict").assert_outcomes(passed=1)


@pytest.mark.parametrize("wrap", [True, False], ids=["provider seam", "wire seam"])
async def test_ls_20_repeats_keep_their_order(server: StackServer, tmp_path: Path, wrap: bool) -> None:
    """The same question three times has three answers, in order; a fourth is refused."""
    cassette = tmp_path / "stack.cassette"
    provider = TinyProvider(server.base_url)

    async def ask(asked: Any) -> Any:
        return plain(await asked.openai_chat_completion(MODEL, MESSAGES))

    with playhead.use_cassette(cassette, mode="record") as session:
        asked = session.wrap(provider, name="tiny") if wrap else provider
        live = [await ask(asked) for _ in range(3)]
        await provider.aclose()
    server.stop()
    with playhead.use_cassette(cassette) as session:
        asked = session.wrap(None, name="tiny", convention="llama-stack") if wrap else provider
        assert [await ask(asked) for _ in range(3)] == live
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the SDK wraps it, we do not
            await ask(asked)
        await provider.aclose()
    assert len({one["id"] for one in live}) == 3
    assert any(isinstance(one, Exhausted) for one in (caught.value, caught.value.__cause__))


@pytest.mark.real_server
@pytest.mark.skipif(NEEDS_SERVER is not None, reason=str(NEEDS_SERVER))
async def test_a_real_server_s_answers_come_back(tmp_path: Path) -> None:
    """Chats, streams, tools and vectors of llama.cpp's own server, at both seams, replay the same with it gone."""
    with TinyServer(tool_calling=True, embeddings=True) as real:
        provider = TinyProvider(real.base_url, "")
        lives = []
        for name, wrap in (("provider", True), ("wire", False)):
            with playhead.use_cassette(tmp_path / name, mode="record") as session:
                lives.append(await real_calls(session.wrap(provider, name="tiny") if wrap else provider, real.model))
        await provider.aclose()
    for (name, wrap), live in zip((("provider", True), ("wire", False)), lives, strict=True):
        with playhead.use_cassette(tmp_path / name) as session:
            asked = session.wrap(None, name="tiny", convention="llama-stack") if wrap else provider
            assert await real_calls(asked, real.model) == live
            assert session.report().unplayed == 0
        await provider.aclose()
    assert [len(one["embedding"]) > 0 for one in lives[0]["vectors"]["data"]] == [True, True]
    assert len(lives[0]["chunks"]) > 2


async def real_calls(provider: Any, model: str) -> dict[str, Any]:
    """Make calls that the tiny model answers."""
    chat = await provider.openai_chat_completion(model, MESSAGES, temperature=1.0, max_tokens=40)
    stream = await provider.openai_chat_completion(model=model, messages=MESSAGES, stream=True, max_tokens=40)
    prompt = await provider.openai_completion(model, "Once upon", max_tokens=8)
    return {
        "chat": plain(chat),
        "chunks": await read(stream),
        "prompt": plain(prompt),
        "vectors": plain(await provider.openai_embeddings(model, ["one", "two"])),
        "there": await provider.check_model_availability(model),
    }
