"""Model calls over the gateway: replayed, refused, and what is no call at all."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import playhead
from playhead.gateway import create_app
from playhead.gateway.app import Gateway
from playhead.gateway.replies import BrokenOff
from tests.gateway.conftest import CHAT, Ask, Serve, chat
from tests.sdks.servers.base import dropped
from tests.sdks.servers.openai_like import OpenAIServer


async def test_what_was_recorded_comes_again_to_the_byte(tmp_path: Path, ask: Ask, vendor: OpenAIServer) -> None:
    """Status, body and headers, for whole answers and streams, with the server gone."""
    path = tmp_path / "a.cassette"
    seen: list[tuple[int, bytes, str | None]] = []
    for mode in ("record", "replay"):
        app = create_app(cassette=path, mode=mode, upstreams={"openai": vendor.base_url})
        client = ask(app)
        for stream in (False, True):
            answer = await client.post(CHAT, json=chat(stream=stream))
            seen.append((answer.status_code, answer.content, answer.headers.get("content-type")))
            assert answer.headers["x-playhead-source"] == ("live" if mode == "record" else "cassette")
        await app.close()
        vendor.stop()
    assert seen[:2] == seen[2:]
    assert [status for status, _, _ in seen] == [200] * 4
    assert len(vendor.asked) == 2


async def test_a_cassette_of_an_http_client_replays_through_the_gateway_and_the_other_way_round(
    tmp_path: Path, ask: Ask, vendor: OpenAIServer
) -> None:
    """Host and headers are no part of what is matched."""
    path = tmp_path / "a.cassette"
    async with playhead.use_cassette(path, mode="record"), httpx.AsyncClient() as direct:
        inside = (await direct.post(f"{vendor.base_url}/chat/completions", json=chat("inside"))).content
    app = create_app(cassette=path, mode="record-missing", upstreams={"openai": vendor.base_url})
    client = ask(app)
    assert (await client.post(CHAT, json=chat("inside"))).content == inside
    outside = (await client.post(CHAT, json=chat("outside"))).content
    await app.close()
    async with playhead.use_cassette(path), httpx.AsyncClient() as direct:
        answer = await direct.post("https://api.openai.com/v1/chat/completions", json=chat("outside"))
    assert answer.content == outside


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (CHAT, chat("never asked"), ("error", "message")),
        (CHAT, {**chat("never asked"), "model": "mistral-large-latest"}, ("message",)),
        ("/v1/messages", {**chat("never asked"), "max_tokens": 5}, ("error", "message")),
        ("/v1beta/models/m:generateContent", {"contents": [{"parts": [{"text": "x"}]}]}, ("error", "message")),
        ("/api/chat", chat("never asked"), ("error",)),
    ],
)
async def test_a_miss_is_explained_in_the_vendors_own_words(
    golden: Path, ask: Ask, path: str, body: dict[str, Any], where: tuple[str, ...]
) -> None:
    """With a status that no SDK tries again, and the nearest recorded call where there is one."""
    answer = await ask(create_app(cassette=golden)).post(path, json=body)
    assert (answer.status_code, answer.headers["x-playhead-refused"]) == (422, "no-match")
    value = answer.json()
    for name in where:
        value = value[name]
    assert "nothing" in value
    assert "hint: " in value
    assert "playhead serve --mode record-missing" in value


async def test_a_miss_names_what_differs(golden: Path, ask: Ask) -> None:
    """The first difference from the nearest call stands in the message, and for programs beside it."""
    answer = await ask(create_app(cassette=golden)).post(CHAT, json=chat("hello their"))
    assert any("hello their" in each for each in answer.json()["playhead"]["differences"])
    assert "hello there" in answer.json()["error"]["message"]


async def test_takes_end_and_go_round_where_that_is_asked_for(golden: Path, ask: Ask) -> None:
    """A second call of what was recorded once is told apart from one that never was."""
    client = ask(create_app(cassette=golden))
    answers = [await client.post(CHAT, json=chat(stream=False)) for _ in range(2)]
    assert [answer.headers.get("x-playhead-refused") for answer in answers] == [None, "exhausted"]
    client = ask(create_app(cassette=golden, takes="cycle"))
    assert [(await client.post(CHAT, json=chat(stream=False))).status_code for _ in range(3)] == [200] * 3


def test_a_damaged_cassette_is_an_error_and_no_miss(golden: Path) -> None:
    """It shows when the gateway starts, not when a test happens to ask."""
    golden.write_bytes(golden.read_bytes()[:-3])
    with pytest.raises(playhead.CassetteError):
        create_app(cassette=golden)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", CHAT, b"no json", 400, "not_json"),
        ("POST", CHAT, b"", 400, "not_json"),
        ("POST", CHAT, b"x" * 101, 413, "too_large"),
        ("GET", CHAT, b"", 405, "wrong_method"),
        ("PUT", CHAT, b"{}", 405, "wrong_method"),
        ("POST", "/v1/nowhere", b"{}", 404, "unknown_route"),
        ("GET", "/favicon.ico", b"", 404, "unknown_route"),
    ],
)
async def test_what_is_no_call_is_told_so(
    golden: Path, ask: Ask, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    """Each by a status and a code of its own; none of them counts as a refusal of the cassette's."""
    app = create_app(cassette=golden, max_body=100)
    answer = await ask(app).request(method, path, content=body)
    assert (answer.status_code, answer.json()["playhead"]["code"]) == (status, code)
    assert [report.refused for report in app.reports()] == [0]


async def test_an_object_that_no_dialect_reads_is_a_miss(golden: Path, ask: Ask) -> None:
    """A body without messages is nothing that was recorded; it does not break anything."""
    for body in (b"{}", b"[]", b"3", b'{"model": 1, "messages": "x"}'):
        assert (await ask(create_app(cassette=golden)).post(CHAT, content=body)).status_code == 422


async def test_a_parameter_that_was_not_recorded_is_a_miss(golden: Path, ask: Ask) -> None:
    """No parameter is passed over in silence."""
    answer = await ask(create_app(cassette=golden)).post(CHAT, json=chat(stream=False, logit_bias={"1": 5}))
    assert answer.status_code == 422
    assert "logit_bias" in answer.json()["error"]["message"]


async def test_nothing_goes_out_in_replay(golden: Path, ask: Ask, vendor: OpenAIServer) -> None:
    """Not on a miss either, and also where an upstream is named."""
    client = ask(create_app(cassette=golden, upstreams={"openai": vendor.base_url}))
    await client.post(CHAT, json=chat("not recorded"))
    await client.post("/anything", content=b"x", headers={"x-playhead-upstream": "openai"})
    assert vendor.asked == []


async def test_without_anybody_to_answer_a_miss_says_what_to_give(tmp_path: Path, ask: Ask) -> None:
    """Recording without an upstream is a mistake that is explained."""
    answer = await ask(create_app(cassette=tmp_path / "a.cassette", mode="once")).post(CHAT, json=chat())
    assert (answer.status_code, answer.json()["playhead"]["code"]) == (400, "no_upstream")
    assert "--upstream openai=" in answer.text


async def test_a_request_may_name_its_upstream(tmp_path: Path, ask: Ask, vendor: OpenAIServer) -> None:
    """By the header; any path at all can be sent there, and is kept as plain HTTP."""
    path = tmp_path / "a.cassette"
    upstreams = {"mine": vendor.base_url}
    app = create_app(cassette=path, mode="record", upstreams=upstreams)
    client = ask(app)
    named = {"x-playhead-upstream": "mine"}
    assert (await client.post(CHAT, json=chat(), headers=named)).status_code == 200
    odd = await client.get("/v1/odd?x=1", headers=named)
    assert odd.status_code == 404
    unknown = await client.post(CHAT, json=chat(), headers={"x-playhead-upstream": "yours"})
    assert unknown.json()["playhead"]["code"] == "unknown_upstream"
    await app.close()
    assert [asked.path for asked in vendor.asked] == [CHAT, "/v1/odd"]
    again = await ask(create_app(cassette=path, upstreams=upstreams)).get("/v1/odd?x=1", headers=named)
    assert (again.status_code, again.content) == (404, odd.content)


async def collect(answer: httpx.Response, pieces: list[bytes]) -> None:
    """Read what comes, also of what breaks off."""
    async for piece in answer.aiter_raw():
        pieces.append(piece)  # noqa: PERF401 - what came before the break counts


async def test_an_answer_that_broke_off_breaks_off_again(tmp_path: Path, serve: Serve, vendor: OpenAIServer) -> None:
    """The client sees what came, then a broken connection: in the recording and in replay."""
    path = tmp_path / "a.cassette"
    vendor.faults.append(dropped)
    seen = []
    for mode in ("record", "replay"):
        app = create_app(cassette=path, mode=mode, upstreams={"openai": vendor.base_url})
        url = serve(app)
        pieces: list[bytes] = []
        async with (
            httpx.AsyncClient() as client,
            client.stream("POST", f"{url}{CHAT}", json=chat(stream=True)) as answer,
        ):
            with pytest.raises(httpx.RemoteProtocolError):
                await collect(answer, pieces)
        seen.append(b"".join(pieces))
        await app.close()
    assert seen[0] == seen[1] != b""


async def test_reading_on_where_the_recorded_client_left_is_refused(
    tmp_path: Path, ask: Ask, vendor: OpenAIServer
) -> None:
    """Nobody knows what would have come."""
    path = tmp_path / "a.cassette"
    async with (
        playhead.use_cassette(path, mode="record"),
        httpx.AsyncClient() as client,
        client.stream("POST", f"{vendor.base_url}/chat/completions", json=chat(stream=True)) as answer,
    ):
        await anext(answer.aiter_raw())
    app = create_app(cassette=path)
    with pytest.raises(BrokenOff):
        await ask(app).post(CHAT, json=chat(stream=True))
    assert [report.refused for report in app.reports()] == [1]


async def test_a_recorded_failure_to_connect_is_a_gateways_error(tmp_path: Path, ask: Ask) -> None:
    """The same while recording and in replay; a client never waits for a server that is not there."""
    path = tmp_path / "a.cassette"
    app = create_app(cassette=path, mode="record", upstreams={"openai": "http://127.0.0.1:9/v1"})
    first = await ask(app).post(CHAT, json=chat())
    await app.close()
    again = await ask(create_app(cassette=path)).post(CHAT, json=chat())
    assert (first.status_code, again.status_code) == (502, 502)
    assert first.headers["x-playhead-upstream"] == again.headers["x-playhead-upstream"] == "connect"
    assert first.json()["error"] == again.json()["error"]


async def test_streams_are_played_at_the_recorded_pace_where_that_is_asked_for(golden: Path, ask: Ask) -> None:
    """Every piece comes, whatever the pace."""
    at_once = await ask(create_app(cassette=golden)).post(CHAT, json=chat(stream=True))
    paced = await ask(create_app(cassette=golden, pace=1.0)).post(CHAT, json=chat(stream=True))
    assert at_once.content == paced.content
    assert json.loads(paced.text.split("\n\n")[0].removeprefix("data: "))["object"] == "chat.completion.chunk"


async def test_a_client_that_hangs_up_in_a_replay_breaks_nothing(
    tmp_path: Path, serve: Serve, vendor: OpenAIServer
) -> None:
    """Neither at once nor at the recorded pace; the take counts as played, and the next caller is answered."""
    path = tmp_path / "a.cassette"
    app = create_app(cassette=path, mode="record", upstreams={"openai": vendor.base_url})
    await ask_both(app)
    for pace in (0.0, 5.0):
        app = create_app(cassette=path, pace=pace, takes="cycle")
        url = serve(app)
        async with httpx.AsyncClient() as client:
            async with client.stream("POST", f"{url}{CHAT}", json=chat(stream=True)) as answer:
                await anext(answer.aiter_raw())
            assert (await client.post(f"{url}{CHAT}", json=chat(stream=False))).status_code == 200
        assert [(report.played, report.refused) for report in app.reports()] == [(2, 0)]


async def ask_both(app: Gateway) -> None:
    """Ask for an answer, whole and streamed, and close the app."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        for stream in (False, True):
            assert (await client.post(CHAT, json=chat(stream=stream))).status_code == 200
    await app.close()


async def test_a_call_that_cannot_be_stored_is_no_whole_answer(
    tmp_path: Path, ask: Ask, vendor: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's connection is broken, and the gateway's end says why."""

    def full(*_: object) -> bytes:
        raise playhead.RecordingError("the disk is full")

    monkeypatch.setattr("playhead.sessions.recorder.Recorder.store", full)
    told: list[str] = []
    app = create_app(
        cassette=tmp_path / "a.cassette", mode="record", upstreams={"openai": vendor.base_url}, on_refused=told.append
    )
    with pytest.raises(BrokenOff, match="disk is full"):
        await ask(app).post(CHAT, json=chat())
    await app.close()
    assert "the disk is full" in told[0]
    assert [str(fault) for fault in app.faults] == ["the disk is full"]
    assert app.log.counts["failed"] == 1


async def test_a_websocket_is_turned_away(golden: Path) -> None:
    """Nothing here speaks through one."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {
        "type": "websocket", "path": "/v1/realtime", "raw_path": b"/v1/realtime", "query_string": b"", "headers": [],
        "root_path": "",
    }  # fmt: skip
    app = create_app(cassette=golden)
    await app(scope, receive, send)
    await app.close()
    assert [message["type"] for message in sent] == ["websocket.close"]


FOLDER = Path(__file__).parent.resolve()
"""A folder without cassettes; nothing is written in a replay."""

PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/models", "/v1beta/models/m:generateContent", "/api/chat", "/v1/x"]
PIECES = st.sampled_from([b'{"model":', b'"m"', b"[", b"]", b"{", b"}", b",", b'"messages":', b"null", b"1e400"])
BODIES = st.binary(max_size=40) | st.lists(PIECES, max_size=12).map(b"".join)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"x-playhead-cassette", b"x-playhead-test", b"x-playhead-upstream", b"content-length", b"accept-encoding",
             b"content-encoding", b"authorization", b"anthropic-version", b"host", b"origin"]
        ),
        st.binary(max_size=12),
    ),
    max_size=3,
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.sampled_from(["GET", "POST", "PUT", "HEAD", "ODD"]),
    st.sampled_from(PATHS) | st.text(max_size=20).map("/{}".format),
    st.binary(max_size=12),
    HEADERS,
    BODIES,
)
def test_whatever_comes_in_gets_an_answer_of_ours(
    method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Never a fault of the gateway's, and never a file outside of its folder."""
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode("utf-8", "replace"), "root_path": "",
        "query_string": query, "headers": headers, "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 1),
        "client": ("127.0.0.1", 2),
    }  # fmt: skip
    sent: list[Any] = []

    async def run() -> None:
        left = [{"type": "http.request", "body": body}]

        async def receive() -> Any:
            return left.pop() if left else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        app = create_app(cassettes=FOLDER, on_refused=lambda _: None)
        await app(scope, receive, send)
        assert all(session.path.resolve().is_relative_to(FOLDER) for session in app.sessions)
        assert app.log.counts["failed"] == 0
        await app.close()

    asyncio.run(run())
    assert sent[0]["type"] == "http.response.start"
    assert 200 <= sent[0]["status"] < 500
