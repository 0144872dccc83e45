"""Dialects beside the built-in ones, from whoever offers some; asked only about requests that fit no built-in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playhead.dialects.dialect import Asked, Dialect


def _none() -> Sequence[Dialect]:
    return ()


class FurtherDialects:
    """A source of dialects that is asked when a request needs it, and remembers by itself what it found."""

    def __init__(self) -> None:
        self._source: Callable[[], Sequence[Dialect]] = _none

    def offer(self, source: Callable[[], Sequence[Dialect]]) -> None:
        """Ask this source from now on."""
        self._source = source

    def find(self, asked: Asked) -> Dialect | None:
        """
        Give the first dialect that claims a request, ``None`` where there is none.

        Raises:
            PluginError: The source's plugins are broken.
        """
        return next((one for one in self._source() if one.claims(asked)), None)


FURTHER = FurtherDialects()
"""The one of this process."""
