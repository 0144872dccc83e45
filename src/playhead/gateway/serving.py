"""The gateway as a process: a port, signals, and an end at which what was recorded is sealed."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from playhead.errors import MissingDependencyError, UsageError
from playhead.gateway.app import Gateway
from playhead.gateway.replies import BrokenOff

GRACE_SECONDS = 30
"""How long calls that are on their way may take to end once the gateway is told to stop."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(host: str, token: str | None) -> None:
    """
    See that a gateway which others can reach asks for a token.

    Raises:
        UsageError: It does not.
    """
    if token is None and not is_loopback(host):
        raise UsageError(
            f"{host!r} can be reached from other machines, and there is no token",
            hint="set one in a variable and name it: --token-env PLAYHEAD_GATEWAY_TOKEN",
        )


def open_port(host: str, port: int) -> socket.socket:
    """
    Take a port.

    Args:
        host: The address to listen at.
        port: The port; 0 for a free one.

    Raises:
        UsageError: It is taken, or the address is not this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError(f"{host!r} is no address to listen at: {error}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        raise UsageError(
            f"cannot listen at {host}:{port}: {error.strerror or error}",
            hint="another program has the port; --port 0 takes a free one" if taken else None,
        ) from None
    return listening


def serve(
    gateway: Gateway,
    listening: socket.socket,
    *,
    grace: float = GRACE_SECONDS,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """
    Answer requests until the process is told to stop (SIGTERM, SIGINT); then let calls end and seal.

    Args:
        gateway: The gateway; what went wrong at its end is in its ``faults``.
        listening: The port.
        grace: Seconds that calls may take to end.
        on_ready: Called once requests are answered and signals are heeded.

    Raises:
        MissingDependencyError: uvicorn is not installed.
    """
    server = make_server(gateway, grace=grace, on_ready=on_ready)
    with listening:
        asyncio.run(_serve_and_close(server, gateway, listening))


async def _serve_and_close(server: Any, gateway: Gateway, listening: socket.socket) -> None:
    try:
        await server.serve(sockets=[listening])
    finally:
        # Calls that were cut off end first, so that they leave nothing. Whoever presses Ctrl-C twice does not want to
        # wait, and wants what was recorded all the same.
        await asyncio.sleep(0.01)
        await gateway.close()


def make_server(gateway: Gateway, *, grace: float = GRACE_SECONDS, on_ready: Callable[[], None] = lambda: None) -> Any:
    """
    Make the server, for a process or a thread of its own.

    Args:
        gateway: The gateway.
        grace: Seconds that calls may take to end.
        on_ready: Called once requests are answered.

    Raises:
        MissingDependencyError: uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingDependencyError("uvicorn", extra_name="gateway", purpose="playhead serve") from None

    class Server(uvicorn.Server):
        """Tells the gateway as soon as it is to stop: pages that listen would keep it from ending."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            super().handle_exit(sig, frame)
            # The process goes on to seal and to say how it went; uvicorn would raise the signal again.
            self._captured_signals.clear()
            gateway.log.close()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            gateway.log.close()
            await super().shutdown(sockets)

    _quieten()
    # No access log: it would print the keys that some clients put into the URL.
    config = uvicorn.Config(
        gateway, log_config=None, access_log=False, server_header=False, date_header=False, lifespan="off",
        ws="none", timeout_graceful_shutdown=int(grace), backlog=1024,
    )  # fmt: skip
    return Server(config)


class Background:
    """A gateway that runs in a thread of this process, for tests: ``with Background(app) as url``."""

    def __init__(self, gateway: Gateway, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._gateway = gateway
        self._server = make_server(gateway, grace=5)
        self._listening = open_port(host, port)
        self._thread = threading.Thread(target=self._run, name="playhead gateway", daemon=True)
        self.url = url_of(self._listening)

    def _run(self) -> None:
        asyncio.run(_serve_and_close(self._server, self._gateway, self._listening))

    def __enter__(self) -> str:
        self._listening.listen(1024)
        self._thread.start()
        return self.url

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()


def url_of(listening: socket.socket) -> str:
    """Give the address that clients use."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


_GONE = "socket.send() raised exception."
"""What asyncio says of a client that has gone while a stream was being played to it."""


class _OnlyFaults(logging.Filter):
    """
    Keeps back what is no fault of the gateway's: a connection that is broken off because the recorded one was, or that
    its client has left.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg == _GONE:
            return False
        kind = record.exc_info[0] if record.exc_info else None
        return kind is None or not issubclass(kind, (BrokenOff, asyncio.CancelledError))


_ONLY_FAULTS = _OnlyFaults()


def _quieten() -> None:
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(_ONLY_FAULTS)
