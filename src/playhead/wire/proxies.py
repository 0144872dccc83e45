"""
Proxies that lead nowhere, kept from the clients that have an edge.

The proxy variables lead nowhere while a session replays (``guard``), for clients that nothing else stops. A client that
has an edge would go by them too: what it says of an error would name that proxy, a client made then would keep it
beyond the session, and a session that records meanwhile would connect to it. So these read no proxies from the
environment while it is so; they are not reached in a replay, and the addresses that are matched are those of the
servers either way.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from playhead.wire.guard import NOWHERE, leads_nowhere
from playhead.wire.replacing import Function, Replacements


def _no_proxies(original: Function) -> Function:
    def getproxies() -> Any:
        return {} if leads_nowhere() else original()

    return getproxies


def _no_proxy(original: Function) -> Function:
    def proxy_info_from_url(url: Any, *args: Any, **options: Any) -> Any:
        return None if url == NOWHERE else original(url, *args, **options)

    return proxy_info_from_url


class ProxyPatch(Replacements):
    """A module that reads the proxy variables."""

    def __init__(self, library: ModuleType) -> None:
        super().__init__()
        self._library = library

    def put_in(self) -> None:
        """Keep proxies that lead nowhere from it."""
        self.replace(self._library, "getproxies", _no_proxies)
        self.replace(self._library, "proxy_info_from_url", _no_proxy)


class OpenerPatch(ProxyPatch):
    """``urllib.request``, which keeps the first opener it makes with the proxies of that moment."""

    def put_in(self) -> None:
        """Keep proxies that lead nowhere from it."""
        super().put_in()
        self._had_opener = _opener() is not None

    def take_out(self) -> None:
        """Forget an opener that was made meanwhile: the user's own proxies are not in it."""
        super().take_out()
        if not self._had_opener and (library := sys.modules.get("urllib.request")) is not None:
            vars(library)["_opener"] = None


def _opener() -> Any:
    return getattr(sys.modules.get("urllib.request"), "_opener", None)
