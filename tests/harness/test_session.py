"""A session: what each mode does with each call, what is kept, and what a failed run leaves behind."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import Completion, CompletionRequest, ManualClock, Usage
from playhead.engine.ledger import Report
from playhead.store.journals import journal_paths

# Column by column: what becomes of a call, as the design states it.
MODES = """
mode            no cassette   match left   all played   no match
replay          refuse        replay       exhausted    refuse
once            forward       replay       exhausted    refuse
record-missing  forward       replay       forward      forward
record          forward       forward      forward      forward
live            unstored      unstored     unstored     unstored
"""
SITUATIONS = ("no cassette", "match left", "all played", "no match")
ALIASES = {"none": "replay", "new_episodes": "record-missing", "all": "record", "rewrite": "record"}
EXPECTED = {
    words[0]: dict(zip(SITUATIONS, words[1:], strict=True)) for words in map(str.split, MODES.split("\n")[2:-1])
}
SHAPES = ("sync", "async", "stream", "async stream")


class Counting:
    """Answers with a text and counts its calls, in every shape."""

    def __init__(self, text: str = "fresh") -> None:
        self.text = text
        self.count = 0

    def answer(self) -> Completion:
        """Give the next answer."""
        self.count += 1
        return Completion(f"{self.text} {self.count}", model="m", usage=Usage(1, 2, 3))


class Sync(Counting):
    """Answers at once."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Give the answer."""
        return self.answer()

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        """Give the answer's words."""
        yield from self.answer().text.partition(" ")


class Async(Counting):
    """Answers in a coroutine."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Give the answer."""
        return self.answer()

    async def stream(self, request: CompletionRequest) -> AsyncIterator[str]:
        """Give the answer's words."""
        for piece in self.answer().text.partition(" "):
            yield piece


def provider_for(shape: str, text: str = "fresh") -> Counting:
    """Give a provider that can be asked in a shape."""
    return Async(text) if shape.startswith("async") else Sync(text)


async def ask(wrapped: Any, shape: str, prompt: str) -> str:
    """Ask in a shape and give the text."""
    request = CompletionRequest(prompt)
    if shape == "sync":
        return str(wrapped.complete(request).text)
    if shape == "async":
        return str((await wrapped.complete(request)).text)
    if shape == "stream":
        return "".join(wrapped.stream(request))
    return "".join([piece async for piece in wrapped.stream(request)])


def texts(path: Path) -> list[tuple[str | None, str]]:
    """Give prompt and text of what a cassette holds."""
    return sorted((entry.request.prompt, entry.evidence.text) for entry in playhead.open_cassette(path))


async def golden(path: Path, shape: str = "sync") -> bytes:
    """Record one call with the prompt ``known``, and give the file's bytes."""
    with playhead.use_cassette(path, mode="record") as session:
        await ask(session.wrap(provider_for(shape, "golden")), shape, "known")
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "golden.cassette"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("mode", [*EXPECTED, *ALIASES])
async def test_every_mode_does_what_the_table_says(path: Path, mode: str, situation: str, shape: str) -> None:
    """In every mode and situation the call is replayed, made or refused, and stored, exactly as the table says."""
    before = b"" if situation == "no cassette" else await golden(path, shape)
    expected = EXPECTED[ALIASES.get(mode, mode)][situation]
    provider = provider_for(shape)
    asked = "other" if situation == "no match" else "known"
    with playhead.use_cassette(path, mode=mode) as session:
        wrapped = session.wrap(provider)
        if situation == "all played":
            await ask(wrapped, shape, asked)
        calls_before, report_before = provider.count, session.report()
        if expected in ("refuse", "exhausted"):
            kind = playhead.NoMatch if expected == "refuse" else playhead.Exhausted
            with pytest.raises(kind) as caught:
                await ask(wrapped, shape, asked)
            assert type(caught.value) is kind
        else:
            answer = await ask(wrapped, shape, asked)
            assert answer == ("golden 1" if expected == "replay" else f"fresh {provider.count}")
        report = session.report()
    assert provider.count - calls_before == (expected in ("forward", "unstored"))
    counted = {name: getattr(report, name) - getattr(report_before, name) for name in COUNTS[expected]}
    assert counted == COUNTS[expected]
    check_file(path, mode, expected, before, report)


COUNTS = {
    "replay": {"played": 1, "recorded": 0, "live": 0, "refused": 0},
    "forward": {"played": 0, "recorded": 1, "live": 0, "refused": 0},
    "unstored": {"played": 0, "recorded": 0, "live": 1, "refused": 0},
    "refuse": {"played": 0, "recorded": 0, "live": 0, "refused": 1},
    "exhausted": {"played": 0, "recorded": 0, "live": 0, "refused": 1},
}


def check_file(path: Path, mode: str, expected: str, before: bytes, report: Report) -> None:
    """Check what a session left on the disk."""
    assert journal_paths(path) == []
    if expected != "forward":
        assert (path.read_bytes() if path.exists() else b"") == before
        return
    kept = 1 if before and ALIASES.get(mode, mode) != "record" else 0
    assert len(playhead.open_cassette(path)) == kept + report.recorded


@pytest.mark.parametrize("mode", ["replay", "once", "record-missing", "record"])
async def test_a_cassette_that_cannot_be_read_is_never_taken_for_absent(path: Path, mode: str) -> None:
    """A damaged file is an error in every mode that has to do with it, and stays as it is."""
    broken = (await golden(path))[:-9]
    path.write_bytes(broken)
    with pytest.raises(playhead.CassetteDamaged):
        playhead.use_cassette(path, mode=mode).open()
    assert path.read_bytes() == broken


async def test_replay_needs_no_provider_and_no_network(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no provider and every socket refused, replay gives what was recorded."""
    await golden(path)
    monkeypatch.setattr(socket.socket, "connect", refuse_network)
    monkeypatch.setattr(socket, "getaddrinfo", refuse_network)
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        assert await ask(session.wrap(None), "sync", "known") == "golden 1"


def refuse_network(*_: object) -> None:
    """Stand for any use of the network."""
    raise AssertionError("the network was used")


def test_a_call_that_must_be_made_live_needs_a_provider(path: Path) -> None:
    """Without a provider a call that is to be forwarded is refused in words, and nothing is stored."""
    with playhead.use_cassette(path, mode="once") as session:
        wrapped = session.wrap(None)
        with pytest.raises(playhead.UsageError, match="wrapped without a provider"):
            wrapped.complete(CompletionRequest("a"))
    assert not path.exists()
    assert journal_paths(path) == []


def test_a_closed_session_takes_no_calls(path: Path) -> None:
    """After its block a session refuses calls and makes none, in every mode."""
    for mode in ("record", "replay", "live"):
        provider = Sync()
        with playhead.use_cassette(path, mode=mode) as session:
            wrapped = session.wrap(provider)
            if mode == "record":
                wrapped.complete(CompletionRequest("a"))
        before = provider.count
        with pytest.raises(playhead.UsageError, match="is closed"):
            wrapped.complete(CompletionRequest("a"))
        assert provider.count == before


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


def test_closing_twice_changes_nothing(path: Path) -> None:
    """The second close gives the same numbers and leaves the file alone."""
    session = playhead.use_cassette(path, mode="record").open()
    session.wrap(Sync()).complete(CompletionRequest("a"))
    first = session.close()
    data = path.read_bytes()
    path.unlink()
    assert session.close() == first
    assert data
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
    with pytest.raises(ZeroDivisionError), playhead.use_cassette(path, mode=mode) as session:
        session.wrap(Sync()).complete(CompletionRequest("new"))
        raise ZeroDivisionError
    assert (path.read_bytes() if path.exists() else None) == before
    assert texts(tmp_path / f"golden.failed{ending}") == [("new", "fresh 1")]
    assert journal_paths(path) == []


def test_a_fault_in_closing_does_not_hide_the_blocks_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the block and its closing both fail, the block's error comes out with a note on the other."""

    def broken(*_: object, **__: object) -> None:
        raise playhead.RecordingError("disk gone")

    monkeypatch.setattr("playhead.harness.recorder.seal_failed", broken)
    with pytest.raises(ZeroDivisionError) as caught, playhead.use_cassette(path, mode="record") as session:
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
    assert path.read_bytes() == before
    assert journal_paths(path) == []


async def test_a_swallowed_refusal_is_remembered(path: Path) -> None:
    """A refusal that the code under test caught stands in the report."""
    await golden(path)
    with playhead.use_cassette(path, mode="replay") as session, pytest.raises(playhead.NoMatch) as caught:
        await ask(session.wrap(None, name="openai"), "sync", "known")
    (refusal,) = session.report().refusals
    assert (refusal.kind, refusal.provider) == ("no match", "openai")
    assert refusal is caught.value.evidence
    assert refusal.message == str(caught.value)
    assert (session.report().refused, session.report().unplayed) == (1, 1)


async def test_a_refusal_says_where_and_how(path: Path) -> None:
    """The message names cassette, running test and the command that records; the command can be set."""
    await golden(path)
    for command, expected in ((None, "PLAYHEAD_MODE=record-missing"), ("make record", "make record")):
        with playhead.use_cassette(path, mode="replay", record_command=command) as session:
            with pytest.raises(playhead.NoMatch) as caught:
                await ask(session.wrap(None), "sync", "unknown")
        text = str(caught.value)
        assert f"cassette {str(path)!r} holds 1 calls, 1 not played" in text
        assert "test_session.py::test_a_refusal_says_where_and_how" in text
        assert f"hint: to record it: {expected}" in text
        assert caught.value.context["cassette"] == str(path)


async def test_a_retry_loop_replays_without_waiting(path: Path) -> None:
    """Refusals for now and the success that followed replay in order, with the pause that was asked for."""
    slow = [playhead.RateLimitError("429", retry_after=pause) for pause in (1.5, 20.0)]
    for mode, inner in (("record", playhead.CyclingStubInferenceProvider((*slow, "ok"))), ("replay", None)):
        clock = ManualClock()
        with playhead.use_cassette(path, mode=mode, strict=True) as session:
            wrapped = session.wrap(inner)
            while True:
                try:
                    answer = wrapped.complete(CompletionRequest("a"))
                except playhead.RateLimitError as error:
                    clock.sleep(error.retry_after)
                else:
                    break
        assert (answer.text, clock.slept) == ("ok", [1.5, 20.0])


@pytest.mark.parametrize(("prompts", "kind"), [(["other"], playhead.NoMatch), (["known", "known"], playhead.Exhausted)])
async def test_a_strict_session_raises_for_a_swallowed_refusal(path: Path, prompts: list[str], kind: type) -> None:
    """Closing a strict session raises for a refusal that nobody saw."""
    await golden(path)
    with pytest.raises(kind, match="a call was refused and the code went on") as caught:
        with playhead.use_cassette(path, mode="replay", strict=True) as session:
            wrapped = session.wrap(None)
            for prompt in prompts:
                try:
                    await ask(wrapped, "sync", prompt)
                except Exception:
                    continue
    assert type(caught.value) is kind


async def test_a_strict_session_raises_for_what_was_not_played(path: Path) -> None:
    """Closing a strict session raises for recorded calls that no call asked for; others do not."""
    await golden(path)
    with playhead.use_cassette(path, mode="replay"):
        pass
    with pytest.raises(playhead.ReplayRefused, match="1 of 1 recorded calls"):
        with playhead.use_cassette(path, mode="replay", strict=True):
            pass


async def test_once_with_a_cassette_is_as_strict_as_replay(path: Path) -> None:
    """In ``once`` a cassette that was there is only replayed, so what was not played counts there too."""
    await golden(path)
    with pytest.raises(playhead.ReplayRefused, match="1 of 1 recorded calls"):
        with playhead.use_cassette(path, mode="once", strict=True):
            pass


async def test_a_strict_session_lets_the_blocks_own_error_pass(path: Path) -> None:
    """Where the block fails, its error comes out, not what a strict session has to say."""
    await golden(path)
    with pytest.raises(ZeroDivisionError), playhead.use_cassette(path, mode="replay", strict=True):
        raise ZeroDivisionError


def test_the_report_counts_what_replay_saves(path: Path) -> None:
    """Tokens and recorded latency of played answers are added up."""
    clock = ManualClock()

    class Slow:
        def complete(self, request: CompletionRequest) -> Completion:
            clock.sleep(1.234)
            return Completion("x", usage=Usage(10, 20, 30))

    with playhead.use_cassette(path, mode="record", clock=clock) as session:
        for _ in range(2):
            session.wrap(Slow()).complete(CompletionRequest("a"))
    with playhead.use_cassette(path, mode="replay") as session:
        for _ in range(2):
            session.wrap(None).complete(CompletionRequest("a"))
    report = session.report()
    assert (report.played, report.tokens_saved, report.ms_saved, report.unplayed) == (2, 60, 2400, 0)
    assert (report.mode, report.cassette, report.calls) == ("replay", str(path), 2)


@pytest.mark.parametrize(
    ("takes", "expected"),
    [("cycle", "0 1 2 0 1 2 0"), ("repeat-last", "0 1 2 2 2 2 2")],
)
def test_takes_can_go_on_for_ever(path: Path, takes: str, expected: str) -> None:
    """Past the last take a session starts again or stays, where it is told to."""
    record_takes(path, 3)
    with playhead.use_cassette(path, mode="replay", takes=takes) as session:
        wrapped = session.wrap(None)
        played = [wrapped.complete(CompletionRequest("a")).text for _ in range(7)]
    assert played == expected.split()


def record_takes(path: Path, count: int) -> None:
    """Record takes named by their number."""
    with playhead.use_cassette(path, mode="record") as session:
        stub = playhead.CyclingStubInferenceProvider(tuple(str(number) for number in range(count)))
        wrapped = session.wrap(stub)
        for _ in range(count):
            wrapped.complete(CompletionRequest("a"))


def test_a_seed_decides_a_shuffle(path: Path) -> None:
    """A shuffle plays each take once a round, in an order that its seed alone decides."""
    record_takes(path, 6)

    def played(seed: int) -> list[str]:
        with playhead.use_cassette(path, mode="replay", takes="shuffle", seed=seed) as session:
            wrapped = session.wrap(None)
            return [wrapped.complete(CompletionRequest("a")).text for _ in range(12)]

    first = played(1)
    assert first == played(1)
    assert first != played(2)
    assert sorted(first[:6]) == sorted(first[6:]) == list("012345")


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
    assert len(after.sealed.crashed) == 1
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


def test_known_errors_come_back_as_their_class(path: Path) -> None:
    """An exception class of somebody else's is rebuilt where the session was given it, else as the nearest of ours."""

    class VendorError(Exception):
        def __init__(self, response: object) -> None:
            super().__init__("vendor says no")
            self.response = response

    class Failing:
        def complete(self, request: CompletionRequest) -> Completion:
            raise VendorError(response=object())

    with playhead.use_cassette(path, mode="record") as session, pytest.raises(VendorError):
        session.wrap(Failing()).complete(CompletionRequest("a"))
    with playhead.use_cassette(path, mode="replay", known_errors=(VendorError,)) as session:
        with pytest.raises(VendorError, match="vendor says no"):
            session.wrap(None).complete(CompletionRequest("a"))
    with playhead.use_cassette(path, mode="replay") as session:
        with pytest.raises(playhead.InferenceProviderError, match="vendor says no") as caught:
            session.wrap(None).complete(CompletionRequest("a"))
    assert caught.value.context["recorded_class"].endswith("VendorError")


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
