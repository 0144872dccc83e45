"""What the tests of the wire seam share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.calling import Caller, library_named
from tests.wire.server import Server

from playhead.sessions import routing
from playhead.wire.imports import Watch
from playhead.wire.seam import SEAM


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server for a test."""
    with Server() as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "golden.cassette"


@pytest.fixture
def caller(request: pytest.FixtureRequest) -> Caller:
    """Give what asks, by library and shape."""
    library, shape = getattr(request, "param", ("httpx", "sync"))
    return Caller(library_named(library), shape)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """After every test the process is as it was: no session open, no variable changed, nobody waiting for imports."""
    before = proxies()
    yield
    assert routing.sessions() == ()
    assert (SEAM._count, SEAM._in) == (0, {})
    assert proxies() == before
    # A library that a test imports may leave finders of its own.
    assert not any(isinstance(finder, Watch) for finder in sys.meta_path)


def proxies() -> dict[str, str]:
    """Give the variables that name proxies."""
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
