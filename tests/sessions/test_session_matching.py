"""Rules for matching in a session: stored with the cassette, bound both ways, the same evidence every time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import playhead
from playhead import CompletionRequest, Matching, NoMatch, UsageError

RULES = Matching(volatile=("uuid",), ignore=("user",))


class Echo:
    """Answers with what it was asked, whole and in pieces."""

    def complete(self, request: CompletionRequest) -> playhead.Completion:
        return playhead.Completion(f"you said {request.prompt}", model="m", finish_reason="stop")

    def stream(self, request: CompletionRequest) -> Iterator[str]:
        # Pieces of three characters, so that every id is cut in many.
        text = f"you said {request.prompt}"
        yield from (text[at : at + 3] for at in range(0, len(text), 3))


def ask(*ids: object) -> CompletionRequest:
    """Give a request that names ids, from a user of its own."""
    return CompletionRequest("about " + " and ".join(map(str, ids)), params={"user": str(uuid.uuid4())})


def golden(path: Path, *ids: object, mode: str = "record") -> playhead.Cassette:
    """Record one call, whole and streamed."""
    with playhead.use_cassette(path, mode=mode, matching=RULES) as session:
        provider = session.wrap(Echo(), name="p")
        provider.complete(ask(*ids))
        list(provider.stream(ask(*ids)))
    return playhead.open_cassette(path)


def test_the_live_ids_stand_in_the_replayed_answer(tmp_path: Path) -> None:
    """A program that makes its ids anew gets an answer about its own ids; the rules come from the cassette."""
    golden(tmp_path / "a.cassette", uuid.uuid4(), uuid.uuid4())
    one, other = uuid.uuid4(), uuid.uuid4()
    with playhead.use_cassette(tmp_path / "a.cassette", strict=True) as session:
        provider = session.wrap(None, name="p")
        assert provider.complete(ask(one, other)).text == f"you said about {one} and {other}"
        assert "".join(provider.stream(ask(other, one))) == f"you said about {other} and {one}"


def test_two_ids_never_become_one(tmp_path: Path) -> None:
    """Where two ids were asked about, one id twice is another question."""
    golden(tmp_path / "a.cassette", uuid.uuid4(), uuid.uuid4())
    one = uuid.uuid4()
    with playhead.use_cassette(tmp_path / "a.cassette") as session, pytest.raises(NoMatch, match="uuid 2"):
        session.wrap(None, name="p").complete(ask(one, one))


def test_recording_again_with_new_ids_leaves_the_file_alone(tmp_path: Path) -> None:
    """New ids are no new evidence: not a byte of the cassette changes."""
    path = tmp_path / "a.cassette"
    digest = golden(path, uuid.uuid4()).digest
    before = path.read_bytes()
    assert golden(path, uuid.uuid4()).digest == digest
    assert path.read_bytes() == before


def test_the_recorded_values_are_shown(tmp_path: Path) -> None:
    """Who reads the cassette sees the call as it was made: ids, ignored parameters, pieces."""
    asked = uuid.uuid4()
    for call in golden(tmp_path / "a.cassette", asked):
        assert call.request.prompt == f"about {asked}"
        assert uuid.UUID(call.request.params["user"])
        assert call.evidence.text == f"you said about {asked}"


def test_a_lookup_goes_by_the_rules(tmp_path: Path) -> None:
    """``lookup`` finds a call by a request with other ids."""
    cassette = golden(tmp_path / "a.cassette", uuid.uuid4())
    assert len(cassette.lookup(ask(uuid.uuid4()), provider="p")) == 1


def test_other_rules_than_the_cassettes_are_refused(tmp_path: Path) -> None:
    """Keys computed under other rules would match nothing, or something else."""
    golden(tmp_path / "a.cassette", uuid.uuid4())
    for mode in ("replay", "once", "record-missing"):
        with pytest.raises(UsageError, match="was recorded under"):
            playhead.use_cassette(tmp_path / "a.cassette", mode=mode, matching=Matching(volatile=("date",))).open()


def test_policies_may_be_given_anew(tmp_path: Path) -> None:
    """What may drift is no part of any key, so a replay may be stricter or looser than the recording."""
    golden(tmp_path / "a.cassette", uuid.uuid4())
    looser = Matching(volatile=RULES.volatile, ignore=RULES.ignore, drift={"messages": "ignore"})
    with playhead.use_cassette(tmp_path / "a.cassette", matching=looser) as session:
        assert session.wrap(None, name="p").complete(CompletionRequest("anything")).text.startswith("you said")


def test_record_missing_goes_on_under_the_cassettes_rules(tmp_path: Path) -> None:
    """A session that names no rules records under those that are there, and replays what is known under them."""
    path = tmp_path / "a.cassette"
    golden(path, uuid.uuid4())
    with playhead.use_cassette(path, mode="record-missing") as session:
        provider = session.wrap(Echo(), name="p")
        provider.complete(ask(uuid.uuid4()))
        provider.complete(ask(uuid.uuid4(), uuid.uuid4()))
        assert (session.report().played, session.report().recorded) == (1, 1)
    cassette = playhead.open_cassette(path)
    assert cassette.matching() == RULES
    assert len(cassette) == 3


def test_recording_with_exact_rules_drops_the_old_ones(tmp_path: Path) -> None:
    """A new recording stands under the rules it was made by."""
    path = tmp_path / "a.cassette"
    golden(path, uuid.uuid4())
    with playhead.use_cassette(path, mode="record", matching=Matching()) as session:
        session.wrap(Echo(), name="p").complete(ask(uuid.uuid4()))
    assert playhead.open_cassette(path).matching() == Matching()


def test_rules_survive_a_crash(tmp_path: Path) -> None:
    """A journal holds its rules, so what is recovered can be replayed."""
    path = tmp_path / "a.cassette"
    session = playhead.use_cassette(path, mode="record", matching=RULES).open()
    session.wrap(Echo(), name="p").complete(ask(uuid.uuid4()))
    session.abandon()
    from playhead.store.recovering import recover

    recover([path], tmp_path / "b.cassette", scan=lambda _: ())
    with playhead.use_cassette(tmp_path / "b.cassette", strict=True) as again:
        one = uuid.uuid4()
        assert str(one) in again.wrap(None, name="p").complete(ask(one)).text


def test_sessions_of_one_run_must_agree(tmp_path: Path) -> None:
    """Two sessions that record side by side under other rules are told, and nothing of either is lost."""
    path = tmp_path / "a.cassette"
    first = playhead.use_cassette(path, mode="record", matching=RULES, wire=False).open()
    second = playhead.use_cassette(path, mode="record", wire=False).open()
    for session in (first, second):
        session.wrap(Echo(), name="p").complete(ask(uuid.uuid4()))
    first.close()
    with pytest.raises(playhead.RecordingError, match="different rules for matching"):
        second.close()
    assert len(list(tmp_path.glob("a.cassette.j-*"))) == 2
