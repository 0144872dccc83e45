"""Faults over the wire: a server's own words for each, and whatever a client makes of them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from tests.wire.server import Server

import playhead
from playhead import Completion, CompletionRequest, ManualClock, Origin, UsageError
from playhead.core.model import Stream
from playhead.core.wire import Answer
from playhead.dialects.dialect import Dialect
from playhead.dialects.errors import read_error
from playhead.dialects.registry import BY_NAME, DIALECTS
from playhead.engine.faults import DELAYS, Fault, FaultKind, under
from playhead.errors import SyntheticWarning
from playhead.sessions.session import Session
from playhead.wire.injecting import Call, answer_under, split

CHAT = {"model": "m-1", "messages": [{"role": "user", "content": "hi"}]}
SAID = '{"city": "Ghent"}'
WHOLE = BY_NAME["openai", "chat.completions"]


def server(request: httpx.Request) -> httpx.Response:
    """Answer a chat, whole or in pieces."""
    end = Completion(SAID, model="m-1", finish_reason="stop")
    asked = CompletionRequest("hi")
    if json.loads(request.content).get("stream"):
        assert WHOLE.stream is not None
        events = b"".join(WHOLE.stream.encode(end, ['{"city"', ': "', 'Ghent"}'], asked))
        return httpx.Response(200, content=events, headers={"content-type": "text/event-stream"})
    return httpx.Response(200, json=WHOLE.encode_response(end, asked))


@contextmanager
def client(session: Session, **options: Any) -> Iterator[httpx.Client]:
    """Give a client whose requests pass through a session to the server above."""
    transport = playhead.transport(session, inner=httpx.MockTransport(server))
    with httpx.Client(transport=transport, base_url="https://api.example", **options) as opened:
        yield opened


def post(opened: httpx.Client, *, stream: bool = False) -> httpx.Response:
    """Ask."""
    return opened.post("/v1/chat/completions", json={**CHAT, **({"stream": True} if stream else {})})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a cassette with a whole answer and a streamed one."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record", wire=False) as session, client(session) as opened:
        assert post(opened).status_code == 200
        assert post(opened, stream=True).status_code == 200
    return path


@contextmanager
def replaying(path: Path, **options: Any) -> Iterator[tuple[Session, httpx.Client]]:
    """Open a session that replays, with a client."""
    patience = options.pop("timeout", 5.0)
    with (
        playhead.use_cassette(path, mode="replay", wire=False, **options) as session,
        client(session, timeout=patience) as opened,
    ):
        yield session, opened


def said(response: httpx.Response) -> Completion:
    """Read an answer in its dialect."""
    return WHOLE.decode_response(response.json())


def test_a_limit_is_a_429_with_its_pause_and_the_next_try_is_played(path: Path) -> None:
    """The client gets status, header and an error's body; its retry gets the recorded answer."""
    with replaying(path) as (session, opened):
        session.inject(Fault(FaultKind.RATE_LIMIT, retry_after=2.5), at=1)
        first, second = post(opened), post(opened)
    assert (first.status_code, first.headers["retry-after"]) == (429, "2.5")
    assert first.json()["error"]["code"] == "rate_limit_exceeded"
    assert said(second).text == SAID
    assert [call.kind for call in session.report().injected] == ["rate-limit"]
    assert session.report().refused == 0


@pytest.mark.parametrize(
    ("kind", "error"), [("timeout", httpx.ReadTimeout), ("reset", httpx.ReadError), ("timeout", httpx.TimeoutException)]
)
def test_an_exchange_breaks_with_the_librarys_own_error(path: Path, kind: str, error: type[Exception]) -> None:
    """Nothing came, so the client raises what it raises for a lost connection."""
    with replaying(path) as (session, opened):
        session.inject(kind, at=1)
        with pytest.raises(error):
            post(opened)
        assert said(post(opened)).text == SAID


@pytest.mark.parametrize(
    ("kind", "text", "model"),
    [
        ("empty", "", "m-1"),
        ("refusal", "I'm sorry, but I can't help with that.", "m-1"),
        ("wrong-model", SAID, "another-model"),
        ("malformed-json", '{"city":', "m-1"),
    ],
)
def test_an_answer_is_written_anew_in_its_dialect(path: Path, kind: str, text: str, model: str) -> None:
    """Whole or streamed, the client parses an answer that differs from the recorded one by the fault alone."""
    assert WHOLE.stream is not None
    with replaying(path) as (session, opened):
        session.inject(kind, at=1)
        session.inject(kind, at=2)
        whole = said(post(opened))
        reader = WHOLE.stream.reader()
        pieces = list(reader.feed(post(opened, stream=True).content))
        streamed = reader.finish()
    assert (whole.text, whole.model) == (text, model)
    assert (streamed.text, streamed.model) == (text, model)
    assert pieces == (['{"city"', ': "', 'Ghent"}'] if kind == "wrong-model" else [text] if text else [])


@pytest.mark.parametrize("stream", [False, True])
def test_a_body_that_is_no_json_keeps_its_status(path: Path, stream: bool) -> None:
    """Status 200 and the right content type, and a body that no parser takes."""
    with replaying(path) as (session, opened):
        session.inject("malformed-body")
        response = post(opened, stream=stream)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.content.removeprefix(b"data: "))


def test_a_stream_breaks_after_some_of_its_text(path: Path) -> None:
    """The events before the break hold so many pieces of text, then the client's own error comes."""
    assert WHOLE.stream is not None
    reader, pieces = WHOLE.stream.reader(), list[str]()
    with replaying(path) as (session, opened):
        session.inject(Fault(FaultKind.RESET, after_pieces=2))
        body = {**CHAT, "stream": True}
        with opened.stream("POST", "/v1/chat/completions", json=body) as response:
            received = response.iter_raw()
            with pytest.raises(httpx.ReadError):
                pieces.extend(piece for data in received for piece in reader.feed(data))
    assert "".join(pieces) == '{"city": "'


def test_a_slow_answer_exhausts_the_clients_patience_in_virtual_time(path: Path) -> None:
    """The clock moves on by the client's time-out, no second is waited, and the answer stays for the next try."""
    clock = ManualClock()
    with replaying(path, clock=clock, timeout=5.0) as (session, opened):
        session.inject(Fault(FaultKind.SLOW_FIRST, seconds=30), at=1)
        with pytest.raises(httpx.ReadTimeout, match="timed out"):
            post(opened)
        assert clock.slept == [5.0]
        assert said(post(opened)).text == SAID
        assert session.report().played == 1


def test_a_slow_answer_within_the_clients_patience_comes(path: Path) -> None:
    """A delay below the time-out is waited on the session's clock."""
    clock = ManualClock()
    with replaying(path, clock=clock, timeout=60.0) as (session, opened):
        session.inject(Fault(FaultKind.SLOW_FIRST, seconds=30), at=1)
        assert said(post(opened)).text == SAID
    assert clock.slept == [30]


@pytest.mark.parametrize(("patience", "slept"), [(5.0, [5.0]), (None, [9.0])])
def test_a_stream_stands_still(path: Path, patience: float | None, slept: list[float]) -> None:
    """The text before the stall comes at once; who waits long enough gets the rest."""
    clock = ManualClock()
    with replaying(path, clock=clock, timeout=patience) as (session, opened):
        session.inject(Fault(FaultKind.STALL, after_pieces=1, seconds=9))
        got = b""
        body = {**CHAT, "stream": True}
        with opened.stream("POST", "/v1/chat/completions", json=body) as response:
            received = response.iter_raw()
            got += next(received)
            assert clock.slept == [0.0]
            if patience is None:
                got += b"".join(received)
            else:
                with pytest.raises(httpx.ReadTimeout):
                    next(received)
    assert [each for each in clock.slept if each] == slept
    assert got.startswith(b"data: ")
    assert (b"[DONE]" in got) is (patience is None)


async def test_the_async_client_meets_the_same(path: Path) -> None:
    """Async clients differ in await and nothing else."""
    clock = ManualClock()
    with playhead.use_cassette(path, mode="replay", wire=False, clock=clock) as session:
        transport = playhead.transport(session)
        async with httpx.AsyncClient(transport=transport, base_url="https://api.example", timeout=5) as opened:
            session.inject(Fault(FaultKind.SLOW_FIRST, seconds=30), at=1)
            session.inject("server-error", at=2)
            session.inject(Fault(FaultKind.STALL, after_pieces=1, seconds=30), at=3)
            url = "/v1/chat/completions"
            with pytest.raises(httpx.ReadTimeout):
                await opened.post(url, json=CHAT)
            assert (await opened.post(url, json=CHAT)).status_code == 503
            with pytest.raises(httpx.ReadTimeout):
                await opened.post(url, json={**CHAT, "stream": True})
            assert said(await opened.post(url, json=CHAT)).text == SAID
    assert [each for each in clock.slept if each] == [5.0, 5.0]


def test_recording_stores_nothing_that_was_injected(tmp_path: Path) -> None:
    """The server is asked once, by the call that nothing befell; stored on purpose, the outcome is synthetic."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record", wire=False) as session, client(session) as opened:
        session.inject("rate-limit", at=1)
        assert [post(opened).status_code for _ in range(2)] == [429, 200]
    (call,) = playhead.open_cassette(path)
    assert call.origin is Origin.LIVE
    session = playhead.use_cassette(path, mode="record", wire=False).open()
    with client(session) as opened:
        session.inject("rate-limit", at=1, store=True)
        assert [post(opened).status_code for _ in range(2)] == [429, 200]
    with pytest.warns(SyntheticWarning, match="rate-limit"):
        session.close()
    first, second = sorted(playhead.open_cassette(path), key=lambda call: call.sequence)
    assert (first.origin, second.origin) == (Origin.SYNTHETIC, Origin.LIVE)
    assert first.evidence.failure is not None
    with replaying(path, strict=True) as (session, opened):
        session.inject("rate-limit", at=1, store=True)
        assert [post(opened).status_code for _ in range(2)] == [429, 200]


def test_a_delay_of_a_live_call_over_the_wire_is_refused(tmp_path: Path) -> None:
    """Nobody must believe that a delay was tried which was not; nothing was sent."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record", wire=False) as session, client(session) as opened:
        session.inject("stall")
        with pytest.raises(UsageError, match="it was not sent"):
            post(opened)
    assert not path.exists()


def test_plain_http_fails_and_has_no_answer_of_a_model(path: Path) -> None:
    """What is no call of a model can fail; it cannot be refused politely."""
    with replaying(path) as (session, opened):
        session.inject("server-error", at=1)
        session.inject("empty", at=2)
        session.inject("refusal", at=3)
        assert opened.get("/files").status_code == 503
        assert opened.get("/files").content == b""
        with pytest.raises(UsageError, match="a refusal has no form in plain HTTP"):
            opened.get("/files")


def call(dialect: Dialect, *, stream: bool) -> Call:
    """Give a call in a dialect of which nothing is recorded."""
    return Call(CompletionRequest("hi", model="m-1"), dialect.provider, dialect, stream)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("kind", [FaultKind.EMPTY, FaultKind.REFUSAL, FaultKind.WRONG_MODEL, FaultKind.MALFORMED_JSON])
def test_every_dialect_can_write_a_changed_answer(dialect: Dialect, kind: FaultKind) -> None:
    """What nobody recorded is made up and written; a stream is bytes of the dialect's own kind."""
    for stream in (False, True) if dialect.stream is not None else (False,):
        asked = call(dialect, stream=stream)
        outcome = under(Fault(kind), asked.request, None, stream=stream)
        answer = answer_under(Fault(kind), outcome, asked)
        assert answer.status == 200
        assert answer.header("content-type")
        assert answer.content() or kind is FaultKind.EMPTY


@pytest.mark.parametrize("provider", sorted({dialect.provider for dialect in DIALECTS} | {"http"}))
@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_every_vendors_error_says_what_happened(provider: str, status: int) -> None:
    """An error's body has its text where the vendor has it, and says that it was injected."""
    fault = Fault(FaultKind.RATE_LIMIT) if status == 429 else Fault(FaultKind.SERVER_ERROR, status=status)
    asked = Call(CompletionRequest("hi"), provider, None, stream=False)
    answer = answer_under(fault, under(fault, asked.request, None, stream=False), asked)
    assert answer.status == status
    assert read_error(status, answer.content()).endswith("(injected)")
    assert int(answer.header("content-length") or 0) == len(answer.content())


def test_a_stream_is_split_where_its_text_is() -> None:
    """Nothing is lost by the split, wherever it is, and past the end there is nothing left."""
    end = Completion("abc", finish_reason="stop")
    asked = call(WHOLE, stream=True)._replace(outcome=Stream(end=end, cuts=(1, 1, 1)), recorded=Answer(200))
    wholes = {b"".join([*before, *rest]) for before, rest in (split(asked, after) for after in range(6))}
    assert len(wholes) == 1
    assert split(asked, 9)[1] == ()
    assert FaultKind.STALL in DELAYS


def ask_requests(url: str, seconds: float) -> int:
    """Ask by requests, whose time-out is urllib3's."""
    return int(requests.get(url, timeout=seconds).status_code)


def ask_urllib(url: str, seconds: float) -> int:
    """Ask by the standard library."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    ("ask", "timed_out", "reset"),
    [
        (ask_requests, requests.ReadTimeout, requests.ConnectionError),
        (ask_urllib, TimeoutError, ConnectionResetError),
    ],
)
def test_clients_on_sockets_meet_the_same(
    server: Server, tmp_path: Path, ask: Any, timed_out: type[Exception], reset: type[Exception]
) -> None:
    """Their own errors for time-outs and lost connections, a server's error as it is, and then the recorded answer."""
    path, clock, url = tmp_path / "b.cassette", ManualClock(), f"{server.url}/plain"
    with playhead.use_cassette(path, mode="record"):
        recorded = ask(url, 5)
    with playhead.use_cassette(path, mode="replay", clock=clock) as session:
        for number, kind in enumerate(("slow-first", "timeout", "reset", "server-error"), 1):
            session.inject(kind, at=number)
        for error in (timed_out, timed_out, reset):
            with pytest.raises(error):
                ask(url, 5)
        assert ask(url, 5) == 503
        assert ask(url, 5) == recorded
        assert session.report().played == 1
    assert clock.slept == [5.0]
