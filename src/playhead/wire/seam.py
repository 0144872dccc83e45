"""
The wire seam of a session: what is put in when it opens and taken out when it ends.

One set of patches serves all sessions of a process; which session a request is of is asked when it is made.
"""

from __future__ import annotations

import sys
import threading
from typing import Any, Protocol

from playhead.sessions import routing
from playhead.sessions.session import Session
from playhead.wire.guard import Guard
from playhead.wire.imports import Watch
from playhead.wire.waiting import SLEEPERS, Waits

_HTTPX = ("httpx", "httpx2")


class _Patch(Protocol):
    def put_in(self) -> None: ...

    def take_out(self) -> None: ...


class Seam:
    """The patches of this process, in while a session is open."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._count = 0
        self._made: dict[str, _Patch] = {}
        self._in: dict[str, _Patch] = {}
        self._watch: Watch | None = None
        self._guard = Guard()
        self._waits = Waits()

    def attach(self, session: Session) -> None:
        """Catch what HTTP clients send while a session is open; it is let go when the session ends."""
        with self._lock:
            if not self._count:
                self._start()
            self._count += 1
        session.on_close(lambda: self._detach(session))
        routing.enter(session)
        if session.never_live:
            if session.options.guard:
                self._guard.shut(session)
            if session.options.skip_waits:
                self._waits.skip(session)

    def _detach(self, session: Session) -> None:
        routing.leave(session)
        self._guard.open(session)
        self._waits.wait_again(session)
        with self._lock:
            self._count -= 1
            if not self._count:
                self._stop()

    def _start(self) -> None:
        for name in _HTTPX:
            if name in sys.modules:
                self._put_in(name)
        self._watch = Watch((*_HTTPX, *SLEEPERS), self._arrived)
        self._watch.start()

    def _stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        while self._in:
            self._in.popitem()[1].take_out()

    def _arrived(self, name: str) -> None:
        if name in SLEEPERS:
            self._waits.arrived(name)
        else:
            self._put_in(name)

    def _put_in(self, name: str) -> None:
        with self._lock:
            if name in self._in:
                return
            patch = self._made.get(name)
            if patch is None:
                patch = self._made[name] = _patch_for(name)
            patch.put_in()
            self._in[name] = patch


def _patch_for(name: str) -> Any:
    from playhead.wire.httpx_edge import Patch

    return Patch(sys.modules[name])


SEAM = Seam()
"""The one of this process."""
