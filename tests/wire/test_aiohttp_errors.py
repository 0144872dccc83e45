"""aiohttp's exceptions: what is recorded of them, and that they come back as the class that a live one had."""

from __future__ import annotations

import errno
import socket
import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from playhead.core.failures import describe
from playhead.core.wire import KINDS, WireError
from playhead.wire.aiohttp_errors import connect_error, said_of

aiohttp = pytest.importorskip("aiohttp")
client_reqrep = pytest.importorskip("aiohttp.client_reqrep")

REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed")
UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
BROKEN = ssl.SSLError(1, "wrong version number")
UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed")


def key(host: str = "h.example", port: int = 443) -> Any:
    """Give aiohttp's key of a connection."""
    return client_reqrep.ConnectionKey(host, port, True, True, None, None, None)


def request(proxy: str | None = None) -> Any:
    """Give what is asked of a request when its connection is not made."""
    return SimpleNamespace(
        connection_key=key(), proxy=None if proxy is None else SimpleNamespace(host=proxy, port=3128)
    )


CONNECTING = [
    (lambda: aiohttp.ClientConnectorError(key(), REFUSED), "connect"),
    (lambda: aiohttp.ClientConnectorDNSError(key(), UNKNOWN), "connect"),
    (lambda: aiohttp.ClientConnectorSSLError(key(), BROKEN), "tls"),
    (lambda: aiohttp.ClientConnectorCertificateError(key(), UNTRUSTED), "tls"),
    (lambda: aiohttp.ClientProxyConnectionError(key("proxy.example", 3128), REFUSED), "proxy"),
    (lambda: aiohttp.ConnectionTimeoutError("Connection timeout to host https://h.example"), "connect-timeout"),
]


@pytest.mark.parametrize(("make", "kind"), CONNECTING)
def test_a_connection_that_is_not_made_breaks_alike_again(make: Any, kind: str) -> None:
    """What is recorded is the socket's own exception; of it comes the class a program caught, with host and cause."""
    error = make()
    raw, found = said_of(error, "connect")
    assert found == kind
    assert found in KINDS
    said = describe(raw)
    again = connect_error(WireError(said.type, kind, said.message), request("proxy.example"))
    if kind == "connect-timeout":
        assert isinstance(again, TimeoutError)
        assert str(again) == str(error)
        return
    assert type(again) is type(error)
    assert (again.host, again.port) == (error.host, error.port)  # type: ignore[attr-defined]
    assert isinstance(again.__cause__, OSError)


def test_a_name_that_is_not_found_keeps_its_number() -> None:
    """A resolver's own words become those of the system's, which every client reads."""
    raw, kind = said_of(aiohttp.ClientConnectorDNSError(key(), OSError("no such name")), "connect")
    assert isinstance(raw, socket.gaierror)
    assert (raw.errno, kind) == (socket.EAI_NONAME, "connect")


@pytest.mark.parametrize(
    ("make", "phase", "kind"),
    [
        (lambda: aiohttp.SocketTimeoutError("Timeout on reading data from socket"), "read", "read-timeout"),
        (TimeoutError, "read", "timeout"),
        (aiohttp.ServerDisconnectedError, "read", "protocol"),
        (lambda: aiohttp.ClientPayloadError("Response payload is not completed"), "read", "protocol"),
        (lambda: ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "read", "read"),
        (lambda: ConnectionResetError("Cannot write to closing transport"), "write", "write"),
    ],
)
def test_what_breaks_later_has_its_own_word(make: Any, phase: Any, kind: str) -> None:
    """Silence, a time-out of the whole, an end too soon and a broken socket are told apart."""
    raw, found = said_of(make(), phase)
    assert (found, isinstance(raw, Exception)) == (kind, True)


def test_the_sockets_exception_beneath_is_what_counts() -> None:
    """Aiohttp wraps what a write raised; the exception beneath says why."""
    error = aiohttp.ClientOSError(errno.EPIPE, "Can not write request body")
    error.__cause__ = beneath = BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert said_of(error, "write") == (beneath, "write")


def test_without_a_proxy_the_request_names_the_host() -> None:
    """An exception of a proxy's where the request knows none names the host that was asked."""
    again: Any = connect_error(WireError("aiohttp.ClientProxyConnectionError", "proxy", "no"), request())
    assert isinstance(again, aiohttp.ClientProxyConnectionError)
    assert again.host == "h.example"
