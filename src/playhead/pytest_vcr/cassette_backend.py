"""Cassettes of our own behind the mark ``vcr``: the wire seam instead of vcrpy's patches, bodies matched."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from playhead.core.modes import Mode
from playhead.engine.takes import Takes
from playhead.errors import RecordingError, UsageError
from playhead.pytest_vcr.joining import FirstTakes, Joined
from playhead.pytest_vcr.judging import STATE, State
from playhead.pytest_vcr.marks import Wish
from playhead.pytest_vcr.session import VcrSession
from playhead.pytest_vcr.sources import Source, opened, own_target, sources_of
from playhead.pytest_vcr.tape import Tape
from playhead.pytest_vcr.terms import Terms, terms_of
from playhead.sessions.settings import SessionOptions

MODES = {
    "none": Mode.REPLAY,
    "once": Mode.ONCE,
    "new_episodes": Mode.RECORD_MISSING,
    "all": Mode.RECORD,
    "rewrite": Mode.RECORD,
}
"""Our word for each of vcrpy's."""

_OTHER_PLUGIN = ("playhead", "playhead.pytest_plugin.plugin")
"""The names, loaded by itself and by hand, of the plugin whose fixtures say what is redacted and what is loosened."""


@contextmanager
def used(wish: Wish, request: pytest.FixtureRequest) -> Generator[Tape]:
    """
    Open the cassettes of a test.

    Args:
        wish: Which, and how.
        request: The test's.

    Yields:
        What the test's fixture is.

    Raises:
        pytest.UsageError: Something of the configuration cannot be honoured.
        CassetteError: A cassette cannot be read.
    """
    item: pytest.Item = request.node
    terms = terms_of(wish.config, request.config)
    try:
        session = _session(wish, terms, request)
    except (UsageError, RecordingError) as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from error
    state = item.stash[STATE] = State(session)
    try:
        yield Tape(session, wish.mode)
    finally:
        state.judge_rest()
        session.close(ok=state.ended_well)


def _session(wish: Wish, terms: Terms, request: pytest.FixtureRequest) -> VcrSession:
    mode, sources, own = MODES[str(wish.mode)], sources_of(wish), own_target(wish)
    if mode is Mode.ONCE and sources:
        mode = Mode.REPLAY  # what was there when the test began is only replayed
    if mode is Mode.RECORD:
        _claim(own, request)
    joined = _joined(mode, sources, terms, request.config, own)
    options = SessionOptions(
        record_command=f"pytest --record-mode=new_episodes {request.node.nodeid!r}",
        ignore_hosts=terms.ignore_hosts,
        takes=Takes.CYCLE if terms.repeats else Takes.SEQUENCE,
        **_of_project(request),
    )
    session = VcrSession(
        own, mode, options, joined=joined, change_sent=terms.change_sent, change_answer=terms.change_answer
    )
    if joined is not None and sources:
        session.path = sources[0].path  # what a refusal names is the file that was read
    return session


_CLAIMED = pytest.StashKey[dict[Path, str]]()


def _claim(own: Path, request: pytest.FixtureRequest) -> None:
    """Have a cassette recorded anew by one test: a second one would take the first one's calls away."""
    claimed = request.config.stash.setdefault(_CLAIMED, {})
    test = request.node.nodeid
    first = claimed.setdefault(own, test)
    if first != test:
        raise UsageError(
            f"{str(own)!r} was recorded anew by {first!r} in this run, and this test would replace that",
            hint="give each a cassette of its own, or record a shared one with --record-mode=new_episodes",
        )


def _joined(mode: Mode, sources: list[Source], terms: Terms, config: pytest.Config, own: Path) -> Joined | None:
    """Give what is read, where that is not the own cassette alone."""
    others = [source for source in sources if source.path != own]
    if mode is Mode.RECORD_MISSING and others:
        if others[0].is_ours or len(others) > 1:
            raise UsageError(
                "a test that reads several cassettes cannot record what is missing",
                hint="--record-mode=none, or record it with one cassette",
            )
        raise UsageError(
            f"{str(others[0].path)!r} is a cassette of vcrpy's, and what is missing would be recorded beside it",
            hint="convert it first: playhead convert-vcr FOLDER --write",
        )
    if mode is not Mode.REPLAY or not (others or terms.repeats):
        return None
    return (FirstTakes if terms.repeats else Joined)([opened(source, config) for source in sources])


def _of_project(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give what the fixtures of the other plugin say, where it is loaded."""
    if not any(map(request.config.pluginmanager.has_plugin, _OTHER_PLUGIN)):
        return {}
    given = {
        "redactor": request.getfixturevalue("playhead_redactor"),
        "matching": request.getfixturevalue("playhead_matching"),
    }
    return {name: value for name, value in given.items() if value is not None}
