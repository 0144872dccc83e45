"""The session behind a mark ``vcr``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from playhead.core.modes import Mode
from playhead.core.wire import Answer
from playhead.errors import NoMatch
from playhead.pytest_vcr.joining import Joined
from playhead.pytest_vcr.session import VcrSession
from playhead.sessions.settings import SessionOptions
from playhead.store.cassette import open_cassette
from playhead.wire.exchange import Sent
from tests.pytest_vcr import projects


def _get(address: str) -> str:
    with httpx.Client(trust_env=False) as client:
        return client.get(address).text


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, str]:
    """A cassette with two calls, and the address of a server that is gone."""
    path = tmp_path / "a.cassette"
    with projects.loopback() as address:
        session = VcrSession(path, Mode.RECORD, SessionOptions())
        _get(f"{address}/one")
        _get(f"{address}/two")
        assert [one.request.context["url"] for one in session.fresh] == [f"{address}/one", f"{address}/two"]
        session.close()
    return path, address


def test_played_and_rewound(tmp_path: Path, recorded: tuple[Path, str]) -> None:
    """What is played is noted in its order, and may be played again after a rewind."""
    path, address = recorded
    session = VcrSession(path, Mode.REPLAY, SessionOptions())
    try:
        assert [_get(f"{address}/two"), _get(f"{address}/one")] == ["live /two", "live /one"]
        first = list(session.played)
        assert len(set(first)) == 2
        with pytest.raises(Exception, match="has been played"):
            _get(f"{address}/two")
        session.rewind()
        assert session.played == []
        assert _get(f"{address}/two") == "live /two"
        assert session.played == first[:1]
        assert session.report().unplayed == 1
    finally:
        session.close()


def test_joined(tmp_path: Path, recorded: tuple[Path, str]) -> None:
    """A session answers from what is joined, and names it in a refusal."""
    path, address = recorded
    joined = Joined([open_cassette(path), open_cassette(path)])
    session = VcrSession(tmp_path / "absent.cassette", Mode.REPLAY, SessionOptions(), joined=joined)
    try:
        assert [_get(f"{address}/one") for _ in range(2)] == ["live /one"] * 2
        assert (session.report().calls, session.report().unplayed) == (4, 2)
        with pytest.raises(NoMatch, match="holds 4 calls"):
            _get(f"{address}/three")
    finally:
        session.close()


def test_hooks(tmp_path: Path) -> None:
    """Hooks change what is stored, not what is sent nor what the client gets."""

    def change_sent(sent: Any) -> Any:
        return Sent(sent.method, sent.url + "-changed", sent.path + "-changed", sent.query, sent.body)

    def change_answer(answer: Answer) -> Answer:
        return answer._replace(pieces=(b"changed",))

    path = tmp_path / "a.cassette"
    with projects.loopback() as address:
        session = VcrSession(path, Mode.RECORD, SessionOptions(), change_sent=change_sent, change_answer=change_answer)
        assert _get(f"{address}/one") == "live /one"
        session.close()
    (one,) = open_cassette(path)
    assert one.answer is not None
    assert one.answer.content() == b"changed"
    assert one.request.context["url"] == f"{address}/one-changed"
