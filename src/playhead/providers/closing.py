"""What can be closed is a context manager, sync and async."""

from __future__ import annotations

import abc
from types import TracebackType
from typing import Self


class Closes(abc.ABC):
    """A context manager that closes itself at the end, whatever that was."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of what is held; nothing happens the second time."""


class AsyncCloses(abc.ABC):
    """The same for one event loop."""

    __slots__ = ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Let go of what is held; nothing happens the second time."""
