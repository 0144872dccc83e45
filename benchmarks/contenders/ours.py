"""Playhead, through its public names: a session, a wrapped provider, a sealed cassette."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import playhead
from benchmarks.contenders.base import Asked, Reader, Recorded
from playhead import Completion, CompletionRequest

NAME = "openai"


class Answering:
    """A provider that gives the answer it was told to; it counts as a live one."""

    origin = playhead.Origin.LIVE

    def __init__(self, clock: playhead.ManualClock | None = None) -> None:
        self.call: Recorded | None = None
        self._clock = clock

    def _next(self) -> Recorded:
        call = self.call
        assert call is not None
        if self._clock is not None:
            self._clock.sleep(call.latency_ms / 1000)
        return call

    def complete(self, request: CompletionRequest) -> Completion:  # noqa: ARG002 - the shape of a provider
        """Answer."""
        return self._next().completion

    def stream(self, request: CompletionRequest) -> Iterator[str]:  # noqa: ARG002 - the shape of a provider
        """Answer in pieces."""
        return _Pieces(self._next())


class _Pieces(Iterator[str]):
    """A stream as the reference provider gives it: pieces, and the completion they come to."""

    def __init__(self, call: Recorded) -> None:
        self._pieces = iter(call.pieces)
        self._whole = call.completion
        self.completion: Completion | None = None

    def __next__(self) -> str:
        for piece in self._pieces:
            return piece
        self.completion = self._whole
        raise StopIteration


class Playing:
    """A replaying session."""

    def __init__(self, path: Path) -> None:
        self._session = playhead.use_cassette(path, mode="replay").open()
        self.provider: Any = self._session.wrap(None, name=NAME)

    def answer(self, asked: Asked) -> str:
        """Give the recorded answer's text."""
        text: str = self.provider.complete(asked.request).text
        return text

    def close(self) -> None:
        """End the session."""
        self._session.close()


class Playhead:
    """Playhead in one of its profiles."""

    whole_file = False
    syncs = True

    def __init__(self, name: str, file_name: str) -> None:
        self.name = name
        self.file_name = file_name
        self.whole_file = file_name.endswith(".json")

    def preload(self) -> None:
        """Load the public names that opening needs; they are lazy."""
        for name in ("use_cassette", "CompletionRequest", "Completion", "open_cassette"):
            getattr(playhead, name)

    def record(
        self,
        folder: Path,
        calls: Iterable[Recorded],
        *,
        fsync: bool = False,
        clock: playhead.ManualClock | None = None,
    ) -> None:
        """Record through a wrapped provider and seal."""
        provider = Answering(clock)
        options: Any = {} if clock is None else {"clock": clock}
        with playhead.use_cassette(folder / self.file_name, mode="record", fsync=fsync, **options) as session:
            wrapped = session.wrap(provider, name=NAME)
            for call in calls:
                provider.call = call
                if call.pieces:
                    for _ in wrapped.stream(call.request):
                        pass
                else:
                    wrapped.complete(call.request)

    def open(self, folder: Path) -> Reader:
        """Open a session that replays."""
        return Playing(folder / self.file_name)
