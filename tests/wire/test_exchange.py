"""An exchange: read, decided, recorded or played; nothing that a server or a program sends breaks it."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.core.fake_keys import fill
from tests.strategies import answers, event_streams, wire_bodies
from tests.wire.calling import Caller, callers
from tests.wire.server import BINARY, Server

import playhead
from playhead import Completion, CompletionRequest, Mode
from playhead.core.calls import encode_outcome, outcome_fields
from playhead.core.model import Failure, Family, Stream
from playhead.core.wire import Answer, WireError, take_apart
from playhead.dialects.registry import DIALECTS
from playhead.format.limits import Limits
from playhead.format.sealed import SealedReader
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.store.journals import journal_paths
from playhead.wire.exchange import Live, Played, Read, Sent, begin, outcome_of, read_sent

CHAT = {"model": "m-1", "messages": [{"role": "user", "content": "hi"}]}


def sent(body: Any = None, path: str = "/x", method: str = "POST", query: str = "", kind: str = "") -> Sent:
    """Give a request as an edge would; a value is sent as JSON."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    url = f"https://h.example{path}" + (f"?{query}" if query else "")
    return Sent(method, url, path, query, data, kind or ("application/json" if data else ""))


def chat(**changes: Any) -> Sent:
    """Give a chat completion's request."""
    return sent({**CHAT, **changes}, "/v1/chat/completions")


def session_at(path: Path, mode: Mode, **options: Any) -> Session:
    """Open a session without the seam: the edge is this test."""
    return Session(path, mode, SessionOptions(**options))


def record(session: Session, what: Sent, answer: Answer) -> None:
    """Record an exchange as an edge does."""
    live = begin(session, what)
    assert isinstance(live, Live)
    live.head(answer.status, answer.headers, reason=answer.reason, http=answer.http)
    for piece in answer.pieces:
        live.piece(piece)
    live.end()


# --- requests are read


def test_a_model_call_is_read_in_its_dialect() -> None:
    """Path and body tell whose operation it is; whether a stream is asked for stands in the request itself."""
    read = read_sent(chat())
    assert (read.provider, read.request.model, read.stream) == ("openai", "m-1", False)
    assert read.request.operation == "chat.completions"
    assert read.request.messages == ({"role": "user", "content": "hi"},)
    streamed = read_sent(chat(stream=True))
    assert streamed.stream
    assert streamed.request != read.request


@pytest.mark.parametrize(
    "what",
    [
        sent(None, "/v1/chat/completions"),
        sent(b"not json", "/v1/chat/completions"),
        sent(b"\xff\xfe", "/v1/chat/completions"),
        sent(b"null", "/v1/chat/completions"),
        sent(b"[" * 100_000, "/v1/chat/completions"),
        sent({"a": 1}, "/anything"),
        sent(None, "/anything", "GET", "a=1&a=2&b"),
    ],
)
def test_everything_else_is_plain_http(what: Sent) -> None:
    """What is no JSON, or fits no dialect, is traffic like any other and can be matched."""
    read = read_sent(what)
    assert (read.provider, read.dialect, read.stream) == ("http", None, False)
    assert read.request.family is Family.HTTP
    assert read.request.params["method"] == what.method


def test_a_model_call_that_no_request_can_hold_is_plain_http(tmp_path: Path) -> None:
    """A body nested beyond what is stored as values is recorded as text, and matched as that."""
    deep = chat(metadata=json.loads("[" * 90 + "]" * 90))
    path = tmp_path / "deep.cassette"
    with session_at(path, Mode.RECORD) as session:
        record(session, deep, Answer(200, (), (b"{}",)))
        assert session.report().recorded == 1
    with session_at(path, Mode.REPLAY, strict=True) as session:
        step = begin(session, deep)
        assert isinstance(step, Played)
        assert step.answer.content() == b"{}"
        assert session.report().abandoned == 0


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"model":"m-1","messages":[]}',
        b'{"model":"m-1","messages":[],"temperature":NaN}',
        b'{"model":"m-1","messages":[{"role":"user","content":"\\ud83d"}]}',
        b'  {"model":"m-1","messages":[]}\n',
    ],
)
def test_odd_json_is_read_as_servers_read_it(body: bytes) -> None:
    """A byte order mark, NaN and lone surrogates are what some clients send."""
    read = read_sent(sent(body, "/v1/chat/completions"))
    assert (read.provider, read.request.model) == ("openai", "m-1")


@given(
    st.sampled_from(["GET", "POST", "DELETE", "X"]),
    st.sampled_from(
        ["/v1/chat/completions", "/v1/messages", "/v1/embeddings", "/v1beta/models/m:generateContent", "/"]
    ),
    st.text(max_size=8),
    st.one_of(wire_bodies, st.binary(max_size=20), st.just(b"")),
    st.sampled_from(["application/json", "text/plain", "multipart/form-data; boundary=b", "", "odd;;"]),
)
@example("POST", "/v1/messages", "%ff=%zz&=", b'{"messages": 3, "model": []}', "")
def test_any_bytes_are_a_request(method: str, path: str, query: str, body: bytes, kind: str) -> None:
    """Whatever a program sends can be recorded: it has a request and the request a key."""
    read = read_sent(Sent(method, f"http://h{path}?{query}", path, query, body, kind))
    playhead.core.fingerprint.fingerprint(read.request, read.provider)


# --- answers are read

READS = [Read(CompletionRequest(operation="http"), "http", False, None)] + [
    Read(CompletionRequest(operation=one.operation), one.provider, stream, one)
    for one in DIALECTS
    for stream in (False, True)
]


@given(st.sampled_from(READS), answers)
@example(READS[0], Answer(429, (("Retry-After", "nan"),)))
@example(READS[0], Answer(429, (("Retry-After", "1e400"),)))
@example(READS[0], Answer(429, (("Retry-After", "-5"),)))
@example(READS[0], Answer(503, (("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"),)))
@example(READS[0], Answer(500, (), (b"\xff",)))
def test_any_answer_has_an_outcome(read: Read, answer: Answer) -> None:
    """Whatever a server sends, in whatever dialect it was asked, comes to an outcome that can be stored."""
    failure = Failure("httpx.ReadError", "broke") if answer.error is not None else None
    outcome, left = outcome_of(read, answer, failure)
    encode_outcome(outcome_fields(outcome))
    assert left in (answer.left, False)
    if answer.status >= 400:
        assert isinstance(outcome, Failure)
        assert outcome.retry_after is None or math.isfinite(outcome.retry_after)


@given(st.sampled_from([read for read in READS if read.stream]), event_streams, st.booleans())
def test_any_stream_has_an_outcome(read: Read, data: bytes, left: bool) -> None:
    """Events that are none of the dialect's come to an outcome too."""
    outcome, _ = outcome_of(read, Answer(200, (("content-type", "text/event-stream"),), (data,), left=left))
    encode_outcome(outcome_fields(outcome))


def chat_read(*, stream: bool) -> Read:
    """Give the reading of a chat completion."""
    return read_sent(chat(stream=stream) if stream else chat())


def event(**delta: Any) -> bytes:
    """Give an event of a streamed chat completion."""
    finish = None if delta else "stop"
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    value = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [choice]}
    return b"data: %b\n\n" % json.dumps(value).encode()


STREAM = (event(role="assistant", content=""), event(content="Hel"), event(content="lo"), event(), b"data: [DONE]\n\n")


def test_what_a_stream_says_is_evidence() -> None:
    """The text and the end of a stream are read out of its bytes."""
    outcome, left = outcome_of(chat_read(stream=True), Answer(200, pieces=STREAM))
    assert isinstance(outcome, Stream)
    assert isinstance(outcome.end, Completion)
    assert (outcome.end.text, outcome.end.finish_reason, left) == ("Hello", "stop", False)


def test_a_consumer_that_stops_at_the_end_mark_has_read_all() -> None:
    """SDKs close the answer at their end mark; that is no early end."""
    outcome, left = outcome_of(chat_read(stream=True), Answer(200, pieces=STREAM, left=True))
    assert isinstance(outcome, Stream)
    assert isinstance(outcome.end, Completion)
    assert not left


def test_a_stream_that_was_left_proves_what_came() -> None:
    """No completion is claimed for a stream that its consumer left in the middle."""
    outcome, left = outcome_of(chat_read(stream=True), Answer(200, pieces=STREAM[:2], left=True))
    assert outcome == Stream(end=None, cuts=(3,), text="Hel")
    assert left


def test_a_stream_that_broke_proves_what_came_and_how_it_broke() -> None:
    """The text before the break is kept beside the failure."""
    failure = Failure("httpx.ReadError", "broke")
    answer = Answer(200, pieces=STREAM[:3], error=WireError("httpx.ReadError", "read", "broke"))
    outcome, _ = outcome_of(chat_read(stream=True), answer, failure)
    assert outcome == Stream(end=failure, cuts=(5,), text="Hello")


def test_a_compressed_answer_is_read() -> None:
    """What an answer says is read through its content encoding."""
    message = {"role": "assistant", "content": "Hello"}
    value = {"id": "c", "model": "m-1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    data = gzip.compress(json.dumps(value).encode(), mtime=0)
    outcome, _ = outcome_of(chat_read(stream=False), Answer(200, (("Content-Encoding", "gzip"),), (data,)))
    assert isinstance(outcome, Completion)
    assert (outcome.text, outcome.model) == ("Hello", "m-1")


@pytest.mark.parametrize("body", [b"", b"not json", b"{}", b"\xff", b"null", b'{"choices": 3}'])
def test_a_success_that_says_nothing_is_told(body: bytes) -> None:
    """An answer that holds none is stored all the same, as what it is."""
    outcome, _ = outcome_of(chat_read(stream=False), Answer(200, pieces=(body,)))
    encode_outcome(outcome_fields(outcome))


@pytest.mark.parametrize("status", [301, 302, 304])
def test_a_redirect_is_no_answer_of_a_model(status: int) -> None:
    """What sends a client elsewhere proves nothing."""
    assert outcome_of(chat_read(stream=False), Answer(status, pieces=(b"moved",)))[0] == Completion()


# --- recorded and played


def test_an_exchange_is_played_as_it_was_recorded(tmp_path: Path) -> None:
    """The answer that was reported while recording is given on replay."""
    answer = Answer(200, (("A", "b"),), (b"one", b"two"), reason="Fine", http="HTTP/2")
    with session_at(tmp_path / "a.cassette", Mode.RECORD) as session:
        record(session, sent({"a": 1}), answer)
    with session_at(tmp_path / "a.cassette", Mode.REPLAY, strict=True) as session:
        step = begin(session, sent({"a": 1}))
        assert isinstance(step, Played)
        assert (step.answer, step.gaps) == (answer, ())


def test_only_the_first_ending_is_stored(tmp_path: Path) -> None:
    """An edge may report an end, a failure and a close, one after another; the first counts."""
    with session_at(tmp_path / "a.cassette", Mode.RECORD) as session:
        live = begin(session, sent({"a": 1}))
        assert isinstance(live, Live)
        live.head(200, [("A", "b")])
        live.piece(b"x")
        live.end()
        live.piece(b"late")
        live.fail(httpx.ReadError("late"), "read")
        live.leave()
        live.close()
    (call,) = playhead.open_cassette(tmp_path / "a.cassette")
    assert call.answer == Answer(200, (("A", "b"),), (b"x",))


def test_pieces_of_nothing_are_no_pieces(tmp_path: Path) -> None:
    """A library that gives an empty piece now and then leaves no trace of it."""
    with session_at(tmp_path / "a.cassette", Mode.RECORD) as session:
        record(session, sent({"a": 1}), Answer(200, (), (b"", b"x", b"")))
    (call,) = playhead.open_cassette(tmp_path / "a.cassette")
    assert call.answer is not None
    assert call.answer.pieces == (b"x",)


def test_another_sessions_refusal_is_no_answer(tmp_path: Path) -> None:
    """A refusal that comes from an inner session is not recorded as what a server said."""
    with session_at(tmp_path / "a.cassette", Mode.RECORD) as session:
        live = begin(session, sent({"a": 1}))
        assert isinstance(live, Live)
        live.fail(playhead.NoMatch("not here"), "other")
    assert session.report().recorded == 0


def test_a_damaged_answer_is_told(tmp_path: Path) -> None:
    """A call at the provider seam, or one whose bytes do not hold, is no answer over the wire."""
    path = tmp_path / "a.cassette"
    read = read_sent(sent({"a": 1}))
    with session_at(path, Mode.RECORD) as session:
        ticket = session.begin(read.request, read.provider)
        ticket.complete(Completion("x"))  # type: ignore[union-attr]
    with session_at(path, Mode.REPLAY) as session, pytest.raises(playhead.CassetteDamaged, match="without its answer"):
        begin(session, sent({"a": 1}))


def test_model_calls_keep_ids_out_of_the_evidence_and_plain_http_does_not(tmp_path: Path) -> None:
    """Of a model's answer it is known what is of the moment; of other traffic it is not."""
    for what, same in ((chat(), True), (sent({"a": 1}), False), (sent(None, "/v1/files", "GET"), False)):
        found = set()
        for id_ in ("one", "two"):
            path = tmp_path / f"{id_}-{same}.cassette"
            with session_at(path, Mode.RECORD) as session:
                record(session, what, Answer(200, (("x-id", id_),), (f'{{"id":"{id_}","choices":[]}}'.encode(),)))
            (call,) = playhead.open_cassette(path)
            assert call.answer is not None
            found.add(take_apart(call.answer, volatile=call.request.family is not Family.HTTP)[0])
        assert (len(found) == 1) is same


MODES = """
mode            no cassette   match left   all played   no match
replay          refuse        replay       exhausted    refuse
once            forward       replay       exhausted    refuse
record-missing  forward       replay       forward      forward
record          forward       forward      forward      forward
live            forward       forward      forward      forward
"""
SITUATIONS = ("no cassette", "match left", "all played", "no match")
EXPECTED = {
    words[0]: dict(zip(SITUATIONS, words[1:], strict=True)) for words in map(str.split, MODES.split("\n")[2:-1])
}


@callers()
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("mode", EXPECTED)
async def test_every_mode_does_at_the_wire_what_the_table_says(
    path: Path, server: Server, caller: Caller, mode: str, situation: str
) -> None:
    """In every mode and situation a request is played, sent or refused as at the provider seam."""
    if situation != "no cassette":
        with playhead.use_cassette(path, mode="record"):
            await caller.get(server.url + "/json")
    expected = EXPECTED[mode][situation]
    url = server.url + ("/json?other" if situation == "no match" else "/json")
    with playhead.use_cassette(path, mode=mode) as session:
        if situation == "all played":
            await caller.get(url)
        before = len(server.asked)
        if expected in ("refuse", "exhausted"):
            with pytest.raises(playhead.NoMatch if expected == "refuse" else playhead.Exhausted):
                await caller.get(url)
        else:
            assert (await caller.get(url)).json()["hello"] == "world"
        report = session.report()
    assert len(server.asked) - before == (expected == "forward")
    assert report.refused == (expected in ("refuse", "exhausted"))
    if mode == "live":
        assert (report.recorded, report.live > 0) == (0, True)


async def test_side_traffic_is_reported(path: Path, server: Server, caller: Caller) -> None:
    """Traffic that is no model call is never recorded in silence; a model call is none of it."""
    with playhead.use_cassette(path, mode="record") as session:
        await caller.get(server.url + "/json?a=1")
        await caller.get(server.url + "/json?a=2")
        await caller.get(server.url + "/v1/chat/completions", "POST", json=CHAT)
    assert session.report().side_traffic == (f"GET {server.url}/json",)
    with playhead.use_cassette(path) as session:
        await caller.get(server.url + "/json?a=1")
    assert session.report().side_traffic == ()


@callers()
async def test_a_refusal_that_a_client_tries_thrice_is_one(path: Path, server: Server, caller: Caller) -> None:
    """An SDK that swallows the refusal and tries again has one call refused, three times; a strict close says so."""
    with playhead.use_cassette(path, mode="record"):
        await caller.get(server.url + "/json")

    async def stubborn(url: str) -> str:
        for _ in range(3):
            try:
                await caller.get(url)
            except Exception:
                continue
        return "Connection error."

    session = playhead.use_cassette(path, strict=True).open()
    await caller.get(server.url + "/json")
    assert await stubborn(server.url + "/other") == "Connection error."
    with pytest.raises(playhead.NoMatch, match="a call was refused and the code went on"):
        session.close()
    (refusal,) = session.report().refusals
    assert (refusal.kind, refusal.times) == ("no match", 3)


async def test_a_client_that_tries_again_replays_each_try(path: Path, server: Server, caller: Caller) -> None:
    """Equal requests that were answered differently are takes, played in the order they came."""
    seen: list[list[int]] = []
    for mode in ("record", "replay"):
        with playhead.use_cassette(path, mode=mode, strict=True):
            seen.append([(await caller.get(server.url + "/flaky")).status_code for _ in range(3)])
        server.stop()
    assert seen == [[429, 429, 200]] * 2


# --- limits


@callers()
async def test_a_request_over_the_limit_is_not_sent(path: Path, server: Server, caller: Caller) -> None:
    """What cannot be stored is not sent either, and the session's end says so whoever caught the error."""
    secret = fill("{mixed}")
    session = playhead.use_cassette(path, mode="record", limits=Limits(entry=2000)).open()
    with pytest.raises(playhead.RecordingError, match="it was not sent") as caught:
        await caller.get(f"{server.url}/echo/sk-proj-{secret}", "POST", content=bytes(2001))
    assert secret not in str(caught.value)
    with pytest.raises(playhead.RecordingError, match="over the limit of 2000"):
        session.close()
    assert server.asked == []
    assert session.report().recorded == 0


@callers()
async def test_an_answer_over_the_limit_is_relayed_and_told(path: Path, server: Server, caller: Caller) -> None:
    """The consumer gets every byte, then the error; other calls are kept."""
    session = playhead.use_cassette(path, mode="record", limits=Limits(entry=5000)).open()
    await caller.get(server.url + "/json")
    async with caller.opened(server.url + "/binary") as reading:
        length = 0
        with pytest.raises(playhead.RecordingError, match="over the limit of 5000"):  # noqa: PT012 - a loop
            async for piece in reading:
                length += len(piece)
        assert length == len(BINARY)
    with pytest.raises(playhead.RecordingError, match="over the limit of 5000"):
        session.close()
    assert (session.report().recorded, session.report().abandoned) == (1, 1)
    assert len(playhead.open_cassette(path)) == 1
    assert journal_paths(path) == []


def test_an_endless_answer_takes_no_memory(tmp_path: Path) -> None:
    """What is over the limit already is not kept while it is relayed."""
    session = session_at(tmp_path / "a.cassette", Mode.RECORD, limits=Limits(entry=1000))
    live = begin(session, sent({"a": 1}))
    assert isinstance(live, Live)
    live.head(200, [])
    for _ in range(50):
        live.piece(bytes(100))
    assert sum(map(len, live._pieces)) <= 1000
    with pytest.raises(playhead.RecordingError, match="an answer of 5000 bytes"):
        live.leave()
    with pytest.raises(playhead.RecordingError):
        session.close()


def test_live_keeps_nothing(tmp_path: Path) -> None:
    """Where nothing is stored any answer may pass, whatever its size, and none of it is kept."""
    with session_at(tmp_path / "a.cassette", Mode.LIVE, limits=Limits(entry=1000)) as session:
        live = begin(session, sent({"a": 1}))
        assert isinstance(live, Live)
        live.head(200, [])
        live.piece(bytes(5000))
        assert live._pieces == []
        live.end()
    assert session.report().live == 1


# --- secrets


@callers()
async def test_no_secret_of_real_traffic_is_left_anywhere(
    path: Path, server: Server, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys in headers, cookies, addresses, bodies and answers are nowhere: not in files, reports, errors or reprs."""
    secret, another = fill("{mixed}"), fill("{mixed}")[::-1]
    monkeypatch.setenv("VENDOR_KEY", secret)
    with playhead.use_cassette(path, mode="record") as session:
        await ask_with(caller, server.url, secret)
        said = [repr(session), repr(session.report()), journal_paths(path)[0].read_text()]
    assert secret in repr(server.asked)
    data = path.read_bytes()  # noqa: ASYNC240 - a local file of some bytes
    reader = SealedReader(data)
    said += [data.decode("latin-1"), *(reader.entry(row).decode() for row in reader.rows())]
    said += [repr(call) for call in playhead.open_cassette(path)]
    # Another key replays: both sides are matched without it.
    monkeypatch.setenv("VENDOR_KEY", another)
    server.stop()
    with playhead.use_cassette(path, strict=True):
        said += await ask_with(caller, server.url, another)
    with playhead.use_cassette(path) as session, pytest.raises(playhead.NoMatch) as caught:
        await caller.get(f"{server.url}/other?key={secret}", "POST", json={"password": secret, "note": another})
    said += [str(caught.value), repr(caught.value), repr(session.report())]
    assert [text for text in said if secret in text or another in text] == []


async def ask_with(caller: Caller, url: str, secret: str) -> list[str]:
    """Send a secret in every part of a request, and give what came back."""
    headers = {
        "Authorization": f"Bearer {secret}",
        "X-Api-Key": secret,
        "Cookie": f"sid={secret}",
        "api-key": secret,
    }
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("/token", f"?key={secret}&secret={secret}", {}),
        ("/echo", f"?X-Amz-Signature={secret}&sig={secret}", {"content": f"a {secret} b"}),
        ("/echo", "", {"json": {"password": secret, "client_secret": secret, "deep": [{"api_key": secret}]}}),
        ("/echo", "", {"data": {"client_secret": secret, "note": f"is {secret}"}}),
        ("/v1/chat/completions", f"?key={secret}", {"json": {**CHAT, "user": secret}}),
    ]
    found: list[str] = []
    for where, query, options in calls:
        response = await caller.get(url + where + query, "POST", headers=headers, **options)
        assert response.status_code == 200
        found += [response.text, repr(response.headers)]
    return found
