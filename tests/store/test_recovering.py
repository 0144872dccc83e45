"""Recovering: every whole call comes back, in a new file, and what was dropped is said."""

from __future__ import annotations

from pathlib import Path

import pytest

import playhead
from playhead import CassetteMissing, Completion, CompletionRequest, NotACassette, SecretFound, UsageError
from playhead.format.entries import Entry
from playhead.store.converting import convert
from playhead.store.journals import journal_paths
from playhead.store.recovering import recover


def no_scan(_: Entry) -> list[tuple[str, str]]:
    """Find nothing."""
    return []


class Numbered:
    """Answers with the prompt and how many calls it has had."""

    def __init__(self, start: int = 0) -> None:
        self.calls = start

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer."""
        self.calls += 1
        return Completion(f"{request.prompt} {self.calls}", model="m")


def record(path: Path, *prompts: str, start: int = 0, mode: str = "record") -> None:
    """Record a call for each prompt."""
    with playhead.record(Numbered(start), path, mode=mode) as provider:
        for prompt in prompts:
            provider.complete(CompletionRequest(prompt))


def crash(path: Path, *prompts: str, mode: str = "record-missing") -> Path:
    """Leave a journal as a process that was killed would."""
    session = playhead.use_cassette(path, mode=mode).open()
    provider = session.wrap(Numbered(50))
    for prompt in prompts:
        provider.complete(CompletionRequest(prompt))
    session.abandon()
    return journal_paths(path)[-1]


def texts(path: Path) -> list[str]:
    """Give the answers of a cassette."""
    return sorted(call.evidence.text for call in playhead.open_cassette(path))


def test_a_sound_cassette_comes_back_whole(tmp_path: Path) -> None:
    """Nothing is dropped of a file that holds, and the source is not changed."""
    path = tmp_path / "a.cassette"
    record(path, "one", "one", "two")
    before = path.read_bytes()
    found = recover([path], tmp_path / "new.cassette", scan=no_scan)
    assert (found.calls, found.dropped) == (3, ())
    assert path.read_bytes() == before
    assert playhead.open_cassette(tmp_path / "new.cassette").digest == playhead.open_cassette(path).digest


@pytest.mark.parametrize("name", ["a.cassette", "a.cassette.json"])
def test_a_file_cut_anywhere_gives_what_is_whole(tmp_path: Path, name: str) -> None:
    """From every prefix of a file come only calls that were in it, and from a long enough one some do."""
    path = tmp_path / name
    record(path, "one", "two", "three")
    whole, known = path.read_bytes(), texts(path)
    best = 0
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        new = tmp_path / f"new-{length}.cassette"
        try:
            found = recover([path], new, scan=no_scan)
        except NotACassette:
            continue
        assert set(texts(new)) <= set(known)
        assert found.calls == 3 or found.dropped or length < 200
        best = max(best, found.calls)
        new.unlink()
    assert best == 3


def test_a_damaged_call_costs_that_call(tmp_path: Path) -> None:
    """One flipped byte in a frame loses one call and names it."""
    path = tmp_path / "a.cassette"
    record(path, "one", "two", "three")
    row = next(playhead.open_cassette(path).reader.rows())
    data = bytearray(path.read_bytes())
    data[row.offset + row.length // 2] ^= 0xFF
    data[-1] ^= 0xFF
    path.write_bytes(data)
    found = recover([path], tmp_path / "new.cassette", scan=no_scan)
    assert found.calls == 2
    assert any("does not hold" in line for line in found.dropped)


def test_the_journals_beside_a_cassette_come_too(tmp_path: Path) -> None:
    """What a killed process acknowledged is added to what the cassette holds, a repeated request as a further take."""
    path = tmp_path / "a.cassette"
    record(path, "one")
    journal = crash(path, "two", "three")
    with journal.open("ab") as file:
        file.write(b"0000 torn")
    found = recover([path], tmp_path / "new.cassette", scan=no_scan)
    assert texts(tmp_path / "new.cassette") == ["one 1", "three 52", "two 51"]
    assert found.sources == (path, journal)
    assert found.dropped == (f"{journal.name}: a torn line of 9 bytes",)


def test_a_journal_without_a_cassette(tmp_path: Path) -> None:
    """The name of a cassette that was never sealed finds its journals, and a journal can be named itself."""
    path = tmp_path / "a.cassette"
    journal = crash(path, "one", mode="record")
    recover([path], tmp_path / "new.cassette", scan=no_scan)
    recover([journal], tmp_path / "other.cassette", scan=no_scan)
    assert texts(tmp_path / "new.cassette") == texts(tmp_path / "other.cassette") == ["one 51"]


def test_a_copied_journal_counts_once(tmp_path: Path) -> None:
    """A call that stands in two journals, as a resumed run may leave it, is one call."""
    path = tmp_path / "a.cassette"
    journal = crash(path, "one")
    journal.with_name(f"{journal.name[:-1]}x").write_bytes(journal.read_bytes())
    assert recover([path], tmp_path / "new.cassette", scan=no_scan).calls == 1


def test_both_sides_of_a_conflict_are_united(tmp_path: Path) -> None:
    """A text cassette with git's markers gives the calls of both branches; other answers to one request are takes."""
    ours, theirs = tmp_path / "ours.cassette.json", tmp_path / "theirs.cassette.json"
    record(ours, "both", "ours")
    record(theirs, "both", "theirs", start=10)
    one, two = ours.read_text(), theirs.read_text()
    head, tail = one[: one.index("{\n", 2)], "null]\n}\n"
    body = f"<<<<<<< HEAD\n{one[len(head) : -len(tail)]}=======\n{two[len(head) : -len(tail)]}>>>>>>> branch\n"
    path = tmp_path / "a.cassette.json"
    path.write_text(head + body + tail)
    with pytest.raises(playhead.CassetteDamaged, match="conflict"):
        playhead.open_cassette(path)
    found = recover([path], tmp_path / "new.cassette.json", scan=no_scan)
    assert found.dropped == ()
    assert texts(tmp_path / "new.cassette.json") == ["both 1", "both 11", "ours 2", "theirs 12"]


def test_two_branches_united_do_not_depend_on_the_order(tmp_path: Path) -> None:
    """Two cassettes give the same file whichever is named first."""
    one, two = tmp_path / "one.cassette", tmp_path / "two.cassette"
    record(one, "a", "b")
    record(two, "b", "c", start=7)
    recover([one, two], tmp_path / "x.cassette", scan=no_scan)
    recover([two, one], tmp_path / "y.cassette", scan=no_scan)
    assert (tmp_path / "x.cassette").read_bytes() == (tmp_path / "y.cassette").read_bytes()
    assert len(texts(tmp_path / "x.cassette")) == 4


def test_an_edit_by_hand_is_taken_over_when_asked(tmp_path: Path) -> None:
    """An edited entry is dropped by default; taken over, it says that it was edited and matches what it now asks."""
    path = tmp_path / "a.cassette.json"
    record(path, "one", "two")
    path.write_text(path.read_text().replace('"prompt": "one"', '"prompt": "uno"'))
    assert recover([path], tmp_path / "kept.cassette", scan=no_scan).calls == 1
    recover([path], tmp_path / "new.cassette", accept_edits=True, scan=no_scan)
    (call,) = playhead.open_cassette(tmp_path / "new.cassette").lookup(CompletionRequest("uno"))
    assert (call.origin, call.evidence.text) == (playhead.Origin.EDITED, "one 1")


def test_what_cannot_be_recovered_is_an_error(tmp_path: Path) -> None:
    """No source, nothing there, something else, a target in the way: each is said, and nothing is written."""
    new = tmp_path / "new.cassette"
    with pytest.raises(UsageError, match="nothing to recover"):
        recover([], new, scan=no_scan)
    with pytest.raises(CassetteMissing):
        recover([tmp_path / "none.cassette"], new, scan=no_scan)
    (tmp_path / "notes.txt").write_text("not a cassette at all")
    with pytest.raises(NotACassette):
        recover([tmp_path / "notes.txt"], new, scan=no_scan)
    assert not new.exists()
    record(new, "one")
    before = new.read_bytes()
    with pytest.raises(UsageError, match="there already"):
        recover([new], new, scan=no_scan)
    assert new.read_bytes() == before


def test_a_credential_stops_it(tmp_path: Path) -> None:
    """What the scan finds is refused before anything is written."""
    path = tmp_path / "a.cassette"
    record(path, "one")
    with pytest.raises(SecretFound):
        recover([path], tmp_path / "new.cassette", scan=lambda _: [("$.call", "shape")])
    assert not (tmp_path / "new.cassette").exists()


def test_from_one_profile_to_the_other(tmp_path: Path) -> None:
    """A damaged sealed file can be recovered into text, for a person to look at."""
    path = tmp_path / "a.cassette"
    record(path, "one", "two")
    path.write_bytes(path.read_bytes()[:-1])
    recover([path], tmp_path / "new.cassette.json", scan=no_scan)
    convert(tmp_path / "new.cassette.json", tmp_path / "back.cassette")
    assert texts(tmp_path / "back.cassette") == ["one 1", "two 2"]
