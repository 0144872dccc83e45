"""The network, shut for tests: also for those without a cassette."""

from __future__ import annotations

from playhead.core.hosts import host_in, without_port
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
        self._allowed = network.AllowedHosts(allowed, [without_port(host) for host in allowed])
        self.attempts: dict[str, None] = {}
        self.is_open = False

    def refuses(self, attempt: network.Attempt) -> bool:
        """Refuse what leads to no host that is allowed."""
        if self.is_open or self._allowed.is_resolving() or self._may_be_reached(attempt):
            return False
        self.attempts[attempt.words] = None
        return True

    def _may_be_reached(self, attempt: network.Attempt) -> bool:
        allowed = self._allowed
        if not allowed.hosts:
            return False
        if attempt.port is None:
            # A name is looked up before anybody says to which port.
            return host_in(allowed.names, attempt.host)
        return host_in(allowed.hosts, attempt.host, attempt.port) or host_in(
            allowed.addresses(), attempt.host, attempt.port
        )


def words(attempts: list[str]) -> str:
    """Say that a test reached for the network while it was shut."""
    return "\n".join(
        [
            *(f"{attempt} while the network is shut" for attempt in attempts),
            "hint: give the test a cassette (@pytest.mark.playhead), or let the host through with allowed_hosts=",
        ]
    )
