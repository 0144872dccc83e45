"""Which session a request at the wire seam belongs to, if any."""

from __future__ import annotations

from playhead.core.hosts import host_in
from playhead.errors import ReplayRefused
from playhead.sessions import routing
from playhead.sessions.inside import any_inside, is_inside
from playhead.sessions.session import Session


def session_for(host: str, port: int | None) -> Session | None:
    """
    Give the session that a request to a host passes through; ``None`` where it goes out as it is.

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
        raise _refusal(unclear, host) from None
    if session is None or host_in(session.options.ignore_hosts, host, port):
        return None
    if not routing.is_in_context() and any_inside():
        # A thread of a provider's own, which carries no mark, while a wrapped provider is being called.
        return None
    return session


def _refusal(unclear: routing.Unclear, host: str) -> ReplayRefused:
    attempt = f"a call to {host} came from a thread of no session"
    for session in unclear.sessions:
        session.note_blocked(attempt)
    names = ", ".join(repr(str(session.path)) for session in unclear.sessions)
    return ReplayRefused(
        f"{attempt}, and several stand side by side: {names}",
        hint="start the thread's work with contextvars.copy_context().run(...), or open one session at a time",
    )
