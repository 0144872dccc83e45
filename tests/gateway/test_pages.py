"""The gateway's own routes."""

from __future__ import annotations

from pathlib import Path

import playhead
from playhead import StubInferenceProvider
from playhead.gateway import create_app
from tests.gateway.conftest import CHAT, Ask, chat, stub_app
from tests.sdks.servers.openai_like import OpenAIServer


async def test_the_page_is_there(golden: Path, ask: Ask) -> None:
    """With its policy, and kept by no cache."""
    answer = await ask(create_app(cassette=golden)).get("/")
    assert answer.status_code == 200
    assert "<title>Playhead gateway</title>" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_health_names_the_mode(golden: Path, ask: Ask) -> None:
    """For whoever starts the gateway and waits."""
    answer = await ask(create_app(cassette=golden)).get("/healthz")
    assert answer.json() == {"status": "ok", "mode": "replay"}


async def test_the_state_can_be_asked_for_once(golden: Path, ask: Ask) -> None:
    """Also from a number on, and with a number that is none."""
    client = ask(create_app(cassette=golden))
    await client.post(CHAT, json=chat(stream=False))
    assert len((await client.get("/playhead/state")).json()["calls"]) == 1
    assert (await client.get("/playhead/state?since=1")).json()["calls"] == []
    assert len((await client.get("/playhead/state?since=x")).json()["calls"]) == 1


async def test_upstreams_are_asked_only_where_something_may_go_out(
    tmp_path: Path, golden: Path, ask: Ask, vendor: OpenAIServer
) -> None:
    """In replay their health is not asked; else anything that answers at all is there."""
    upstreams = {"openai": vendor.base_url, "gone": "http://127.0.0.1:9", "stub": StubInferenceProvider()}
    replaying = await ask(create_app(cassette=golden, upstreams=upstreams)).get("/playhead/health")
    assert set(replaying.json().values()) == {"not asked"}
    assert vendor.asked == []
    recording = create_app(cassette=tmp_path / "a.cassette", mode="record-missing", upstreams=upstreams)
    found = await ask(recording).get("/playhead/health")
    assert found.json() == {"openai": "reachable", "gone": "unreachable", "stub": "reachable"}


async def test_a_cassette_is_closed_and_sealed_on_request(tmp_path: Path, ask: Ask) -> None:
    """A test that is done gets its numbers, and the next request opens the cassette anew."""
    app = stub_app(tmp_path / "default.cassette", cassettes=tmp_path)
    client = ask(app)
    named = {"x-playhead-test": "tests/test_a.py::test_one"}
    await client.post(CHAT, json=chat(), headers=named)
    closed = (await client.post("/playhead/close", headers=named)).json()
    assert (closed["closed"], closed["report"]["recorded"]) == (True, 1)
    assert len(playhead.open_cassette(tmp_path / "test_a" / "test_one.cassette")) == 1
    assert (await client.post("/playhead/close", headers=named)).json() == {"closed": False}
    again = await client.post(CHAT, json=chat(), headers=named)
    assert again.headers["x-playhead-source"] == "cassette"


async def test_a_cassette_that_may_not_be_named_is_not_closed(golden: Path, ask: Ask) -> None:
    """The same rules as for calls."""
    answer = await ask(create_app(cassettes=golden.parent)).post(
        "/playhead/close", headers={"x-playhead-cassette": "../x"}
    )
    assert (answer.status_code, answer.json()["playhead"]["code"]) == (403, "outside_folder")
