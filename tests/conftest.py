"""Settings that every test shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from playhead.providers import secrets
from playhead.sessions import routing

# Derandomised and without a database: a failure on one machine is a failure on all, and nothing is written.
settings.register_profile(
    "playhead",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("playhead")


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test remember its own secrets: one test's key would be masked in every later test's recordings."""
    monkeypatch.setattr(secrets, "_REMEMBERED", type(secrets._REMEMBERED)())


@pytest.fixture(autouse=True)
def _sessions_end() -> Iterator[None]:
    """Have each test end its sessions: one that stays open catches, or refuses, what later tests send."""
    yield
    left = routing.sessions()
    for session in left:
        session.abandon()
    assert left == (), "this test left a session open"
