"""
Which session a call belongs to that names none: the one its context was opened in.

Tasks, ``asyncio.to_thread`` and callbacks carry their context. A thread that does not (a pool's, an SDK's own) belongs
to the innermost session if all that are open are nested in one another; where two stand side by side nobody can tell,
and the call is refused rather than guessed.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar

from playhead.sessions.session import Session

_CHAIN: ContextVar[tuple[Session, ...]] = ContextVar("playhead_sessions", default=())
_lock = threading.Lock()
# Each open session with those it was opened inside of, outermost first, itself last.
_open: dict[Session, tuple[Session, ...]] = {}


class Unclear(Exception):
    """
    Several sessions are open side by side, and this code runs in the context of none.

    Attributes:
        sessions: The sessions.
    """

    def __init__(self, sessions: tuple[Session, ...]) -> None:
        super().__init__(f"{len(sessions)} sessions are open side by side")
        self.sessions = sessions


def enter(session: Session) -> None:
    """Open a session for the code of this context, inside the one that is open there."""
    chain = (*_still_open(_CHAIN.get()), session)
    with _lock:
        _open[session] = chain
    _CHAIN.set(chain)


def leave(session: Session) -> None:
    """Close a session, in whatever context."""
    with _lock:
        _open.pop(session, None)
    _CHAIN.set(_still_open(_CHAIN.get()))


def current() -> Session | None:
    """
    Give the session that calls made here belong to; ``None`` where none is open.

    Raises:
        Unclear: Several are open and this code belongs to none of them.
    """
    if not _open:
        return None
    for session in reversed(_CHAIN.get()):
        if session in _open:
            return session
    with _lock:
        chains = tuple(_open.values())
    if not chains:
        return None
    longest = max(chains, key=len)
    if all(chain[-1] in longest for chain in chains):
        return longest[-1]
    raise Unclear(tuple(chain[-1] for chain in chains))


def replays_here() -> bool:
    """Tell whether this code runs in the context of a session that lets no call go out."""
    for session in reversed(_CHAIN.get()):
        if session in _open:
            return session.never_live
    return False


def is_in_context() -> bool:
    """Tell whether this code runs in the context of an open session, not in a thread that only belongs to one."""
    return any(session in _open for session in _CHAIN.get())


def sessions() -> tuple[Session, ...]:
    """Give every open session."""
    with _lock:
        return tuple(_open)


def _still_open(chain: tuple[Session, ...]) -> tuple[Session, ...]:
    return tuple(session for session in chain if session in _open)
