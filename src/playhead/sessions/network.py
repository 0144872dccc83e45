"""
Shutting the network for this process, so that a replay which reaches for it is caught.

Python announces every connection it opens (``sys.addaudithook``); a hook refuses them while a block is open. What
does not pass through Python's ``socket`` is not seen: clients written in C or Rust, and loops such as uvloop.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, cast

from playhead.errors import NetworkBlocked

_EVENTS = frozenset(
    {
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
    }
)


class Attempt(NamedTuple):
    """
    A reach for the network.

    Attributes:
        words: What was tried, for people.
        host: The host's name or address.
        port: The port, or ``None`` for a name lookup.
    """

    words: str
    host: str
    port: int | None


class Block(Protocol):
    """Somebody who wants the network shut, for all or for some."""

    def refuses(self, attempt: Attempt) -> bool:
        """Tell whether an attempt made here and now is refused; one that is should be remembered."""
        ...


class AllowedHosts:
    """
    Hosts that may be reached while the network is shut, and what their names lead to.

    Args:
        hosts: As ``playhead.core.hosts`` names them.
        names: Each without its port, in the same order.
    """

    def __init__(self, hosts: Sequence[str], names: Sequence[str]) -> None:
        self.hosts = hosts
        self.names = names
        self._addresses: tuple[str, ...] | None = None
        self._resolving = threading.local()

    def is_resolving(self) -> bool:
        """Tell whether this thread is looking the names up, which no block may refuse."""
        return getattr(self._resolving, "busy", False)

    def addresses(self) -> tuple[str, ...]:
        """Give the addresses of the hosts: a client looks a name up and connects to what it found."""
        if self._addresses is None:
            import socket

            found: dict[str, None] = {}
            self._resolving.busy = True
            try:
                for host, name in zip(self.hosts, self.names, strict=True):
                    if "*" in name:
                        continue
                    try:
                        facts = socket.getaddrinfo(name, None)
                    except OSError:
                        continue
                    port = host[len(name) :]
                    found.update(dict.fromkeys(f"[{one[4][0]}]{port}" if port else str(one[4][0]) for one in facts))
            finally:
                self._resolving.busy = False
            self._addresses = tuple(found)
        return self._addresses


class Blocked:
    """
    What a block refused, kept where the code under test cannot swallow it.

    Attributes:
        attempts: What was tried, in words, in order.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def refuses(self, attempt: Attempt) -> bool:
        """Refuse whatever it is."""
        self.attempts.append(attempt.words)
        return True


class _Guard:
    """The one hook of this process; a hook cannot be taken away, so it is made once and asks whether it is armed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._installed = False
        self._open: tuple[Block, ...] = ()

    def arm(self, block: Block) -> None:
        with self._lock:
            if not self._installed:
                sys.addaudithook(self._heard)
                self._installed = True
            self._open = (*self._open, block)

    def disarm(self, block: Block) -> None:
        with self._lock:
            self._open = tuple(one for one in self._open if one is not block)

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        # Called for every audited event of the process, so the common case must leave at once.
        if not self._open or event not in _EVENTS:
            return
        attempt = _described(event, args)
        if attempt is None:
            return
        # Every block is asked, so that each remembers what it saw.
        refused = [block.refuses(attempt) for block in self._open]
        if not any(refused):
            return
        if event == "socket.connect":
            # Clients close what they could not connect only where they get an OSError, which a refusal is not.
            args[0].close()
        raise NetworkBlocked(
            f"{attempt.words} while the network is shut",
            context={"attempt": attempt.words},
            hint="a replay needs no network: wrap the provider that made this call, or record what is missing",
        )


_GUARD = _Guard()


def shut(block: Block) -> None:
    """Have a block asked about every reach for the network of this process."""
    _GUARD.arm(block)


def reopen(block: Block) -> None:
    """Ask a block no more."""
    _GUARD.disarm(block)


def _described(event: str, args: tuple[Any, ...]) -> Attempt | None:
    """Say what is tried; ``None`` where it stays on this machine's file system or needs no name server."""
    verb = event.removeprefix("socket.")
    if verb in ("connect", "sendto", "sendmsg"):
        address = args[1] if len(args) > 1 else None
        if not isinstance(address, tuple):
            # A path is a local socket; no address is a socket that was connected before.
            return None
        host, port = cast("tuple[object, ...]", address)[:2]
        words = f"something tried to {'connect' if verb == 'connect' else 'send'} to {host}:{port}"
        return Attempt(words, str(host), port if type(port) is int else None)
    host = args[0] if args else None
    if not host or _is_literal(host):
        return None
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    return Attempt(f"something tried to look up {name!r}", name, None)


def _is_literal(host: object) -> bool:
    """Tell a numeric address, which a server of this machine's own is bound by."""
    try:
        ipaddress.ip_address(host.decode("ascii") if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True


@contextmanager
def block_network() -> Generator[Blocked]:
    """
    Refuse every connection, datagram and name lookup of this process, in all its threads, until the block ends.

    Blocks may be nested. Local (Unix) sockets stay open.

    Yields:
        What was refused so far.

    Raises:
        NetworkBlocked: In the code that tries.
    """
    blocked = Blocked()
    _GUARD.arm(blocked)
    try:
        yield blocked
    finally:
        _GUARD.disarm(blocked)
