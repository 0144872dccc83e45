"""The fixtures: the session of a test, and each of its parts for a project to override."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from playhead.pytest_plugin.naming import CASSETTE_DIR, CASSETTE_NAME, folder_of, overridden, own_name
from playhead.pytest_plugin.playing import BLOCK, STATE, Playing, TestState
from playhead.pytest_plugin.wishes import Wish, network_wish, wish_of

if TYPE_CHECKING:
    from playhead.core.redaction import Redactor
    from playhead.providers.stub import CyclingStubInferenceProvider, StubInferenceProvider
    from playhead.sessions.session import Session

PLAYING = pytest.StashKey[Playing]()


def state_of_test(item: pytest.Item) -> TestState:
    """Give the state of a test, made of its markers where it is asked for first."""
    state = item.stash.get(STATE, None)
    if state is None:
        state = item.stash[STATE] = TestState(wish_of(item) or Wish())
    return state


@pytest.fixture
def playhead_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """Folder of the cassettes: ``cassettes`` beside the file of the test. Override it to keep them elsewhere."""
    item: pytest.Item = request.node
    return folder_of(item, state_of_test(item).wish.scope)


@pytest.fixture
def playhead_cassette_name(request: pytest.FixtureRequest) -> str:
    """Name of the test's own cassette below that folder: its module and name. A name in the marker wins."""
    item: pytest.Item = request.node
    return own_name(item, state_of_test(item).wish.scope)


@pytest.fixture(scope="session")
def playhead_settings() -> Mapping[str, Any]:
    """Options of every session, those of ``playhead.use_cassette``; none. Override it with a dict."""
    return {}


@pytest.fixture(scope="session")
def playhead_redactor() -> Redactor | None:
    """Rules of redaction beside the built-in ones; none. Override it with a ``playhead.Redactor``."""
    return None


@pytest.fixture(scope="session")
def playhead_matching() -> Any:
    """Rules that loosen the match; those each cassette was recorded under. Override it with a ``playhead.Matching``."""
    return None


@pytest.fixture
def playhead(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Session of this test: calls are replayed from the test's cassette, or recorded where the run says so."""
    item: pytest.Item = request.node
    playing = request.config.stash[PLAYING]
    wish = state_of_test(item).wish

    # A fixture takes pytest 40 us, so those a project left alone are not asked for.
    parts = {name: request.getfixturevalue(name) for name in overridden(item)}
    session = playing.open(
        item,
        folder=parts[CASSETTE_DIR] if CASSETTE_DIR in parts else folder_of(item, wish.scope),
        name=wish.cassette or parts.get(CASSETTE_NAME) or own_name(item, wish.scope),
        settings=parts.get("playhead_settings", {}),
        redactor=parts.get("playhead_redactor"),
        matching=parts.get("playhead_matching"),
    )
    yield session
    playing.leave(item)


@pytest.fixture
def playhead_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Shut the network for this test; what it reaches for fails it. The marker and the option ask for it."""
    from playhead.pytest_plugin.network import TestBlock
    from playhead.sessions import network

    item: pytest.Item = request.node
    run = request.config.stash[PLAYING].run
    block = item.stash[BLOCK] = TestBlock((*run.allowed_hosts, *(network_wish(item) or ())))
    network.shut(block)
    yield
    network.reopen(block)


@pytest.fixture
def playhead_provider(playhead: Session) -> Callable[..., Any]:
    """Factory: ``playhead_provider(provider, name=...)`` gives a provider whose calls pass through the session."""
    return playhead.wrap


@pytest.fixture
def playhead_stub() -> StubInferenceProvider:
    """Provider that gives the same answer for ever, an echo of what it is asked."""
    from playhead.providers.stub import StubInferenceProvider

    return StubInferenceProvider()


@pytest.fixture
def playhead_cycling_stub() -> CyclingStubInferenceProvider:
    """Provider that goes round three answers, whatever is asked."""
    from playhead.providers.stub import CyclingStubInferenceProvider

    return CyclingStubInferenceProvider()
