"""Dialects that are asked when no built-in one fits."""

from __future__ import annotations

from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.registry import DIALECTS
from playhead.wire.further import FurtherDialects

CHAT = Asked("POST", "/v1/acme", {"model": "a"})


def claiming(name: str, path: str) -> Dialect:
    """Give a dialect that claims a path."""
    return DIALECTS[0]._replace(provider=name, claims=lambda asked: asked.path == path)


def test_without_a_source_there_is_none() -> None:
    """Nobody offered any."""
    assert FurtherDialects().find(CHAT) is None


def test_the_first_that_claims_is_given() -> None:
    """The order is the source's."""
    further = FurtherDialects()
    further.offer(lambda: [claiming("other", "/v1/other"), claiming("acme", CHAT.path), claiming("late", CHAT.path)])
    found = further.find(CHAT)
    assert found is not None
    assert found.provider == "acme"
    assert further.find(CHAT._replace(path="/v1/none")) is None


def test_the_source_is_asked_no_sooner_than_needed() -> None:
    """Offering asks nothing; the last offer counts."""
    asked: list[str] = []
    further = FurtherDialects()
    further.offer(lambda: asked.append("first") or ())  # type: ignore[func-returns-value]
    further.offer(lambda: asked.append("second") or ())  # type: ignore[func-returns-value]
    assert asked == []
    further.find(CHAT)
    assert asked == ["second"]
