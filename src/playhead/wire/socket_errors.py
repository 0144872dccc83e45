"""
What breaks at a connection, as recorded facts and back, for every client that is built on Python's sockets.

An exception is recorded as the socket raised it, beneath whatever the client makes of it; played again at the same
place, the client makes the same of it again. Classes come from the table here, never from a cassette.
"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
from typing import Final, Literal

from playhead.core.wire import WireError

Phase = Literal["connect", "write", "read"]

TUNNEL_FAILED = "Tunnel connection failed"
"""What ``http.client`` says of a proxy that would not let it through."""

_TIMED_OUT: Final = {"connect": "connect-timeout", "write": "write-timeout", "read": "read-timeout"}

_NUMBERED = {
    "ConnectionRefusedError": errno.ECONNREFUSED,
    "ConnectionResetError": errno.ECONNRESET,
    "ConnectionAbortedError": errno.ECONNABORTED,
    "BrokenPipeError": errno.EPIPE,
}
_TLS: dict[str, type[ssl.SSLError]] = {
    "SSLError": ssl.SSLError,
    "SSLCertVerificationError": ssl.SSLCertVerificationError,
    "SSLEOFError": ssl.SSLEOFError,
    "SSLZeroReturnError": ssl.SSLZeroReturnError,
    "SSLSyscallError": ssl.SSLSyscallError,
}
_HTTP: dict[str, type[http.client.HTTPException]] = {
    "BadStatusLine": http.client.BadStatusLine,
    "LineTooLong": http.client.LineTooLong,
    "HTTPException": http.client.HTTPException,
}
_NUMBER = re.compile(r"\[Errno (-?\d+)\] (.*)", re.DOTALL)
_BEFORE_ANSWER = frozenset({"connect", "connect-timeout", "tls", "proxy", "pool-timeout", "write", "write-timeout"})


def beneath(error: Exception) -> Exception:
    """Give the socket's exception that a client's own was raised from, or the exception itself."""
    cause = error.__cause__ or error.__context__
    return cause if not isinstance(error, OSError) and isinstance(cause, OSError) else error


def kind_of(error: Exception, phase: Phase) -> str:
    """Say in a word what an exception means where it was raised."""
    if isinstance(error, TimeoutError):
        return _TIMED_OUT[phase]
    if isinstance(error, http.client.HTTPException):
        return "protocol"
    if not isinstance(error, OSError):
        return "other"
    if phase == "connect" and isinstance(error, ssl.SSLError):
        return "tls"
    if phase == "connect" and str(error).startswith(TUNNEL_FAILED):
        return "proxy"
    return phase


def comes_before_answer(error: WireError) -> bool:
    """Tell whether an exception is raised while the request is sent, not while the answer is waited for."""
    return error.kind in _BEFORE_ANSWER


def error_of(error: WireError) -> Exception | None:
    """Make an exception again; ``None`` where the connection just ends, of which a client makes what it will."""
    name = error.type.rpartition(".")[2]
    message = error.message
    found = _NUMBER.fullmatch(message)
    number, words = (int(found.group(1)), found.group(2)) if found else (None, message)
    if name in _NUMBERED:
        return OSError(_NUMBERED[name], words)
    if name in ("gaierror", "herror"):
        return socket.gaierror(socket.EAI_NONAME if number is None else number, words)
    if name in _TLS:
        return _TLS[name](1, message)
    if name in _HTTP:
        return _HTTP[name](message)
    if name == "OSError":
        return OSError(message) if number is None else OSError(number, words)
    return _of_kind(error.kind, message)


def _of_kind(kind: str, message: str) -> Exception | None:
    """Make an exception of another library's anew."""
    if kind.endswith("timeout"):
        return TimeoutError(message or "timed out")
    if kind == "connect":
        return ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    if kind == "tls":
        return ssl.SSLError(1, message)
    if kind == "proxy":
        return OSError(message)
    if kind in ("read", "write"):
        return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    return None
