"""What breaks at a connection, as recorded facts and back: the same class and words, and no class by a file's word."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from typing import Any

import pytest

from playhead.core.failures import describe
from playhead.core.wire import KINDS, WireError
from playhead.wire.socket_errors import beneath, comes_before_answer, error_of, kind_of

ERRORS: list[tuple[Exception, Any, str]] = [
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connect", "connect"),
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "connect", "connect"),
    (TimeoutError("timed out"), "connect", "connect-timeout"),
    (TimeoutError("timed out"), "write", "write-timeout"),
    (TimeoutError("The read operation timed out"), "read", "read-timeout"),
    (ssl.SSLCertVerificationError(1, "certificate verify failed"), "connect", "tls"),
    (ssl.SSLEOFError(8, "EOF occurred"), "read", "read"),
    (OSError("Tunnel connection failed: 407 no"), "connect", "proxy"),
    (OSError(errno.ENETUNREACH, "Network is unreachable"), "connect", "connect"),
    (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "read", "read"),
    (BrokenPipeError(errno.EPIPE, "Broken pipe"), "write", "write"),
    (http.client.BadStatusLine("HTTP/nonsense"), "read", "protocol"),
]


@pytest.mark.parametrize(("error", "phase", "kind"), ERRORS)
def test_an_error_comes_back_as_it_was(error: Exception, phase: Any, kind: str) -> None:
    """Class, number and words of an exception of the socket's come back, and its kind is one that every edge knows."""
    assert kind_of(error, phase) == kind
    assert kind in KINDS
    said = describe(error)
    made = error_of(WireError(said.type, kind, said.message))
    assert type(made) is type(error)
    assert str(made) == str(error)
    assert getattr(made, "errno", None) == getattr(error, "errno", None) or isinstance(error, ssl.SSLError)


@pytest.mark.parametrize("error", [http.client.RemoteDisconnected("gone"), http.client.IncompleteRead(b"x", 3)])
def test_an_end_that_came_too_soon_is_an_end(error: Exception) -> None:
    """Where the connection just ended it ends again, of which the client makes its own exception."""
    said = describe(error)
    assert kind_of(error, "read") == "protocol"
    assert error_of(WireError(said.type, "protocol", said.message)) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_another_library_has_a_meaning(kind: str) -> None:
    """What another library recorded breaks this one in the same way."""
    made = error_of(WireError("httpx.SomeError", kind, "words"))
    assert made is None or isinstance(made, OSError)
    assert ("timeout" in kind) is isinstance(made, TimeoutError)
    assert (made is None) is (kind in ("protocol", "other"))


def test_no_class_is_made_by_the_word_of_a_file() -> None:
    """A name that the table does not hold is made by its kind, whatever it names."""
    assert type(error_of(WireError("builtins.SystemExit", "read"))) is ConnectionResetError
    assert error_of(WireError("os.system", "other", "echo")) is None


def test_what_comes_before_the_answer_is_told_from_what_comes_in_it() -> None:
    """An exception is raised again where it was: while the request is sent, or while the answer is read."""
    before = {kind for kind in KINDS if comes_before_answer(WireError("x", kind))}
    assert before == {"connect", "connect-timeout", "tls", "proxy", "pool-timeout", "write", "write-timeout"}


def test_the_socket_s_exception_is_found_beneath_the_client_s() -> None:
    """A client's exception is recorded as what it was raised from, and a socket's as it is."""
    cause = ConnectionRefusedError(errno.ECONNREFUSED, "no")
    own = RuntimeError("mine")
    own.__cause__ = cause
    assert beneath(own) is cause
    assert beneath(cause) is cause
    assert beneath(ValueError("x")).args == ("x",)
    assert kind_of(ValueError("x"), "read") == "other"
