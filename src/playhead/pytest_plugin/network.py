"""The network, shut for tests: also for those without a cassette."""

from __future__ import annotations

import socket
import threading

from playhead.core.hosts import host_in
from playhead.sessions import network


class TestBlock:
    """
    Refuses what one test reaches for, until the test has a session: then that decides.

    Attributes:
        attempts: What was refused, each once, in order.
        is_open: Whether a session decides.
    """

    __test__ = False

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = allowed
        self._names = tuple(_without_port(host) for host in allowed)
        self._addresses: tuple[str, ...] | None = None
        self._resolving = threading.local()
        self.attempts: dict[str, None] = {}
        self.is_open = False

    def refuses(self, attempt: network.Attempt) -> bool:
        """Refuse what leads to no host that is allowed."""
        if self.is_open or getattr(self._resolving, "busy", False) or self._may_be_reached(attempt):
            return False
        self.attempts[attempt.words] = None
        return True

    def _may_be_reached(self, attempt: network.Attempt) -> bool:
        if not self._allowed:
            return False
        if attempt.port is None:
            # A name is looked up before anybody says to which port.
            return host_in(self._names, attempt.host)
        return host_in(self._allowed, attempt.host, attempt.port) or host_in(
            self._resolved(), attempt.host, attempt.port
        )

    def _resolved(self) -> tuple[str, ...]:
        """Give the addresses of the allowed hosts: a client looks a name up and connects to what it found."""
        if self._addresses is None:
            found: dict[str, None] = {}
            self._resolving.busy = True
            try:
                for allowed, name in zip(self._allowed, self._names, strict=True):
                    if "*" in name:
                        continue
                    try:
                        facts = socket.getaddrinfo(name, None)
                    except OSError:
                        continue
                    port = allowed[len(name) :]
                    found.update(dict.fromkeys(f"[{one[4][0]}]{port}" if port else str(one[4][0]) for one in facts))
            finally:
                self._resolving.busy = False
            self._addresses = tuple(found)
        return self._addresses


def _without_port(host: str) -> str:
    head, colon, tail = host.rpartition(":")
    return head if colon and tail.isdigit() and (":" not in head or head.endswith("]")) else host


def words(attempts: list[str]) -> str:
    """Say that a test reached for the network while it was shut."""
    return "\n".join(
        [
            *(f"{attempt} while the network is shut" for attempt in attempts),
            "hint: give the test a cassette (@pytest.mark.playhead), or let the host through with allowed_hosts=",
        ]
    )
