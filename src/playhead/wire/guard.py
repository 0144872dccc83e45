"""
The network, shut for what runs in a session that replays.

Three ways together: the clients that have an edge never reach their sockets; Python's own sockets are refused
(``playhead.sessions.network``); and the proxy variables lead nowhere, for clients written in C or Rust, which ask no
hook of Python's but mostly look at those.
"""

from __future__ import annotations

import os
import threading

from playhead.core.hosts import host_in, without_port
from playhead.sessions import network, routing
from playhead.sessions.session import Session

NOWHERE = "http://127.0.0.1:9"
"""The discard port of this machine, where nothing listens."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_EXEMPT = ("NO_PROXY", "no_proxy")
_KEYS = {name: os.environ.encodekey(name) for name in (*_PROXIES, *_EXEMPT)}


def leads_nowhere() -> bool:
    """Tell whether the proxy variables lead nowhere now."""
    return os.environ.get(_PROXIES[0]) == NOWHERE


class _SessionBlock:
    """Refuses what code of one session reaches for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        hosts = (*session.options.allowed_hosts, *session.options.ignore_hosts)
        self._allowed = network.AllowedHosts(hosts, [without_port(host) for host in hosts])

    def refuses(self, attempt: network.Attempt) -> bool:
        allowed = self._allowed
        if allowed.is_resolving():
            return False
        try:
            if routing.current() is not self._session:
                return False
        except routing.Unclear as unclear:
            # Event loops look names up in threads of no session; a name for one that may go out is no harm.
            if attempt.port is None and not all(session.never_live for session in unclear.sessions):
                return False
        if allowed.hosts and (
            host_in(allowed.hosts, attempt.host, attempt.port)
            or (attempt.port is None and host_in(allowed.names, attempt.host))
            or host_in(allowed.addresses(), attempt.host, attempt.port)
        ):
            return False
        self._session.note_blocked(attempt.words)
        return True


class Guard:
    """Shuts the network for sessions and opens it again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: dict[Session, _SessionBlock] = {}
        self._before: dict[str, str | None] = {}

    def shut(self, session: Session) -> None:
        """Shut the network for what runs in a session."""
        block = _SessionBlock(session)
        with self._lock:
            if not self._blocks:
                self._lead_nowhere()
            self._blocks[session] = block
            exempt = ",".join(
                host for one in self._blocks for host in (*one.options.allowed_hosts, *one.options.ignore_hosts)
            )
            for name in _EXEMPT:
                os.environ[name] = exempt
        network.shut(block)

    def open(self, session: Session) -> None:
        """Open the network again for what runs in a session, if it was shut."""
        with self._lock:
            block = self._blocks.pop(session, None)
            if block is None:
                return
            network.reopen(block)
            if not self._blocks:
                self._lead_back()

    def _lead_nowhere(self) -> None:
        self._before = {name: os.environ.get(name) if _is_set(name) else None for name in _KEYS}
        for name in _PROXIES:
            os.environ[name] = NOWHERE

    def _lead_back(self) -> None:
        for name, value in self._before.items():
            if value is not None:
                os.environ[name] = value
            elif _is_set(name):
                del os.environ[name]


def _is_set(name: str) -> bool:
    # Most of these are set nowhere, and os.environ takes 2 us to say so of each; the dict behind it knows at once.
    raw = getattr(os.environ, "_data", None)
    return name in os.environ if raw is None else _KEYS[name] in raw
