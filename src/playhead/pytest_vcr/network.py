"""
The network, shut for one test: connections are refused but to hosts that are allowed.

Python's sockets are refused where code connects them, by address as it is given to ``connect``: a name that a client
looks up first arrives here as a number. Servers that listen are left alone.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from playhead.errors import NetworkBlocked
from playhead.wire.imports import Watch

_CURL_MODULE, _CURL_HANDLE = "pycurl", "Curl"


class NetworkDisabled(NetworkBlocked, RuntimeError):
    """
    A test reached for a host that is not allowed.

    Suites that were written for pytest-recording expect a ``RuntimeError`` that says ``Network is disabled``.
    """


class _Allowed:
    """The hosts that may be reached: regular expressions matched from the start."""

    def __init__(self, hosts: Sequence[str] | None) -> None:
        # An expression of no host at all matches the empty text, which every host begins with.
        self._pattern = re.compile("|".join(map(_expression, hosts))) if hosts else None

    def check(self, host: str | bytes) -> None:
        name = host.decode() if isinstance(host, (bytes, bytearray)) else host
        if self._pattern is None or self._pattern.match(name) is None:
            raise NetworkDisabled(f"Network is disabled for host {host!r}")


def _expression(host: str) -> str:
    try:
        re.compile(host)
    except re.error as error:
        raise pytest.UsageError(
            f"{host!r} is no regular expression, as allowed hosts are: {error}\nhint: '.*[.]example[.]com'"
        ) from None
    return f"(?:{host})"


_pairing = threading.local()
"""Set while a thread makes a pair of sockets, which Windows makes by connecting them."""

_curl: list[_Allowed] = []
"""What handles of pycurl may reach, the latest last; libcurl's sockets are none of Python's."""


@contextmanager
def blocked(allowed_hosts: Sequence[str] | None) -> Generator[None]:
    """
    Refuse connections of this process until the block ends.

    Args:
        allowed_hosts: Regular expressions that hosts and addresses are matched with from the start; ``None`` allows
            none.

    Raises:
        NetworkDisabled: In the code that connects.
        pytest.UsageError: An expression is none.
    """
    allowed = _Allowed(allowed_hosts)
    kept = [(socket.socket, name, vars(socket.socket).get(name)) for name in ("connect", "connect_ex")]
    pair = socket.socketpair
    for cls, name, _ in kept:
        setattr(cls, name, _guarded(getattr(cls, name), allowed))
    socket.socketpair = _paired(pair)
    _curl.append(allowed)
    try:
        yield
    finally:
        _curl.remove(allowed)
        socket.socketpair = pair
        for cls, name, before in kept:
            if before is None:
                delattr(cls, name)
            else:
                setattr(cls, name, before)


def _guarded(connect: Any, allowed: _Allowed) -> Any:
    def guarded(connection: socket.socket, address: Any, *args: Any) -> Any:
        if not getattr(_pairing, "busy", False):
            allowed.check(_host_of(connection, address))
        return connect(connection, address, *args)

    return guarded


def _host_of(connection: socket.socket, address: Any) -> str | bytes:
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        return address[0]  # type: ignore[no-any-return]
    return address if connection.family == getattr(socket, "AF_UNIX", None) else ""


def _paired(pair: Any) -> Any:
    def paired(*args: Any, **options: Any) -> Any:
        before, _pairing.busy = getattr(_pairing, "busy", False), True
        try:
            return pair(*args, **options)
        finally:
            _pairing.busy = before

    return paired


class CurlGuard:
    """pycurl, whose handles ask before they reach out; there while the plugin is, and imported by its users alone."""

    def __init__(self) -> None:
        self._watch = Watch((_CURL_MODULE,), lambda name: self._guard(sys.modules[name]))
        self._library: ModuleType | None = None
        self._handle: Any = None

    def put_in(self) -> None:
        """Guard pycurl's handles, now or as soon as it is imported."""
        if _CURL_MODULE in sys.modules:
            self._guard(sys.modules[_CURL_MODULE])
        else:
            self._watch.start()

    def take_out(self) -> None:
        """Leave pycurl as it was."""
        self._watch.stop()
        if self._library is not None:
            setattr(self._library, _CURL_HANDLE, self._handle)
            self._library = None

    def _guard(self, library: ModuleType) -> None:
        self._library, self._handle = library, getattr(library, _CURL_HANDLE)
        setattr(library, _CURL_HANDLE, _guarded_curl(library))


def _guarded_curl(library: Any) -> Any:
    handle: Any = library.Curl

    class Curl(handle):  # type: ignore[misc]
        """A handle that knows where it goes."""

        _playhead_url: Any = ""

        def setopt(self, option: Any, value: Any) -> Any:
            """Keep the address."""
            if option == library.URL:
                self._playhead_url = value
            return handle.setopt(self, option, value)

        def perform(self, *args: Any, **options: Any) -> Any:
            """Ask before going."""
            url = self._playhead_url
            host = urlsplit(url.decode() if isinstance(url, bytes) else url).hostname
            if host and _curl:
                _curl[-1].check(host)
            return handle.perform(self, *args, **options)

    return Curl
