"""One SDK client for each handle, however many workers share it."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from playhead.errors import UsageError
from playhead.plugins.backends import ModelHandle

C = TypeVar("C")


class _Slot:
    """The place of one client: a lock of its own, so that one that is slow to build holds up no other."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.built = False
        self.client: Any = None


class SdkClientRegistry:
    """Keeps clients by handle, safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[ModelHandle, _Slot] = {}

    def __len__(self) -> int:
        return sum(slot.built for slot in list(self._slots.values()))

    def get_or_create(self, *, handle: ModelHandle, build: Callable[[], C]) -> C:
        """
        Give the client of a handle; the first call builds it, and a ``None`` is a client too.

        Raises:
            Exception: ``build`` raised; the next call tries again.
        """
        with self._lock:
            slot = self._slots.setdefault(handle, _Slot())
        with slot.lock:
            if not slot.built:
                slot.client = build()
                slot.built = True
            return cast("C", slot.client)

    def teardown(self) -> None:
        """
        Close every client and forget it.

        Raises:
            UsageError: Some are to be closed with ``await``; they are kept, all others are closed.
        """
        waiting = [handle for handle, client in self._built() if _closes_later(client)]
        for handle, client in self._built():
            if handle not in waiting:
                self._forget(handle)
                _close(client)
        if waiting:
            names = ", ".join(handle.sdk_handle for handle in waiting)
            raise UsageError(f"the clients of {names} are closed with await", hint="await sdk_clients.aclose()")

    async def aclose(self) -> None:
        """Close every client, awaiting those that want it, and forget it."""
        for handle, client in self._built():
            self._forget(handle)
            ended = _close(client)
            if inspect.isawaitable(ended):
                await ended

    def _built(self) -> list[tuple[ModelHandle, Any]]:
        with self._lock:
            return [(handle, slot.client) for handle, slot in self._slots.items() if slot.built]

    def _forget(self, handle: ModelHandle) -> None:
        with self._lock:
            self._slots.pop(handle, None)


def _close(client: Any) -> Any:
    method = getattr(client, "aclose", None) or getattr(client, "close", None)
    return method() if callable(method) else None


def _closes_later(client: Any) -> bool:
    return any(inspect.iscoroutinefunction(getattr(client, name, None)) for name in ("aclose", "close"))
