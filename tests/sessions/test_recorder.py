"""What a session leaves on the disk: every call it acknowledged, the golden of a failed run, and nothing twice."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.fake_keys import fill
from tests.sessions.answering import Sync, golden, texts

import playhead
from playhead import Completion, CompletionRequest, ManualClock, SecretFound
from playhead.core.calls import request_fields
from playhead.core.canonical import encode
from playhead.core.model import Family
from playhead.core.redaction import DEFAULT
from playhead.core.secret_names import MASK
from playhead.core.wire import Answer, WireError
from playhead.engine.player import Replay
from playhead.format.limits import Limits
from playhead.format.sealed import SealedReader
from playhead.sessions.recorder import LiveRedactor
from playhead.sessions.tickets import Ticket
from playhead.store.journals import journal_paths


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "golden.cassette"


def test_a_call_that_ends_after_its_session_is_an_error(path: Path) -> None:
    """An answer that comes after the session was closed is not lost in silence."""
    entered, leave = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    class Slow:
        def complete(self, request: CompletionRequest) -> Completion:
            entered.set()
            leave.wait(10)
            return Completion("late")

    session = playhead.use_cassette(path, mode="record").open()
    wrapped = session.wrap(Slow())

    def call() -> None:
        try:
            wrapped.complete(CompletionRequest("a"))
        except playhead.PlayheadError as error:
            failures.append(error)
        else:
            failures.append(AssertionError("the late answer passed for recorded"))

    thread = threading.Thread(target=call)
    thread.start()
    entered.wait(10)
    report = session.close()
    leave.set()
    thread.join(10)
    assert report.abandoned == 1
    assert isinstance(failures[0], playhead.PlayheadError)
    assert not path.exists()


ODD = [Completion("x", output=object()), Completion("x", raw={"f": {1, 2}}), "text", None]


@pytest.mark.parametrize("answer", ODD)
def test_live_lets_any_answer_pass(path: Path, answer: Any) -> None:
    """Where nothing is stored nothing needs a form: whatever the provider answers or streams is passed on."""

    class Odd:
        def complete(self, request: CompletionRequest) -> Any:
            return answer

        def stream(self, request: CompletionRequest) -> Iterator[Any]:
            yield from (answer, object(), answer)

    with playhead.use_cassette(path, mode="live") as session:
        wrapped = session.wrap(Odd())
        assert wrapped.complete(CompletionRequest("a")) is answer
        assert [piece for piece in wrapped.stream(CompletionRequest("a")) if piece is answer] == [answer, answer]


@pytest.mark.parametrize("answer", ODD)
def test_an_answer_that_cannot_be_stored_is_an_error(path: Path, answer: Any) -> None:
    """An answer without a form raises ``RecordingError``; the calls round it are stored."""

    class Odd:
        def complete(self, request: CompletionRequest) -> Any:
            return answer if request.prompt == "odd" else Completion("even")

    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Odd())
        wrapped.complete(CompletionRequest("one"))
        with pytest.raises(playhead.RecordingError):
            wrapped.complete(CompletionRequest("odd"))
        wrapped.complete(CompletionRequest("two"))
    assert texts(path) == [("one", "even"), ("two", "even")]
    assert (session.report().recorded, session.report().abandoned) == (2, 1)


@pytest.mark.parametrize("ending", [".cassette", ".cassette.json"])
@pytest.mark.parametrize("mode", ["record", "record-missing", "once"])
def test_a_failed_block_leaves_the_golden_alone(tmp_path: Path, mode: str, ending: str) -> None:
    """After an exception the cassette is as it was, and what was recorded lies beside it for a person."""
    path = tmp_path / f"golden{ending}"
    before = None
    if mode != "once":
        with playhead.use_cassette(path, mode="record") as session:
            session.wrap(Sync("golden")).complete(CompletionRequest("known"))
        before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), playhead.use_cassette(path, mode=mode) as session:  # noqa: PT012 - the block is the subject
        session.wrap(Sync()).complete(CompletionRequest("new"))
        raise ZeroDivisionError
    assert (path.read_bytes() if path.exists() else None) == before
    assert texts(tmp_path / f"golden.failed{ending}") == [("new", "fresh 1")]
    assert journal_paths(path) == []


def test_a_fault_in_closing_does_not_hide_the_blocks_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the block and its closing both fail, the block's error comes out with a note on the other."""

    def broken(*_: object, **__: object) -> None:
        raise playhead.RecordingError("disk gone")

    monkeypatch.setattr("playhead.sessions.recorder.seal_failed", broken)
    with pytest.raises(ZeroDivisionError) as caught, playhead.use_cassette(path, mode="record") as session:  # noqa: PT012 - the block is the subject
        session.wrap(Sync()).complete(CompletionRequest("a"))
        raise ZeroDivisionError
    assert any("disk gone" in note for note in caught.value.__notes__)
    assert len(journal_paths(path)) == 1


class Fixed:
    """Gives one text for each prompt, with an id and a time that differ every time."""

    def __init__(self, **changed: str) -> None:
        self.changed = changed
        self.count = 0

    def complete(self, request: CompletionRequest) -> Completion:
        """Give the text."""
        self.count += 1
        text = self.changed.get(request.prompt or "", f"answer to {request.prompt}")
        return Completion(text, model="m", raw={"id": f"r-{self.count}-{id(self)}", "created": self.count})


@pytest.mark.parametrize("ending", [".cassette", ".cassette.json"])
def test_recording_the_same_again_does_not_touch_the_file(tmp_path: Path, ending: str) -> None:
    """With the same evidence, though ids, times and days differ, neither the bytes nor the file's time change."""
    path = tmp_path / f"same{ending}"
    for day in (0, 1):
        clock = ManualClock(1_767_225_600_000_000_000 + day * 86_400_000_000_000)
        with playhead.use_cassette(path, mode="record", clock=clock) as session:
            for prompt in ("a", "b", "a"):
                session.wrap(Fixed()).complete(CompletionRequest(prompt))
        if day == 0:
            os.utime(path, ns=(10**18, 10**18))
            before, inode = path.read_bytes(), path.stat().st_ino
    facts = path.stat()
    assert (path.read_bytes(), facts.st_mtime_ns, facts.st_ino) == (before, 10**18, inode)
    assert session.sealed is not None
    assert not session.sealed.written
    assert [entry.recorded_on for entry in playhead.open_cassette(path)] == ["2026-01-01"] * 3


def test_one_changed_answer_changes_one_frame(path: Path) -> None:
    """Recording again with one other answer keeps every other frame, byte for byte."""
    frames: list[dict[tuple[bytes, int], bytes]] = []
    for changed in ({}, {"question 7": "another answer"}):
        with playhead.use_cassette(path, mode="record") as session:
            wrapped = session.wrap(Fixed(**changed))
            for number in range(20):
                wrapped.complete(CompletionRequest(f"question {number}"))
        reader = playhead.open_cassette(path).reader
        frames.append({(row.key, row.n): reader.frame(row) for row in reader.rows()})
    assert frames[0].keys() == frames[1].keys()
    assert sum(frames[0][place] != frames[1][place] for place in frames[0]) == 1


async def test_a_run_that_recorded_nothing_leaves_the_cassette(path: Path) -> None:
    """A recording session without a call neither empties the cassette nor leaves a journal."""
    before = await golden(path)
    with playhead.use_cassette(path, mode="record"):
        pass
    assert path.read_bytes() == before  # noqa: ASYNC240 - a local file of some bytes
    assert journal_paths(path) == []


def test_threads_lose_no_call(path: Path) -> None:
    """Eight threads with fifty calls each, some equal, leave four hundred entries, each with its own answer."""

    class Echo:
        def complete(self, request: CompletionRequest) -> Completion:
            return Completion(f"{request.prompt} by {threading.current_thread().name}")

    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Echo())

        def work() -> None:
            for number in range(50):
                wrapped.complete(CompletionRequest(f"question {number}"))

        threads = [threading.Thread(target=work, name=f"thread {number}") for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = texts(path)
    assert found == sorted((f"question {n}", f"question {n} by thread {t}") for n in range(50) for t in range(8))
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        wrapped = session.wrap(None)
        for number in range(50):
            played = [wrapped.complete(CompletionRequest(f"question {number}")).text for _ in range(8)]
            assert len(set(played)) == 8


def test_an_overlapping_session_seals_for_both(path: Path) -> None:
    """Of two sessions that record side by side the last to end writes the cassette with the calls of both."""
    outer = playhead.use_cassette(path, mode="record").open()
    inner = playhead.use_cassette(path, mode="record").open()
    outer.wrap(Sync("outer")).complete(CompletionRequest("a"))
    inner.wrap(Sync("inner")).complete(CompletionRequest("b"))
    outer.close()
    assert outer.sealed is not None
    assert (outer.sealed.written, len(outer.sealed.waiting), path.exists()) == (False, 1, False)
    inner.close()
    assert texts(path) == [("a", "outer 1"), ("b", "inner 1")]
    assert journal_paths(path) == []


def test_an_abandoned_session_leaves_its_journal(path: Path) -> None:
    """What an abandoned session recorded is taken over by a session that adopts what crashed."""
    session = playhead.use_cassette(path, mode="record-missing").open()
    session.wrap(Sync("first")).complete(CompletionRequest("a"))
    session.abandon()
    assert not path.exists()
    with playhead.use_cassette(path, mode="record-missing") as after:
        after.wrap(Sync("second")).complete(CompletionRequest("b"))
    assert after.sealed is not None
    assert len(after.sealed.left) == 1
    assert texts(path) == [("b", "second 1")]
    with playhead.use_cassette(path, mode="record-missing", adopt_crashed=True) as adopting:
        adopting.wrap(Sync("third")).complete(CompletionRequest("c"))
    assert texts(path) == [("a", "first 1"), ("b", "second 1"), ("c", "third 1")]
    assert journal_paths(path) == []


async def test_adopting_a_run_that_crashed_before_its_first_call_empties_nothing(path: Path) -> None:
    """A ``record`` run that died before it recorded a call has nothing to put in the golden's place."""
    await golden(path)
    playhead.use_cassette(path, mode="record").open().abandon()
    with playhead.use_cassette(path, mode="record-missing", adopt_crashed=True) as session:
        session.wrap(Sync()).complete(CompletionRequest("new"))
    assert texts(path) == [("known", "golden 1"), ("new", "fresh 1")]


def test_fsync_waits_for_the_disk_at_every_call(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``fsync`` every recorded call is flushed to the disk before it returns, and without it none is."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    for fsync, expected in ((False, 0), (True, 2)):
        with playhead.use_cassette(path, mode="record", fsync=fsync) as session:
            before = len(synced)
            for prompt in ("a", "b"):
                session.wrap(Sync()).complete(CompletionRequest(prompt))
            assert len(synced) - before == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_does_not_write_into_its_parents_journal(path: Path) -> None:
    """A call in a forked child is refused, and the parent's recording holds the parent's calls only."""
    with playhead.use_cassette(path, mode="record") as session:
        wrapped = session.wrap(Sync())
        wrapped.complete(CompletionRequest("parent"))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                wrapped.complete(CompletionRequest("child"))
            except playhead.RecordingError:
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    assert texts(path) == [("parent", "fresh 1")]


def test_a_clock_that_stands_still_does_not_mix_the_takes(path: Path) -> None:
    """Calls that start at one instant, or while the clock goes back, keep the order they were made in."""
    clock = ManualClock()
    texts_in_order = ("zebra", "yak", "ant", "cow")
    with playhead.use_cassette(path, mode="record", clock=clock) as session:
        wrapped = session.wrap(playhead.CyclingStubInferenceProvider(texts_in_order))
        for step in (0, 0, -1_000_000, 5):
            clock.now_ns += step
            wrapped.complete(CompletionRequest("a"))
    assert tuple(entry.evidence.text for entry in playhead.open_cassette(path)) == texts_in_order


# --- calls over the wire


def ask_over_the_wire(session: playhead.Session, request: CompletionRequest, answer: Answer, sent: str = "") -> None:
    """Have a session store a call as an edge would."""
    ticket = session.begin(request, "http", sent=sent)
    assert isinstance(ticket, Ticket)
    ticket.answered(Completion(), answer, [], Left())


class Left:
    """A reader that has nothing to close."""

    def close(self) -> None:
        """Do nothing."""


def http_request(query: list[list[str]], **params: Any) -> CompletionRequest:
    """Give plain HTTP traffic as it is read."""
    params = {"method": "GET", "url": "https://h.example/p", "query": query, **params}
    return CompletionRequest(params=params, family=Family.HTTP, operation="http")


def everything_in(folder: Path) -> str:
    """Give all that stands in a folder's files, entries uncompressed, as text."""
    found: list[str] = []
    for path in folder.iterdir():
        data = path.read_bytes()
        found.append(data.decode("latin-1"))
        if path.suffix == ".cassette":
            cassette = playhead.open_cassette(path)
            found += [repr(call) for call in cassette]
            reader = SealedReader(data)
            found += [reader.entry(row).decode() for row in reader.rows()]
    return "".join(found)


@pytest.mark.parametrize(
    ("name", "sent_name"),
    [("key", "key"), ("sig", "sig"), ("X-Amz-Signature", "X-Amz-Signature"), ("api_key", "api%5Fkey")],
)
def test_parameters_that_carry_credentials_are_masked(tmp_path: Path, name: str, sent_name: str) -> None:
    """A key in a URL goes by the parameter's name, in what is matched and in what is kept of the address."""
    secret, path = fill("{mixed}"), tmp_path / "a.cassette"
    request = http_request([["page", "2"], [name, secret]])
    with playhead.use_cassette(path, mode="record", wire=False) as session:
        sent = f"GET https://h.example/p?page=2&{sent_name}={secret}"
        ask_over_the_wire(session, request, Answer(200, (), (b"x",)), sent)
        journal = journal_paths(path)[0].read_text()
    assert secret not in journal
    assert secret not in everything_in(tmp_path)
    (call,) = playhead.open_cassette(path)
    assert call.request.params["query"] == [["page", "2"], [name, MASK]]


def test_a_key_in_the_address_matches_any_other(tmp_path: Path) -> None:
    """Both sides are matched without the key, so that another machine's key, or none of value, replays."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record", wire=False) as session:
        ask_over_the_wire(session, http_request([["key", fill("{mixed}")]]), Answer(200, (), (b"x",)))
    with playhead.use_cassette(path, wire=False, strict=True) as session:
        assert isinstance(session.begin(http_request([["key", "dummy"]]), "http"), Replay)
    with playhead.use_cassette(path, wire=False) as session, pytest.raises(playhead.NoMatch) as caught:
        session.begin(http_request([["key", "secret-of-mine"], ["page", "3"]]), "http")
    assert "secret-of-mine" not in str(caught.value)


@given(st.lists(st.one_of(st.lists(st.text(max_size=4), max_size=3), st.text(max_size=3), st.none()), max_size=3))
def test_whatever_stands_under_query_is_recorded(query: list[Any]) -> None:
    """A parameter of that name that is no list of pairs is kept as it is."""
    request = CompletionRequest("x", params={"query": query})
    clean, encoded = LiveRedactor(DEFAULT).request(request)
    assert encoded == encode(request_fields(clean))
    assert len(clean.params["query"]) == len(query)


def test_no_secret_of_an_exchange_reaches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever part of an exchange a secret stands in, the journal and the cassette are without it."""
    secret, path = fill("{mixed}"), tmp_path / "a.cassette"
    monkeypatch.setenv("VENDOR_TOKEN", secret)
    answers = [
        Answer(200, (("Set-Cookie", f"sid={secret}"), ("X-Odd", f"saw {secret}")), (b"x",)),
        Answer(200, (), (f"a {secret[:9]}".encode(), f"{secret[9:]} b".encode())),
        Answer(200, (("Content-Encoding", "gzip"),), (gzip.compress(f"a {secret} b".encode(), mtime=0),)),
        Answer(200, (), (json.dumps({"access_token": secret, "id": secret}).encode(),)),
        Answer(200, (), (b"\xff" + secret.encode(),)),
        Answer(error=WireError("httpx.ReadError", "read", f"failed for {secret}")),
    ]
    with playhead.use_cassette(path, mode="record", wire=False) as session:
        for number, answer in enumerate(answers):
            ask_over_the_wire(
                session,
                http_request([["n", str(number)]], body={"form": {"password": [secret]}, "text": f"say {secret}"}),
                answer,
                f"POST https://u:{secret}@h.example/bot{secret}?token={secret}",
            )
        journal = journal_paths(path)[0].read_text()
        assert secret not in journal
    assert secret not in everything_in(tmp_path)
    assert secret not in repr(session.report())
    assert len(playhead.open_cassette(path)) == len(answers)


def test_a_journal_need_not_be_read_to_be_sealed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a session kept of its calls gives the file that its journal on the disk would give, byte for byte."""

    def record() -> bytes:
        path.unlink(missing_ok=True)
        with playhead.use_cassette(path, mode="record", wire=False, clock=ManualClock()) as session:
            for number in range(40):
                words = "a long history " * 90
                messages = tuple({"role": "user", "content": f"{words}{turn}"} for turn in range(number % 4 + 1))
                request = CompletionRequest(messages=messages, operation="chat.completions")
                answer = Answer(200, (("x-request-id", f"r{number}"),), (b'{"id":"a","text":"%d"}' % number,))
                ask_over_the_wire(session, request, answer, "POST https://h.example/v1")
        return path.read_bytes()

    kept = record()
    monkeypatch.setattr("playhead.store.journals.MOST_KEPT", 0)
    assert record() == kept


def test_a_header_is_looked_at_again_when_the_rules_change(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that was no secret when it came first is one as soon as a variable says so."""
    value = fill("{mixed}")
    answer = Answer(200, (("X-Odd", value),), (b"x",))
    with contextlib.suppress(SecretFound), playhead.use_cassette(path, mode="record", wire=False) as session:
        for number in range(3):
            if number == 2:
                monkeypatch.setenv("VENDOR_TOKEN", value)
            ask_over_the_wire(session, http_request([["n", str(number)]]), answer, "POST https://h.example/v1")
        lines = journal_paths(path)[0].read_text().splitlines()
    assert [value in line for line in lines[1:4]] == [True, True, False]
    assert not path.exists()


def test_the_same_answer_again_does_not_touch_the_file(tmp_path: Path) -> None:
    """Other ids, times, headers and cuts in an answer leave the cassette as it is; another text does not."""
    path, clock = tmp_path / "a.cassette", ManualClock()
    request = CompletionRequest(messages=({"role": "user", "content": "hi"},), operation="chat.completions")

    def record(id_: str, text: str, cut: int) -> bytes:
        data = f'{{"id":"{id_}","created":17,"text":"{text}"}}'.encode()
        answer = Answer(200, (("x-request-id", id_),), (data[:cut], data[cut:]))
        with playhead.use_cassette(path, mode="record", wire=False, clock=clock) as session:
            ask_over_the_wire(session, request, answer, f"POST https://{id_}.example/v1")
        return path.read_bytes()

    first = record("one", "hello", 3)
    assert record("another", "hello", 9) == first
    assert record("one", "goodbye", 3) != first


def test_an_answer_over_the_limit_is_an_error(tmp_path: Path) -> None:
    """What makes an entry over the limit is not stored, and the error says what to raise."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record", wire=False, limits=Limits(entry=5000)) as session:
        with pytest.raises(playhead.RecordingError, match="over the limit of 5000"):
            ask_over_the_wire(session, http_request([]), Answer(200, (), (bytes(4000),)))
        ask_over_the_wire(session, http_request([]), Answer(200, (), (b"x",)))
    assert len(playhead.open_cassette(path)) == 1
