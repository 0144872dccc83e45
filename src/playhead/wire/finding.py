"""Which session a request at the wire seam belongs to, if any."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from playhead.core.hosts import host_in
from playhead.errors import ReplayRefused
from playhead.sessions import routing
from playhead.sessions.inside import any_inside, is_inside
from playhead.sessions.session import Session


class Place(Protocol):
    """Where a request goes; asked for only where some hosts are let by."""

    @property
    def host(self) -> str:
        """The host's name or address."""
        ...

    @property
    def port(self) -> int | None:
        """The port, ``None`` for the scheme's own."""
        ...


class HostPort(NamedTuple):
    """A place whose facts are at hand."""

    host: str
    port: int | None


def session_for(place: Place) -> Session | None:
    """
    Give the session that a request to a place passes through; ``None`` where it goes out as it is.

    Raises:
        ReplayRefused: Several sessions are open side by side, and nothing tells which of them the call is of.
    """
    if is_inside():
        return None
    try:
        session = routing.current()
    except routing.Unclear as unclear:
        if any_inside():
            return None
        raise _refusal(unclear, place.host) from None
    if session is None:
        return None
    if is_ignored(session, place):
        return None
    if not routing.is_in_context() and any_inside():
        # A thread of a provider's own, which carries no mark, while a wrapped provider is being called.
        return None
    return session


def is_ignored(session: Session, place: Place) -> bool:
    """Tell whether a session lets requests to a place by."""
    ignored = session.options.ignore_hosts
    return bool(ignored) and host_in(ignored, place.host, _port_of(place))


def _port_of(place: Place) -> int | None:
    return place.port if place.port is not None else _PORTS.get(getattr(place, "scheme", ""))


_PORTS = {"http": 80, "https": 443}


def _refusal(unclear: routing.Unclear, host: str) -> ReplayRefused:
    attempt = f"a call to {host} came from a thread of no session"
    for session in unclear.sessions:
        session.note_blocked(attempt)
    names = ", ".join(repr(str(session.path)) for session in unclear.sessions)
    return ReplayRefused(
        f"{attempt}, and several stand side by side: {names}",
        hint="start the thread's work with contextvars.copy_context().run(...), or open one session at a time",
    )
