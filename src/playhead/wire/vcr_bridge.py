"""
The bridge to vcrpy: all clients built on ``http.client``, such as requests, urllib3, boto3, httplib2, urllib.request.

vcrpy swaps the classes of connections, and must therefore swap them back, for the whole process, while it sends. Here
nothing is swapped. Where a connection starts a request that belongs to a session, vcrpy's stub is laid over that one
connection until its answer has been begun (``vcr_stub``); the stub gathers the request, asks the session, and plays or
sends. So connections that were made before the session are caught, none of ours is left in a pool after it, and a
thread that sends while another records is never unguarded.

vcrpy costs 0.3 to 0.5 s to import, for it imports every client it knows. It is imported when the first such request is
made in a session; until then what stands here is a few functions that ask whether there is a session.
"""

from __future__ import annotations

import http.client
import sys
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from playhead.errors import MissingDependencyError
from playhead.sessions.session import Session
from playhead.wire.finding import HostPort, session_for
from playhead.wire.replacing import Function, Replacements

STUB = "_playhead_stub"
"""The attribute under which a connection finds the stub laid over it."""


def _true_class(cls: Any, module: str) -> Any:
    """Give a library's own class where another tool, such as a cassette of vcrpy's, has put its own in its place."""
    mine = [one for one in getattr(cls, "__mro__", ()) if one.__module__ == module]
    return mine[0] if mine else None


def target_of(connection: Any) -> HostPort:
    """Give the host and port that a connection's requests are for, not those of a proxy between."""
    if getattr(connection, "_tunnel_host", None):
        return HostPort(connection._tunnel_host, connection._tunnel_port)  # noqa: SLF001
    return HostPort(connection.host, connection.port)


def _target_in(connection: Any, url: str) -> HostPort:
    """Give the host and port of a request, which names them itself where it is written for a proxy."""
    if "://" not in url[:10]:
        return target_of(connection)
    parts = urlsplit(url)
    return HostPort(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


def _stub_for(connection: Any, session: Session) -> Any:
    try:
        from playhead.wire.vcr_stub import Stub
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "vcr":
            raise
        raise MissingDependencyError("vcrpy", purpose="recording a client built on http.client") from None
    return Stub(connection, session, ORIGINALS)


class Originals:
    """The functions of ``http.client`` beneath ours."""

    def __init__(self) -> None:
        cls = _true_class(http.client.HTTPConnection, "http.client")
        if cls is None:
            # A cassette of vcrpy's is open and its stub, which is no HTTPConnection, goes by that name.
            cls = sys.modules["vcr.patch"]._HTTPConnection  # noqa: SLF001
        self.cls: Any = cls
        self.look()

    def look(self) -> None:
        """Take the functions as they are now."""
        self.putrequest: Function = self.cls.putrequest
        self.send: Function = self.cls.send
        self.getresponse: Function = self.cls.getresponse


ORIGINALS = Originals()


def _putrequest(connection: Any, method: str, url: str, *args: Any, **options: Any) -> None:
    ORIGINALS.putrequest(connection, method, url, *args, **options)
    facts = connection.__dict__
    facts.pop(STUB, None)
    session = session_for(_target_in(connection, url))
    if session is not None:
        facts[STUB] = _stub_for(connection, session)


def _send(connection: Any, data: Any) -> None:
    stub = connection.__dict__.get(STUB)
    if stub is None:
        ORIGINALS.send(connection, data)
    else:
        stub.send(data)


def _getresponse(connection: Any, *args: Any, **options: Any) -> Any:
    stub = connection.__dict__.get(STUB)
    if stub is None:
        return ORIGINALS.getresponse(connection, *args, **options)
    return stub.getresponse()


def _connect_later(original: Function) -> Function:
    """Give a ``connect`` that leaves a session's connection unopened: only the request tells whether it is needed."""

    def connect(connection: Any, *args: Any, **options: Any) -> Any:
        if session_for(target_of(connection)) is None:
            return original(connection, *args, **options)
        if hasattr(connection, "is_verified"):
            # urllib3 warns of what is not; a replay has nothing to verify.
            connection.is_verified = getattr(connection, "cert_reqs", 0) not in (0, "CERT_NONE", "NONE")
        return None

    return connect


class ConnectionPatch(Replacements):
    """``http.client`` itself."""

    def __init__(self, library: ModuleType) -> None:
        super().__init__()
        self._library = library

    def put_in(self) -> None:
        """Catch the requests of this process's connections."""
        ORIGINALS.look()
        cls = ORIGINALS.cls
        self.replace(cls, "putrequest", lambda _: _putrequest)
        self.replace(cls, "send", lambda _: _send)
        self.replace(cls, "getresponse", lambda _: _getresponse)
        self.replace(cls, "connect", _connect_later)
        self.replace(
            _true_class(getattr(self._library, "HTTPSConnection", None), "http.client"), "connect", _connect_later
        )


class ConnectPatch(Replacements):
    """A library whose classes of connections open them in a way of their own."""

    def __init__(self, library: ModuleType) -> None:
        super().__init__()
        self._library = library

    def put_in(self) -> None:
        """Leave the connections of sessions unopened."""
        library = self._library
        for name in ("HTTPConnection", "HTTPSConnection", "HTTPConnectionWithTimeout", "HTTPSConnectionWithTimeout"):
            self.replace(_true_class(getattr(library, name, None), library.__name__), "connect", _connect_later)
