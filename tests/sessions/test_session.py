"""A session: what each mode does with each call, what is refused, and what is told of it."""

from __future__ import annotations

import functools
import socket
import threading
from pathlib import Path

import pytest
from tests.core.fake_keys import fill
from tests.sessions.answering import SHAPES, Sync, ask, golden, provider_for

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
    path.write_bytes(broken)  # noqa: ASYNC240 - a local file of some bytes
    with pytest.raises(playhead.CassetteDamaged):
        playhead.use_cassette(path, mode=mode).open()
    assert path.read_bytes() == broken  # noqa: ASYNC240 - a local file of some bytes


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
        with (
            playhead.use_cassette(path, mode="replay", record_command=command) as session,
            pytest.raises(playhead.NoMatch) as caught,
        ):
            await ask(session.wrap(None), "sync", "unknown")
        text = str(caught.value)
        assert f"cassette {str(path)!r} holds 1 call, 1 not played" in text
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
    with (  # noqa: PT012 - the block is the subject
        pytest.raises(kind, match="a call was refused and the code went on") as caught,
        playhead.use_cassette(path, mode="replay", strict=True) as session,
    ):
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
    with (
        pytest.raises(playhead.ReplayRefused, match="1 of 1 recorded calls"),
        playhead.use_cassette(path, mode="replay", strict=True),
    ):
        pass


async def test_once_with_a_cassette_is_as_strict_as_replay(path: Path) -> None:
    """In ``once`` a cassette that was there is only replayed, so what was not played counts there too."""
    await golden(path)
    with (
        pytest.raises(playhead.ReplayRefused, match="1 of 1 recorded calls"),
        playhead.use_cassette(path, mode="once", strict=True),
    ):
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
    with (
        playhead.use_cassette(path, mode="replay", known_errors=(VendorError,)) as session,
        pytest.raises(VendorError, match="vendor says no"),
    ):
        session.wrap(None).complete(CompletionRequest("a"))
    with (
        playhead.use_cassette(path, mode="replay") as session,
        pytest.raises(playhead.InferenceProviderError, match="vendor says no") as caught,
    ):
        session.wrap(None).complete(CompletionRequest("a"))
    assert caught.value.context["recorded_class"].endswith("VendorError")


def test_threads_share_the_takes(path: Path) -> None:
    """Threads that replay one request side by side play each take once, and the next call is refused."""
    record_takes(path, 80)
    played: list[str] = []
    with playhead.use_cassette(path, mode="replay", strict=True) as session:
        wrapped = session.wrap(None)

        def work() -> None:
            played.extend([wrapped.complete(CompletionRequest("a")).text for _ in range(10)])

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(played, key=int) == [str(number) for number in range(80)]


def test_a_provider_may_ask_another_through_the_same_session(path: Path) -> None:
    """A provider that asks wrapped providers itself neither deadlocks nor mixes its answer with theirs."""

    class Delegating:
        def __init__(self, other: playhead.InferenceProvider) -> None:
            self.other = other

        def complete(self, request: CompletionRequest) -> Completion:
            inner = self.other.complete(CompletionRequest(f"about {request.prompt}"))
            return Completion(f"I heard: {inner.text}")

    with playhead.use_cassette(path, mode="record") as session:
        outer = session.wrap(Delegating(session.wrap(Sync("expert"), name="expert")), name="front")
        assert outer.complete(CompletionRequest("rivers")).text == "I heard: expert 1"
    found = {entry.provider: entry.evidence.text for entry in playhead.open_cassette(path)}
    assert found == {"front": "I heard: expert 1", "expert": "expert 1"}


# --- what the wire seam needs of a session


@pytest.mark.parametrize(
    ("mode", "there", "never"),
    [
        ("replay", True, True),
        ("replay", False, True),
        ("once", True, True),
        ("once", False, False),
        ("record-missing", True, False),
        ("record", True, False),
        ("live", True, False),
    ],
)
async def test_a_session_knows_whether_a_call_may_go_out(path: Path, mode: str, there: bool, never: bool) -> None:
    """Where every call is played or refused the network can be shut; where one may go out it cannot."""
    if there:
        await golden(path)
    with playhead.use_cassette(path, mode=mode) as session:
        assert session.never_live is never
        assert session.records is (mode != "live" and not never)


def test_what_was_put_in_is_taken_out_at_the_end(path: Path) -> None:
    """What is to be done at the end is done once, the last one first, also where the session is let go."""
    for end in ("close", "abandon"):
        done: list[int] = []
        session = playhead.use_cassette(path, mode="record", wire=False).open()
        for number in range(3):
            session.on_close(functools.partial(done.append, number))
        getattr(session, end)()
        getattr(session, end)()
        assert done == [2, 1, 0]


def test_an_answer_that_cannot_be_stored_at_the_end_takes_nothing_along(path: Path) -> None:
    """A stream left open that cannot be stored is told by the close, after all the rest has been sealed."""

    class Odd:
        def close(self) -> None:
            raise playhead.RecordingError("cannot be stored")

    class Sound:
        closed = False

        def close(self) -> None:
            self.closed = True

    session = playhead.use_cassette(path, mode="record").open()
    session.wrap(Sync()).complete(CompletionRequest("a"))
    sound = [Sound(), Sound()]
    session._streams.update(dict.fromkeys([sound[0], Odd(), sound[1]]))
    with pytest.raises(playhead.RecordingError, match="cannot be stored"):
        session.close()
    assert [one.closed for one in sound] == [True, True]
    assert len(playhead.open_cassette(path)) == 1
    assert journal_paths(path) == []


def test_side_traffic_is_told_once_and_without_secrets(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Method and address of what is no model call are reported once each, without parameters and secrets."""
    secret = fill("{mixed}")
    monkeypatch.setenv("SOME_TOKEN", secret)
    with playhead.use_cassette(path, mode="live") as session:
        for url in (f"https://u:{secret}@h.example/bot{secret}/x?key={secret}", "https://h.example/a?b=1"):
            session.note_side_traffic("GET", url)
            session.note_side_traffic("GET", url)
    traffic = session.report().side_traffic
    assert len(traffic) == 2
    assert traffic[1] == "GET https://h.example/a"
    assert secret not in repr(session.report())


def test_a_blocked_reach_is_a_refusal_that_counts_its_times(path: Path) -> None:
    """Each place that was reached for is one refusal with the number of tries, and a strict close raises for it."""
    session = playhead.use_cassette(path, mode="live", strict=True).open()
    for _ in range(3):
        session.note_blocked("something tried to connect to h:1")
    session.note_blocked("something tried to connect to h:2")
    report = session.report()
    assert [(one.kind, one.times) for one in report.refusals] == [("network", 3), ("network", 1)]
    with pytest.raises(playhead.NetworkBlocked, match="connect to h:1"):
        session.close()


async def test_equal_refusals_may_count_as_one(path: Path) -> None:
    """At the wire seam an SDK's own retries of a refused call are one refusal; at the provider seam each counts."""
    await golden(path)
    with playhead.use_cassette(path) as session:
        for once in (True, True, True, False):
            with pytest.raises(playhead.NoMatch):
                session.begin(CompletionRequest("other"), "default", once=once)
        with pytest.raises(playhead.NoMatch):
            session.begin(CompletionRequest("another"), "default", once=True)
    assert [one.times for one in session.report().refusals] == [3, 1, 1]
