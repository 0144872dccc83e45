"""
Whether this code runs inside a call that is recorded already, so that no call is recorded twice.

A wrapped provider that speaks HTTP is recorded at the provider seam, and a transport of ours that sends by another of
ours at the outer one. The mark follows tasks and ``asyncio.to_thread``. A thread of a provider's own starts without it;
``any_inside`` tells such a thread that some call is on its way.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar

_INSIDE: ContextVar[bool] = ContextVar("playhead_inside", default=False)
_lock = threading.Lock()
_under_way = 0


def is_inside() -> bool:
    """Tell whether this code runs inside a call that is recorded already."""
    return _INSIDE.get()


def any_inside() -> bool:
    """Tell whether some provider's call, in whatever thread, is being made for a recording."""
    return _under_way > 0


class inside:  # noqa: N801 - reads as a word in a with statement
    """
    Mark what runs in this block as part of a call that is recorded already.

    Args:
        own_threads: Whether the call may go on in threads of its own, which carry no mark: a provider's may, a
            transport sends in the thread it is called in. Only such calls are told by ``any_inside``, since threads of
            the user's own, which carry no mark either, must not be taken for theirs.
    """

    __slots__ = ("_own_threads", "_token")

    def __init__(self, *, own_threads: bool = False) -> None:
        self._own_threads = own_threads

    def __enter__(self) -> None:
        self._token = _INSIDE.set(True)
        if self._own_threads:
            _count(1)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._own_threads:
            _count(-1)
        _INSIDE.reset(self._token)


def _count(more: int) -> None:
    global _under_way  # noqa: PLW0603 - one count for the process is what it is
    with _lock:
        _under_way += more
