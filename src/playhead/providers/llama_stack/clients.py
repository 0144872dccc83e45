"""
HTTP clients that are kept: one for each event loop, address and key.

A provider has no state of its own for this, so that any class may be one: frozen, with slots, or pydantic's. A client
belongs to the event loop that opened its connections, and is let go with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Kept:
    """Clients by event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[asyncio.AbstractEventLoop, dict[Hashable, Any]] = {}

    def __repr__(self) -> str:
        return f"<clients of {len(self._open)} event loops>"

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """
        Give the running loop's client, made where there is none yet; outside of a loop a new one.

        Args:
            key: What tells clients apart.
            make: Makes one.
        """
        loop = _running()
        if loop is None:
            return make()
        with self._lock:
            for old in [one for one in self._open if one.is_closed()]:
                del self._open[old]
            mine = self._open.setdefault(loop, {})
            if key not in mine:
                mine[key] = make()
            client: T = mine[key]
            return client

    def take(self, key: Hashable) -> Any:
        """Give the running loop's client away, ``None`` where there is none."""
        loop = _running()
        with self._lock:
            return None if loop is None else self._open.get(loop, {}).pop(key, None)


KEPT = Kept()
"""Those of this process."""


def place_of(kind: str, url: str, key: str | None, further: Mapping[str, Any] | None = None) -> Hashable:
    """Give what tells clients apart: their kind, address and key, as a digest, and how else they are made."""
    return kind, hashlib.sha256(f"{url}\n{key or ''}".encode()).digest(), _hashable(further or {})


def _hashable(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        return tuple(sorted((name, _hashable(item)) for name, item in given.items()))
    # A client, or a time-out, is told apart by what it is.
    return value if isinstance(value, Hashable) else repr(value)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
