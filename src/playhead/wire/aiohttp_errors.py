"""aiohttp's exceptions as recorded facts, and back: what the socket raised, and where."""

from __future__ import annotations

import socket
import ssl
import sys
from typing import Any, cast

from playhead.core.wire import WireError
from playhead.wire.socket_errors import Phase, error_of, kind_of


def said_of(error: Exception, phase: Phase) -> tuple[Exception, str]:
    """
    Give what is recorded of an exception: the socket's own beneath aiohttp's, and what it means.

    Args:
        error: The exception.
        phase: Where it was raised: while connecting, or while the answer was waited for.
    """
    library: Any = sys.modules["aiohttp.client_exceptions"]
    raw: Exception = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(error, TimeoutError):
        # Without a subclass it is the whole request's time that was over.
        silent = phase == "read" and isinstance(error, library.ServerTimeoutError)
        return error, "connect-timeout" if phase == "connect" else "read-timeout" if silent else "timeout"
    if isinstance(error, getattr(library, "ClientConnectorDNSError", ())):
        return raw if isinstance(raw, socket.gaierror) else socket.gaierror(socket.EAI_NONAME, str(raw)), "connect"
    if isinstance(error, (library.ClientProxyConnectionError, library.ClientHttpProxyError)):
        return raw, "proxy"
    if isinstance(error, library.ClientConnectorError):
        return raw, kind_of(raw, "connect")
    if isinstance(error, library.ClientOSError) and isinstance(error.__cause__, OSError):
        raw = error.__cause__
    if isinstance(raw, ssl.CertificateError):
        return raw, "tls"
    return raw, kind_of(raw, phase) if isinstance(raw, OSError) else "protocol"


def connect_error(error: WireError, request: Any) -> Exception:
    """
    Make the exception of a connection that was not made.

    Args:
        error: The recorded one.
        request: aiohttp's request.
    """
    key = request.connection_key
    library: Any = sys.modules["aiohttp.client_exceptions"]
    made = error_of(error)
    raw = made if isinstance(made, OSError) else ConnectionError(error.message)
    cls = library.ClientConnectorError
    if error.kind in ("connect-timeout", "pool-timeout") or isinstance(raw, TimeoutError):
        # aiohttp names the host in its own.
        return TimeoutError(error.message) if error.message else TimeoutError()
    if isinstance(raw, socket.gaierror):
        cls = getattr(library, "ClientConnectorDNSError", cls)
    elif isinstance(raw, ssl.CertificateError):
        cls = library.ClientConnectorCertificateError
    elif isinstance(raw, ssl.SSLError):
        cls = library.ClientConnectorSSLError
    elif error.kind == "proxy":
        cls = library.ClientProxyConnectionError
        if request.proxy is not None:
            key = key._replace(host=request.proxy.host, port=request.proxy.port)
    made = cast("Exception", cls(key, raw))
    made.__cause__ = raw
    return made
