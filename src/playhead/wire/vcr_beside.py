"""
A cassette of vcrpy's own beside a session of ours: the cassette has the call.

Whatever vcrpy's stub plays or records while both are open is not recorded here as well, nor refused; the session's
report names it as traffic beside it. For httpx, which needs no stub of vcrpy's here, the one that was opened last wins.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from playhead.sessions.inside import inside
from playhead.wire.finding import HostPort, session_for
from playhead.wire.replacing import Function, Replacements


def has_call(function: Any) -> bool:
    """Tell whether a function of aiohttp's is vcrpy's, put in its place by an open cassette."""
    return getattr(function, "__globals__", {}).get("__name__") == "vcr.stubs.aiohttp_stubs"


def beneath_vcr(function: Function) -> Function:
    """Give what an open cassette of vcrpy's has put its own function of httpx's over; else the function itself."""
    while getattr(function, "__globals__", {}).get("__name__") == "vcr.stubs.httpx_stubs":
        function = getattr(function, "__wrapped__")  # noqa: B009 - a function of a type that has it by convention
    return function


class BesidePatch(Replacements):
    """vcrpy's stub for connections, marked as a call that is recorded already while it plays or sends."""

    def __init__(self, library: ModuleType) -> None:
        super().__init__()
        self._library = library

    def put_in(self) -> None:
        """Leave the stub's calls to its cassette."""
        self.replace(self._library.VCRConnection, "getresponse", _noted)
        self.replace(self._library.VCRConnection, "connect", _marked)


def _marked(original: Function) -> Function:
    def marked(stub: Any, *args: Any, **options: Any) -> Any:
        with inside():
            return original(stub, *args, **options)

    return marked


def _noted(original: Function) -> Function:
    marked = _marked(original)

    def noted(stub: Any, *args: Any, **options: Any) -> Any:
        request = stub._vcr_request  # noqa: SLF001
        session = session_for(HostPort(request.host or "", request.port))
        if session is not None:
            session.note_side_traffic(request.method, request.uri)
        return marked(stub, *args, **options)

    return noted


class OriginalsPatch:
    """
    vcrpy's memory of the functions it replaces, which it puts back when its own cassettes end.

    It is made when vcrpy is imported; where our patches were in at that time, it holds those beneath them instead.
    """

    def __init__(self, library: ModuleType) -> None:
        self._library = library

    def put_in(self) -> None:
        """Give vcrpy what stands beneath our patches."""
        for name, value in list(vars(self._library).items()):
            facts: dict[str, Any] = getattr(value, "__globals__", {})
            if str(facts.get("__name__", "")).startswith("playhead.wire."):
                setattr(self._library, name, value.__wrapped__)

    def take_out(self) -> None:
        """Leave it so."""
