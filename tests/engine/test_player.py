"""The state machine of a session: requests in, decisions out; numbers are given when a call starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import playhead
from playhead import Completion, CompletionRequest, Failure, Mode, Stream, Takes
from playhead.core.calls import Volatile, compose_call, decode_call, encode_outcome, outcome_fields, request_fields
from playhead.core.canonical import encode
from playhead.core.fingerprint import Fingerprint, fingerprint
from playhead.core.model import Origin, Outcome
from playhead.engine.player import Decision, Forward, Player, Refuse, Replay
from playhead.format.assembly import assemble
from playhead.format.entries import Entry
from playhead.store.cassette import Cassette, cassette_from


def key(prompt: str) -> Fingerprint:
    """Give a prompt's fingerprint."""
    return fingerprint(CompletionRequest(prompt), "p")


def entry_data(prompt: str, outcome: Outcome, n: int, *, request_id: str = "", latency: int = 0) -> bytes:
    """Give the canonical bytes of a recorded call."""
    return compose_call(
        request=encode(request_fields(CompletionRequest(prompt))),
        outcome=encode_outcome(outcome_fields(outcome)),
        provider="p",
        origin=Origin.LIVE,
        key=key(prompt).key,
        n=n,
        volatile=Volatile(request_id=request_id, latency=latency, gaps=(3, 4) if isinstance(outcome, Stream) else ()),
    )


def recorded(calls: dict[str, list[Outcome]], *, request_id: str = "", latency: int = 0) -> Cassette:
    """Give a cassette that holds takes of prompts."""
    entries = [
        Entry(key(prompt).key, n, entry_data(prompt, outcome, n, request_id=request_id, latency=latency))
        for prompt, outcomes in calls.items()
        for n, outcome in enumerate(outcomes)
    ]
    data = bytearray()
    assemble(entries).write(data.extend)
    return cassette_from(bytes(data))


ONE, TWO = Completion("one"), Completion("two")


def outcome_of(decision: Decision) -> Outcome:
    """Give what is to be played."""
    assert isinstance(decision, Replay)
    return decision.outcome


def test_takes_are_played_in_order_and_then_refused() -> None:
    """A request plays its takes in turn, past the last it is refused as exhausted; others have turns of their own."""
    player = Player(Mode.REPLAY, recorded({"a": [ONE, TWO], "b": [TWO]}))
    assert [outcome_of(player.begin(key(prompt))) for prompt in "aba"] == [ONE, TWO, TWO]
    assert player.begin(key("a")) == Refuse(exhausted=True, takes=2)
    assert player.begin(key("a")) == Refuse(exhausted=True, takes=2)
    assert player.begin(key("c")) == Refuse(exhausted=False, takes=0)
    report = player.ledger.report(mode="replay", cassette="x", calls=3)
    assert (report.played, report.unplayed) == (3, 0)


def test_a_rewound_player_begins_again() -> None:
    """Every take may be played once more and none counts as played; what was refused stays in the ledger."""
    player = Player(Mode.REPLAY, recorded({"a": [ONE, TWO]}))
    assert [outcome_of(player.begin(key("a"))) for _ in range(2)] == [ONE, TWO]
    player.rewind()
    assert (player.ledger.played, player.ledger.replays) == (set(), 0)
    assert outcome_of(player.begin(key("a"))) == ONE
    assert len(player.ledger.played) == 1


def test_a_streams_gaps_come_with_it() -> None:
    """A played stream brings the times between its pieces."""
    stream = Stream(end=Completion("ab"), cuts=(1, 1))
    player = Player(Mode.REPLAY, recorded({"a": [stream]}))
    decision = player.begin(key("a"))
    assert isinstance(decision, Replay)
    assert (decision.outcome, decision.gaps) == (stream, (3, 4))


def test_the_recorded_call_comes_with_its_outcome() -> None:
    """What plays an answer over the wire needs the whole entry: its bytes, its headers, what its placeholders mean."""
    player = Player(Mode.REPLAY, recorded({"a": [ONE, TWO]}))
    decisions = [player.begin(key("a")) for _ in range(2)]
    assert [(one.entry.n, one.entry.call.outcome, one.bound) for one in decisions if isinstance(one, Replay)] == [
        (0, ONE, ()),
        (1, TWO, ()),
    ]


def test_an_answer_given_again_comes_with_its_call() -> None:
    """Under one id the first success is given again with the entry it was recorded as, just recorded or before."""
    player = Player(Mode.RECORD, None)
    player.begin(key("a"), "x")
    data = entry_data("a", ONE, 0, request_id="x")
    player.note_recorded(key("a").key, "x", data, ONE)
    decision = player.begin(key("a"), "x")
    assert isinstance(decision, Replay)
    assert decision.entry == decode_call(data)


@pytest.mark.parametrize(
    ("mode", "there", "numbers"),
    [
        (Mode.RECORD, 0, [0, 1, 2]),
        (Mode.RECORD, 2, [0, 1, 2]),
        (Mode.RECORD_MISSING, 0, [0, 1, 2]),
        (Mode.RECORD_MISSING, 2, [2, 3, 4]),
        (Mode.ONCE, 0, [0, 1, 2]),
    ],
)
def test_takes_are_numbered_when_their_calls_start(mode: Mode, there: int, numbers: list[int]) -> None:
    """New takes are numbered after those that stay, one by one, before any of them has ended."""
    player = Player(mode, recorded({"a": [ONE] * there}) if there else None)
    while isinstance(decision := player.begin(key("a")), Replay):
        assert mode is Mode.RECORD_MISSING
    given = [decision, player.begin(key("a")), player.begin(key("a"))]
    assert given == [Forward(store=True, n=n) for n in numbers]
    assert player.begin(key("b")) == Forward(store=True, n=0)
    assert player.ledger.begun == 4


def test_live_forwards_and_stores_nothing() -> None:
    """Live calls are counted, not numbered, and none is stored, whatever the cassette holds."""
    player = Player(Mode.LIVE, recorded({"a": [ONE]}))
    assert [player.begin(key("a")) for _ in range(2)] == [Forward(store=False, n=0)] * 2
    assert (player.ledger.live, player.ledger.begun) == (2, 0)


def test_once_with_a_cassette_is_replay() -> None:
    """A cassette that was there is only replayed."""
    player = Player(Mode.ONCE, recorded({"a": [ONE]}))
    assert outcome_of(player.begin(key("a"))) == ONE
    assert player.begin(key("a")) == Refuse(exhausted=True, takes=1)
    assert player.begin(key("b")) == Refuse(exhausted=False, takes=0)


@pytest.mark.parametrize("takes", [Takes.CYCLE, Takes.REPEAT_LAST, Takes.SHUFFLE])
def test_other_policies_never_end(takes: Takes) -> None:
    """With a policy that never ends a recorded request is always played, and one that is not is refused."""
    player = Player(Mode.REPLAY, recorded({"a": [ONE, TWO]}), takes=takes, seed=3)
    played = [player.begin(key("a")) for _ in range(7)]
    assert all(isinstance(decision, Replay) for decision in played)
    assert player.begin(key("b")) == Refuse(exhausted=False, takes=0)
    assert player.ledger.report(mode="replay", cassette="x", calls=2).unplayed == 0


def test_one_id_has_one_answer() -> None:
    """After a success the same id gives it again, from the cassette or just recorded; another id does not."""
    player = Player(Mode.RECORD, None)
    assert player.begin(key("a"), "x") == Forward(store=True, n=0)
    player.note_recorded(key("a").key, "x", entry_data("a", ONE, 0, request_id="x"), ONE)
    assert outcome_of(player.begin(key("a"), "x")) == ONE
    assert player.begin(key("a"), "y") == Forward(store=True, n=1)
    assert player.begin(key("a")) == Forward(store=True, n=2)
    assert player.begin(key("b"), "x") == Forward(store=True, n=0)
    assert player.ledger.reused == 1
    again = Player(Mode.REPLAY, recorded({"a": [ONE]}))
    assert [outcome_of(again.begin(key("a"), "x")) for _ in range(3)] == [ONE] * 3
    assert again.begin(key("a"), "y") == Refuse(exhausted=True, takes=1)


@pytest.mark.parametrize("outcome", [Failure("E"), Stream(end=Failure("E")), Stream(end=None, cuts=(1,), text="a")])
def test_what_is_no_success_is_asked_again(outcome: Outcome) -> None:
    """A failure, a stream that broke off or that its consumer left is no answer to hand out again."""
    player = Player(Mode.RECORD, None)
    player.begin(key("a"), "x")
    player.note_recorded(key("a").key, "x", entry_data("a", outcome, 0, request_id="x"), outcome)
    assert player.begin(key("a"), "x") == Forward(store=True, n=1)
    again = Player(Mode.REPLAY, recorded({"a": [outcome, ONE]}, request_id="x"))
    assert [type(again.begin(key("a"), "x")) for _ in range(2)] == [Replay, Replay]
    assert outcome_of(again.begin(key("a"), "x")) == ONE


def test_takes_under_one_id_are_all_played() -> None:
    """Two takes recorded side by side under one id are both played before an answer is handed out again."""
    player = Player(Mode.REPLAY, recorded({"a": [ONE, TWO]}, request_id="x"))
    assert [outcome_of(player.begin(key("a"), "x")) for _ in range(2)] == [ONE, TWO]
    assert isinstance(player.begin(key("a"), "x"), Replay)
    assert player.ledger.report(mode="replay", cassette="x", calls=2).unplayed == 0


def test_what_replay_saved_is_added_up() -> None:
    """Latency and tokens of what was played are counted once for each time it was played."""
    answer = Completion("x", usage=playhead.Usage(1, 2, 3))
    player = Player(Mode.REPLAY, recorded({"a": [answer]}, latency=120), takes=Takes.CYCLE)
    for _ in range(3):
        player.begin(key("a"))
    assert (player.ledger.tokens_saved, player.ledger.ms_saved, player.ledger.replays) == (9, 360, 3)


def test_damage_is_not_taken_for_absence(tmp_path: Path) -> None:
    """A call whose frame is damaged raises; it is neither forwarded nor refused as unknown."""
    path = tmp_path / "a.cassette"
    with playhead.record(playhead.StubInferenceProvider(), path, name="p") as provider:
        provider.complete(CompletionRequest("a"))
    (row,) = playhead.open_cassette(path).reader.rows()
    data = bytearray(path.read_bytes())
    data[row.offset + row.length - 1] ^= 1
    for mode in (Mode.REPLAY, Mode.ONCE, Mode.RECORD_MISSING):
        with pytest.raises(playhead.CassetteDamaged):
            Player(mode, cassette_from(bytes(data))).begin(key("a"))


class Sessions(RuleBasedStateMachine):
    """Any order of calls against a model of two lines: play what is left, else what the mode says."""

    @initialize(
        mode=st.sampled_from([Mode.REPLAY, Mode.ONCE, Mode.RECORD_MISSING]),
        counts=st.lists(st.integers(0, 3), min_size=3, max_size=3),
    )
    def start(self, mode: Mode, counts: list[int]) -> None:
        """Record some takes of three prompts, and open them."""
        self.mode = mode
        self.left = {prompt: list(range(count)) for prompt, count in zip("abc", counts, strict=True)}
        self.counts = {prompt: len(numbers) for prompt, numbers in self.left.items()}
        calls: dict[str, list[Outcome]] = {
            prompt: [Completion(f"{prompt} {n}") for n in numbers] for prompt, numbers in self.left.items()
        }
        self.forwarded = dict.fromkeys("abc", 0)
        self.refused = 0
        self.player = Player(mode, recorded(calls))

    @rule(prompt=st.sampled_from("abc"))
    def ask(self, prompt: str) -> None:
        """Ask, and compare."""
        decision = self.player.begin(key(prompt))
        if self.left[prompt]:
            assert outcome_of(decision) == Completion(f"{prompt} {self.left[prompt].pop(0)}")
        elif self.mode is Mode.RECORD_MISSING:
            assert decision == Forward(store=True, n=self.counts[prompt] + self.forwarded[prompt])
            self.forwarded[prompt] += 1
        else:
            assert decision == Refuse(exhausted=self.counts[prompt] > 0, takes=self.counts[prompt])

    @invariant()
    def counts_hold(self) -> None:
        """What was played and what was not make up the cassette."""
        if hasattr(self, "player"):
            total = sum(self.counts.values())
            report = self.player.ledger.report(mode="replay", cassette="x", calls=total)
            assert report.unplayed == sum(map(len, self.left.values()))
            assert report.played + report.unplayed == total


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
