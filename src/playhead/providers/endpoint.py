"""
Where a server is and how it is told who asks: an address, a key and headers that never show a secret.

All that may hold a secret is kept as a ``Secret``, so that neither ``repr``, ``vars`` nor a traceback with locals
shows it, and is remembered for redaction by value. Nothing is refused while it is a plain argument, but by
``check`` later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import httpx

from playhead.core.redaction import DEFAULT
from playhead.core.secret_names import Names, is_parameter
from playhead.errors import InferenceProviderError, UsageError
from playhead.providers.secrets import (
    DEFAULT_RESOLVER,
    KEY_REFERENCE,
    MASK,
    Secret,
    SecretResolver,
    remember,
    shown_reference,
)

_NAMES = Names()
# RFC 9110 section 5.6.2.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# Checked before the HTTP library does: its message would quote the key.
_KEY = re.compile(r"[\x21-\x7e]+\Z")
_UNSENDABLE = "has a space, a line end or another character that cannot be sent"
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?\Z")


class Address:
    """
    An http or https address that paths are appended to.

    Args:
        base_url: The address; its query string is kept for every path, its fragment is dropped.
    """

    def __init__(self, base_url: str) -> None:
        self._base = Secret(base_url)
        self._shown = DEFAULT.redact_url(base_url)

    def check(self) -> None:
        """
        Remember the credentials in the address.

        Raises:
            UsageError: It is no http or https address.
        """
        if not _is_http(self._base):
            raise UsageError(f"base_url {self._shown!r} is not an http or https address with a host")
        parts = urlsplit(self._base.reveal())
        remember(unquote(parts.password or ""))
        for name, value in parse_qsl(parts.query):
            if is_parameter(name, _NAMES):
                remember(value)

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return repr(self._shown)

    def url(self, path: str) -> str:
        """Give the whole address of a path, credentials included."""
        parts = urlsplit(self._base.reveal())
        return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path, fragment=""))


def _is_http(address: Secret) -> bool:
    try:
        parts, url = urlsplit(address.reveal()), httpx.URL(address.reveal())
    except (httpx.InvalidURL, ValueError):
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname and url.host)


class Key:
    """
    A key by reference, by value, or none.

    Args:
        literal: The key itself; an empty one is none.
        reference: Where the key is found; read for every call.
        resolver: What reads the reference.
    """

    def __init__(self, *, literal: str | None, reference: str | None, resolver: SecretResolver | None = None) -> None:
        self._literal = Secret(literal) if literal else None
        self._reference = None if reference is None else Secret(reference)
        self._resolver = DEFAULT_RESOLVER if resolver is None else resolver

    def check(self) -> None:
        """
        Remember a literal key; a reference is read by a call only.

        Raises:
            UsageError: Key and reference are both given, or the literal key cannot be sent.
        """
        if self._literal is None:
            return
        if self._reference is not None:
            raise UsageError("api_key and api_key_ref are both given", hint="prefer api_key_ref='env:NAME'")
        if not _KEY.match(self._literal.reveal()):
            raise UsageError(f"api_key {_UNSENDABLE}")
        remember(self._literal.reveal())

    def __repr__(self) -> str:
        if self._reference is not None:
            return f"api_key_ref={shown_reference(self._reference.reveal())!r}"
        return f"api_key={self._literal and MASK!r}"

    def current(self) -> Secret | None:
        """
        Give the key as it is now.

        Raises:
            InferenceProviderError: There is none at its reference, or it cannot be sent.
        """
        if self._reference is None:
            return self._literal
        key = Secret(self._resolver.resolve(self._reference.reveal()))
        if not _KEY.match(key.reveal()):
            shown = shown_reference(self._reference.reveal())
            raise InferenceProviderError(
                f"the secret for {shown!r} {_UNSENDABLE}",
                error_code=KEY_REFERENCE,
                context={"api_key_ref": shown},
            )
        return key


class Headers:
    """A user's further headers."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._values = {name: Secret(value) for name, value in headers.items()}

    def check(self) -> None:
        """
        Remember the values of headers that carry a credential.

        Raises:
            UsageError: A name or value cannot be sent.
        """
        for name, value in self._values.items():
            if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value.reveal()):
                raise UsageError(f"header {name!r} has a name or a value that cannot be sent")
            if _NAMES.strength(name):
                # Without the word before it: a key that follows "Bearer" is one wherever it stands.
                remember(value.reveal().rpartition(" ")[2])

    def __repr__(self) -> str:
        return repr(sorted(self._values))

    def items(self) -> Iterator[tuple[str, Secret]]:
        """Give names and values."""
        yield from self._values.items()
