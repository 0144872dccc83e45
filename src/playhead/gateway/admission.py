"""
Who may come in: the token where there is one, the host's name, and no web page of somebody else's.

A server on 127.0.0.1 is reached by every page that a browser has open. A page cannot set the ``Host`` header, and
cannot leave ``Origin`` out where it matters; both are looked at before anything else.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playhead.gateway.arriving import CREDENTIALS, TOKEN_HEADER
from playhead.gateway.replies import Receive, Rejected, Scope, Send, rejection, send_reply
from playhead.gateway.vendors import find_route

OPEN_PATH = "/healthz"
"""Answers without a token, for whoever starts the gateway and waits for it."""


class Admission:
    """An ASGI app that lets requests through to another one, or refuses them."""

    def __init__(
        self, app: Any, *, token: str | None, hosts: Iterable[str] | None, origins: Iterable[str] = ()
    ) -> None:
        """
        Set the rules.

        Args:
            app: What is behind.
            token: What a request must hold; ``None`` asks for nothing.
            hosts: Names that the gateway is reached by, without ports; ``None`` takes any.
            origins: Web pages' origins that may come in beside the gateway's own.
        """
        self._app = app
        self._token = token.encode() if token else None
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "http":
            fault = self._fault(scope)
            if fault is not None:
                route = find_route(scope["path"])
                reply = rejection(route.vendor if route else "openai", fault)
                if fault.status == 401:
                    # Lets a browser ask for the token; the name beside it does not matter.
                    challenge = (b"www-authenticate", b'Basic realm="playhead gateway", charset="UTF-8"')
                    reply = reply._replace(headers=(*reply.headers, challenge))
                await send_reply(send, reply)
                return
        await self._app(scope, receive, send)

    def _fault(self, scope: Scope) -> Rejected | None:
        if self._token is None and self._hosts is None and not any(name == b"origin" for name, _ in scope["headers"]):
            return None
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self._hosts is not None and _name(host) not in self._hosts:
            return Rejected(
                421, "wrong_host", f"the gateway is not known as {host[:200]!r}", hint="--allow-host adds a name"
            )
        origin = headers.get(b"origin")
        if origin is not None and not self._is_ours(origin.decode("latin-1"), host):
            return Rejected(
                403, "wrong_origin", "a web page of another origin may not come in", hint="--allow-origin names one"
            )
        if self._token is None or scope["path"] == OPEN_PATH:
            return None
        if any(hmac.compare_digest(each, self._token) for each in _shown_tokens(headers, scope["query_string"])):
            return None
        return Rejected(
            401, "no_token", "the gateway's token is missing or wrong",
            hint="send it as the SDK's API key, or in X-Playhead-Token",
        )  # fmt: skip

    def _is_ours(self, origin: str, host: str) -> bool:
        return origin in self._origins or "*" in self._origins or urlsplit(origin).netloc.lower() == host


def _name(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def _shown_tokens(headers: dict[bytes, bytes], query: bytes) -> list[bytes]:
    """Give everything that may be the token: what SDKs send for an API key, and what a browser asks people for."""
    found = [headers[name] for name in (TOKEN_HEADER, *CREDENTIALS[1:]) if name in headers]
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        found.append(value.strip())
    elif scheme.lower() == b"basic":
        with suppress(binascii.Error, ValueError):
            found.append(base64.b64decode(value, validate=True).partition(b":")[2])
    if b"key=" in query:
        # Older clients of Google's put their key there.
        found += [
            value.encode() for name, value in parse_qsl(query.decode("latin-1"), encoding="latin-1") if name == "key"
        ]
    return found
