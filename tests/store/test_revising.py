"""Revising a cassette: the calls named give way, all else stays to the byte, and a failure leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.harness.comparing_parts import QUESTIONS, but, record, with_fields

import playhead
from playhead import ManualClock, RecordingError, SecretFound, UsageError
from playhead.format.assembly import whole_entries
from playhead.format.entries import Entry, at_take
from playhead.store import revising
from playhead.store.cassette import open_cassette
from playhead.store.revising import keep_calls, revise
from playhead.store.verifying import verify


def nothing(entry: Entry) -> Iterable[tuple[str, str]]:
    """Find no credential."""
    return ()


def calls(path: Path) -> dict[tuple[bytes, int], Entry]:
    """Give every call by its place."""
    return {entry.place: entry for entry in whole_entries(open_cassette(path).reader) if entry.is_call}


def later() -> ManualClock:
    """Give a clock of another month."""
    clock = ManualClock()
    clock.sleep(86_400 * 40)
    return clock


@pytest.mark.parametrize("name", ["golden.cassette", "golden.cassette.json"])
def test_only_the_calls_named_give_way(tmp_path: Path, name: str) -> None:
    """The others keep their canonical bytes, dates too; the file is sound and of its profile."""
    golden = record(tmp_path / name)
    fresh = calls(record(tmp_path / "fresh.cassette", but(question_1=with_fields(text="New.")), clock=later()))
    before = calls(golden)
    place = next(place for place, entry in fresh.items() if b"New." in entry.data)
    done = revise(golden, {place: fresh[place]}, digest=open_cassette(golden).digest, scan=nothing)
    after = calls(golden)
    assert after == {**before, place: fresh[place]}
    assert (done.replaced, done.digest) == (1, open_cassette(golden).digest)
    assert not verify(golden).faults
    assert open_cassette(golden).profile == ("text" if name.endswith("json") else "sealed")


def test_an_answer_that_says_the_same_renews_the_date(tmp_path: Path) -> None:
    """Whoever accepts it says that it still holds; the evidence is what it was."""
    golden, again = record(tmp_path / "golden.cassette"), record(tmp_path / "fresh.cassette", clock=later())
    digest, fresh = open_cassette(golden).digest, calls(again)
    place = min(fresh)
    revise(golden, {place: fresh[place]}, digest=digest, scan=nothing)
    assert open_cassette(golden).digest == digest
    dates = sorted(str(one.recorded_on) for one in playhead.open_cassette(golden))
    assert dates == ["2026-01-01"] * 5 + ["2026-02-10"]


def test_what_cannot_be_revised_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another golden by now, a call that is not in it, a credential, a full disk: an error, and no byte changed."""
    golden = record(tmp_path / "golden.cassette")
    fresh = calls(record(tmp_path / "fresh.cassette", but(question_1=with_fields(text="New."))))
    other = calls(record(tmp_path / "other.cassette", questions=[playhead.CompletionRequest("other")]))
    digest, before = open_cassette(golden).digest, golden.read_bytes()
    with pytest.raises(RecordingError, match="has changed since"):
        revise(golden, fresh, digest="0" * 64, scan=nothing)
    with pytest.raises(UsageError, match="there is no call"):
        revise(golden, other, digest=digest, scan=nothing)
    place = min(fresh)
    with pytest.raises(UsageError, match="there is no call"):
        revise(golden, {place: at_take(fresh[place], 1)}, digest=digest, scan=nothing)
    with pytest.raises(SecretFound):
        revise(golden, fresh, digest=digest, scan=lambda entry: [("call.outcome", "a rule")])

    def full(*args: object, **more: object) -> None:
        raise RecordingError("cannot write: no space left on device")

    monkeypatch.setattr(revising, "write_assembly", full)
    with pytest.raises(RecordingError, match="no space left"):
        revise(golden, fresh, digest=digest, scan=nothing)
    assert golden.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {
        *("golden.cassette", "fresh.cassette", "other.cassette", ".playhead.lock")
    }


def test_calls_can_be_left_out(tmp_path: Path) -> None:
    """The takes that stay are numbered without a gap; where all stay the file is not touched."""
    texts = iter("abc")
    path = record(tmp_path / "a.cassette", lambda request: with_fields(text=next(texts)), [QUESTIONS[0]] * 3)
    before = path.read_bytes()
    assert keep_calls(path, lambda entry: True) == 0
    assert path.read_bytes() == before
    assert keep_calls(path, lambda entry: b'"text":"b"' not in entry.data) == 1
    assert [(one.sequence, one.evidence.text) for one in playhead.open_cassette(path)] == [(0, "a"), (1, "c")]
    assert not verify(path).faults
