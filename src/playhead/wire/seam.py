"""
The wire seam of a session: what is put in when it opens and taken out when it ends.

One set of patches serves all sessions of a process; which session a request is of is asked when it is made.
"""

from __future__ import annotations

import importlib
import sys
import threading
from typing import Protocol

from playhead.sessions import routing
from playhead.sessions.session import Session
from playhead.wire.guard import Guard
from playhead.wire.imports import Watch
from playhead.wire.waiting import SLEEPERS, Waits

_EDGES = {
    "httpx": ("httpx_edge.Patch",),
    "httpx2": ("httpx_edge.Patch",),
    "http.client": ("vcr_bridge.ConnectionPatch",),
    "urllib3.connection": ("vcr_bridge.ConnectPatch",),
    "httplib2": ("vcr_bridge.ConnectPatch", "proxies.ProxyPatch"),
    "aiohttp.client": ("aiohttp_edge.Patch",),
    "aiohttp.helpers": ("proxies.ProxyPatch",),
    "vcr.stubs": ("vcr_beside.BesidePatch",),
    "vcr.patch": ("vcr_beside.OriginalsPatch",),
    "urllib.request": ("proxies.OpenerPatch",),
    "requests.utils": ("proxies.ProxyPatch",),
    "botocore.utils": ("proxies.ProxyPatch",),
}
"""Modules that are patched where they are loaded, with the patches of each; imported no sooner."""


class _Patch(Protocol):
    def put_in(self) -> None: ...

    def take_out(self) -> None: ...


class Seam:
    """The patches of this process, in while a session is open."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._count = 0
        self._made: dict[str, list[_Patch]] = {}
        self._in: dict[str, list[_Patch]] = {}
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
        for name in _EDGES:
            if name in sys.modules:
                self._put_in(name)
        self._watch = Watch((*_EDGES, *SLEEPERS), self._arrived)
        self._watch.start()

    def _stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        while self._in:
            for patch in reversed(self._in.popitem()[1]):
                patch.take_out()

    def _arrived(self, name: str) -> None:
        if name in SLEEPERS:
            self._waits.arrived(name)
        else:
            self._put_in(name)

    def _put_in(self, name: str) -> None:
        with self._lock:
            if name in self._in:
                return
            patches = self._made.get(name)
            if patches is None:
                patches = self._made[name] = _patches_for(name)
            for patch in patches:
                patch.put_in()
            self._in[name] = patches


def _patches_for(name: str) -> list[_Patch]:
    made: list[_Patch] = []
    for where in _EDGES[name]:
        module, _, patch = where.partition(".")
        made.append(getattr(importlib.import_module(f"playhead.wire.{module}"), patch)(sys.modules[name]))
    return made


SEAM = Seam()
"""The one of this process."""
