"""Several cassettes as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead.core.calls import key_bytes
from playhead.core.matching import EXACT, Matching
from playhead.core.modes import Mode
from playhead.core.wire import Answer
from playhead.errors import UsageError
from playhead.interchange.recording import record_exchange
from playhead.interchange.source import Exchange, sent_from
from playhead.pytest_vcr.joining import FirstTakes, Joined
from playhead.sessions.clock import ManualClock
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.store.cassette import Cassette, open_cassette


def _cassette(path: Path, *calls: tuple[str, str], matching: Matching | None = None) -> Cassette:
    """Record answers to addresses."""
    session = Session(path, Mode.RECORD, SessionOptions(wire=False, clock=ManualClock(), matching=matching))
    for number, (place, answer) in enumerate(calls, 1):
        sent = sent_from("GET", f"http://one.test/{place}", b"")
        record_exchange(session, Exchange(number, sent, Answer(200, pieces=(answer.encode(),))))
    session.close()
    return open_cassette(path)


@pytest.fixture
def cassettes(tmp_path: Path) -> list[Cassette]:
    """Two cassettes that share a request."""
    return [
        _cassette(tmp_path / "a.cassette", ("a", "a0"), ("a", "a1"), ("b", "b0")),
        _cassette(tmp_path / "b.cassette", ("a", "a2"), ("c", "c0")),
    ]


def _key(joined: Joined, place: str) -> bytes:
    return next(
        bytes.fromhex(one.fingerprint) for one in joined if one.request.context["url"] == f"http://one.test/{place}"
    )


def _answers(joined: Joined, place: str, count: int) -> list[str | None]:
    found = []
    for n in range(count):
        entry = joined.get(_key(joined, place), n)
        answer = None if entry is None else joined.interaction(entry).answer
        found.append(None if answer is None else answer.content().decode())
    return found


def test_takes_follow_each_other(cassettes: list[Cassette]) -> None:
    """The takes of the first cassette come first, and each counts for itself."""
    joined = Joined(cassettes)
    assert len(joined) == 5
    assert _answers(joined, "a", 4) == ["a0", "a1", "a2", None]
    assert _answers(Joined(cassettes[::-1]), "a", 3) == ["a2", "a0", "a1"]
    key = _key(joined, "a")
    assert joined.takes(key) == 3
    entries = [joined.get(key, n) for n in range(3)]
    assert [(entry.n, key_bytes(entry.key) == key) for entry in entries if entry] == [(0, True), (1, True), (2, True)]


def test_outlines(cassettes: list[Cassette]) -> None:
    """Each call has one, by which its entry is found."""
    joined = Joined(cassettes)
    found = [joined.get(key, n) for key, n, _ in joined.outlines()]
    assert len({(entry.key, entry.n) for entry in found if entry is not None}) == 5


def test_first_takes(cassettes: list[Cassette]) -> None:
    """Each request has its first answer alone."""
    assert FirstTakes(cassettes).takes(_key(Joined(cassettes), "a")) == 1
    assert FirstTakes(cassettes).takes(bytes(32)) == 0


def test_rules(tmp_path: Path, cassettes: list[Cassette]) -> None:
    """The rules are those of all; cassettes of different rules are not joined in silence."""
    assert Joined([]).matching() == EXACT
    assert Joined(cassettes).matching() == EXACT
    other = _cassette(tmp_path / "c.cassette", ("a", "x"), matching=Matching(ignore=("params.seed",)))
    with pytest.raises(UsageError, match="was recorded under"):
        Joined([*cassettes, other]).matching()
