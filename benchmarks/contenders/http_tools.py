"""Recorders of HTTP as their users meet them: a block round code that uses an HTTP client."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from playhead import ManualClock


class Tool(Protocol):
    """
    A recorder.

    Attributes:
        file_name: What it writes.
        by_order: Whether what is asked is no part of what it matches, so that answers come in the order of recording.
        searches: Whether an answer takes a look through the list of recorded calls.
    """

    file_name: str
    by_order: bool
    searches: bool

    def preload(self) -> None:
        """Import everything that a block imports, and no more."""
        ...

    def recording(self, path: Path, clock: ManualClock | None = None) -> AbstractContextManager[Any]:
        """Give a block that records into a new file."""
        ...

    def replaying(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block that replays, and lets nothing out."""
        ...

    def default(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block as the tool's own documentation opens it: replay what is there, record what is not."""
        ...

    def again(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block over a file that need not be read again, all of its answers to come."""
        ...

    def around(self, library: ModuleType, mock: Any) -> Any:
        """Give the transport for a client whose answers a mock gives, so that they are recorded."""
        ...


class PlayheadTool:
    """Playhead."""

    by_order = False
    searches = False

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name

    def preload(self) -> None:
        """Open a session on nothing: it imports the edges of the clients that are loaded."""
        import playhead

        for name in ("use_cassette", "transport"):  # public names are loaded when they are first used
            getattr(playhead, name)
        with playhead.use_cassette("/nonexistent.cassette", mode="live"):
            pass

    def recording(self, path: Path, clock: ManualClock | None = None) -> AbstractContextManager[Any]:
        """Give a block that records into a new file."""
        import playhead

        path.unlink(missing_ok=True)
        if clock is None:
            return playhead.use_cassette(path, mode="record")
        return playhead.use_cassette(path, mode="record", clock=clock)

    def replaying(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block that replays."""
        import playhead

        return playhead.use_cassette(path, mode="replay")

    def default(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block that records once, which is the others' default."""
        import playhead

        return playhead.use_cassette(path, mode="once")

    def again(self, path: Path) -> AbstractContextManager[Any]:
        """Open the file: no part of it is read before it is asked for."""
        return self.replaying(path)

    def around(self, library: ModuleType, mock: Any) -> Any:
        """Put our transport round the mock; mocks are left alone otherwise."""
        import playhead

        return playhead.transport(inner=mock, library=library)


class VcrpyTool:
    """vcrpy."""

    def __init__(self, serializer: str, matching: str) -> None:
        import vcr

        from benchmarks.contenders.vcrpy import same_body

        self._mode = vcr.mode
        self.file_name = f"golden.{serializer}"
        self.by_order = matching == "default"
        self.searches = True
        self.recorder = vcr.VCR(serializer=serializer)
        if matching == "same_body":
            self.recorder.register_matcher("same_body", same_body)
            self.recorder.match_on = ("same_body",)
        elif matching == "body":
            self.recorder.match_on = ("method", "uri", "body")
        self._loaded: dict[Path, Any] = {}

    def preload(self) -> None:
        """Import the stubs that a block imports."""
        with self.recorder.use_cassette("/nonexistent.yaml", record_mode=self._mode("none")):
            pass

    def recording(self, path: Path, clock: ManualClock | None = None) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Give a block that records into a new file."""
        path.unlink(missing_ok=True)
        block: AbstractContextManager[Any] = self.recorder.use_cassette(str(path), record_mode=self._mode("once"))
        return block

    def replaying(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block that replays."""
        block: AbstractContextManager[Any] = self.recorder.use_cassette(str(path), record_mode=self._mode("none"))
        return block

    def default(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block with no mode named, which is ``once``."""
        block: AbstractContextManager[Any] = self.recorder.use_cassette(str(path))
        return block

    @contextmanager
    def again(self, path: Path) -> Generator[None]:
        """Put in vcrpy's patches for a cassette that was loaded before."""
        from vcr.cassette import Cassette
        from vcr.patch import CassettePatcherBuilder

        from benchmarks.contenders.vcrpy import NOT_OF_CASSETTE

        cassette: Any = self._loaded.get(path)
        if cassette is None:
            settings = self.recorder.get_merged_config(path=str(path), record_mode=self._mode("none"))
            kept = {name: value for name, value in settings.items() if name not in NOT_OF_CASSETTE}
            cassette = self._loaded[path] = Cassette.load(**kept)
        cassette.rewind()
        with ExitStack() as stack:
            for patch in CassettePatcherBuilder(cassette).build():
                stack.enter_context(patch)
            yield

    def around(self, library: ModuleType, mock: Any) -> Any:  # noqa: ARG002 - one shape for all
        """Give the mock: vcrpy patches it itself."""
        return mock


class CassetterTool:
    """cassetter."""

    searches = True

    def __init__(self, matching: str) -> None:
        from cassetter import Cassetter

        self._settings: Any = Cassetter
        self.file_name = "golden.yaml"
        self.by_order = matching == "default"
        self._match_on = ["method", "uri", "body"] if matching == "body" else None

    def preload(self) -> None:
        """Everything is imported with it."""

    def _block(self, path: Path, record_mode: str | None) -> AbstractContextManager[Any]:
        settings = self._settings(record_mode=record_mode, match_on=self._match_on)
        block: AbstractContextManager[Any] = settings.use_cassette(path)
        return block

    def recording(self, path: Path, clock: ManualClock | None = None) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Give a block that records into a new file."""
        path.unlink(missing_ok=True)
        return self._block(path, "once")

    def replaying(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block that replays."""
        return self._block(path, "none")

    def default(self, path: Path) -> AbstractContextManager[Any]:
        """Give a block with no mode named, which is ``once``."""
        return self._block(path, None)

    def again(self, path: Path) -> AbstractContextManager[Any]:
        """Read the file: what has been played is counted in what was loaded."""
        return self.replaying(path)

    def around(self, library: ModuleType, mock: Any) -> Any:  # noqa: ARG002 - one shape for all
        """Give the mock: clients made in a block have their transports wrapped."""
        return mock


_HOMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Playhead": ("PlayheadTool", ("golden.cassette",)),
    "vcrpy YAML": ("VcrpyTool", ("yaml", "default")),
    "vcrpy JSON": ("VcrpyTool", ("json", "default")),
    "vcrpy YAML, bodies matched": ("VcrpyTool", ("yaml", "body")),
    "vcrpy YAML, body ==": ("VcrpyTool", ("yaml", "same_body")),
    "cassetter": ("CassetterTool", ("default",)),
    "cassetter, bodies matched": ("CassetterTool", ("body",)),
}
NAMES = tuple(_HOMES)
SAME_FILE = {
    "vcrpy YAML, bodies matched": "vcrpy YAML",
    "vcrpy YAML, body ==": "vcrpy YAML",
    "cassetter, bodies matched": "cassetter",
}
"""Tools that differ in matching alone read what the plain one recorded."""


def tool(name: str) -> Tool:
    """
    Load a tool.

    Raises:
        ImportError: Its library is not installed.
    """
    factory, arguments = _HOMES[name]
    made: Tool = getattr(importlib.import_module(__name__), factory)(*arguments)
    return made
