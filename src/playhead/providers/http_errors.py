"""
HTTP answers and httpx's exceptions as errors of ours, with no secret in their text, cause or frames.

Which class a status has stands in ``playhead.dialects.errors``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

import httpx

from playhead.core.error_text import redact_error_text
from playhead.dialects.errors import error_of_status, is_redirect
from playhead.dialects.openai_wire import error_text, loads
from playhead.errors import InferenceProviderError, ProviderError
from playhead.providers.secrets import resolved_values

TRANSPORT_ERRORS: Mapping[type[httpx.RequestError], str] = MappingProxyType(
    {
        httpx.ConnectTimeout: "timed out while connecting",
        httpx.ReadTimeout: "timed out while answering",
        httpx.WriteTimeout: "timed out while taking the request",
        httpx.PoolTimeout: "was not asked: no connection became free in time",
        httpx.TimeoutException: "timed out",
        httpx.ConnectError: "could not be reached",
        httpx.ProxyError: "could not be reached through the proxy",
        httpx.NetworkError: "lost the connection",
        httpx.RemoteProtocolError: "broke off or did not answer in HTTP",
        httpx.LocalProtocolError: "was not asked: the request is not valid HTTP",
        httpx.UnsupportedProtocol: "was not asked: the address is not HTTP",
        httpx.DecodingError: "sent a body that cannot be decompressed",
        httpx.RequestError: "failed",
    }
)
"""What each of httpx's exceptions says about the provider; an exception counts as its nearest class here."""

_WILL_FAIL_AGAIN = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)

_HINTS = {
    401: "check the key that api_key_ref stands for",
    403: "check the key that api_key_ref stands for",
    404: "check base_url and model",
}
_REDIRECT_HINT = "redirects are not followed; give the final address as base_url"

# Enough for any vendor's sentence, and short enough for a log line.
_LONGEST_QUOTE = 500


class CallErrors:
    """
    Makes the errors of one call; every secret resolved so far is redacted from what they quote.

    Args:
        provider: The provider's stable name, for message and context.
        model: The model asked for, for the context.
    """

    def __init__(self, *, provider: str, model: str) -> None:
        self._provider = provider
        self._model = model

    def of_status(self, status: int, *, headers: Mapping[str, str], body: bytes, now: float) -> InferenceProviderError:
        """
        Give the error for an answer that is not a success.

        Args:
            status: The HTTP status.
            headers: The answer's headers, found whatever their case.
            body: The answer's body.
            now: Seconds since the epoch, for a ``Retry-After`` that is a date where the server gave none.
        """
        return error_of_status(
            status,
            message=f"provider {self._provider!r} answered {status}: {self._quote(_words(body))!r}",
            retry_after=retry_after(headers, now=now),
            context=self._context(status),
            hint=_REDIRECT_HINT if is_redirect(status) else _HINTS.get(status),
        )

    def of_transport(self, error: httpx.RequestError) -> ProviderError:
        """
        Give the error for an exception of httpx's, to be raised outside of the handler that caught it.

        Its cause has the class and the redacted text of the original and nothing else: the original holds the
        request with its headers, and its frames hold them as plain values.
        """
        kind = next(cls for cls in type(error).__mro__ if cls in TRANSPORT_ERRORS)
        words = self._quote(str(error))
        failure = ProviderError(
            f"provider {self._provider!r} {TRANSPORT_ERRORS[kind]}" + (f": {words!r}" if words else ""),
            context=self._context(None),
            retryable=not issubclass(kind, _WILL_FAIL_AGAIN),
        )
        failure.__cause__ = kind(words)
        return failure

    def of_answer(self, error: InferenceProviderError, status: int) -> InferenceProviderError:
        """Give a dialect's error with this call's context, its quotations redacted and shortened."""
        return type(error)(
            f"provider {self._provider!r} answered {status}, but {self._quote(error.message)}",
            context=self._context(status),
        )

    def _context(self, status: int | None) -> dict[str, Any]:
        facts: dict[str, Any] = {"provider": self._provider, "model": self._model}
        return facts if status is None else {**facts, "status": status}

    def _quote(self, words: str) -> str:
        # Redacted before it is cut: half of a key would not be recognised.
        shown = redact_error_text(words, values=resolved_values())
        return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}..."


def _words(body: bytes) -> str:
    """Give what a failed answer says for itself: the error's text in JSON, else the body as it is."""
    try:
        found = error_text(loads(body, "the body"))
    except ProviderError:
        found = None
    return body.decode("utf-8", errors="replace").strip() if found is None else found


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """
    Read ``Retry-After``: seconds, or a date against the server's own ``Date``.

    Args:
        headers: The answer's headers, found whatever their case.
        now: Seconds since the epoch, where the server gave no date of its own.

    Returns:
        Seconds from now, 0 for a date in the past; ``None`` where the header is absent or means nothing.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until = _timestamp(value)
        since = _timestamp(headers.get("Date"))
        return None if until is None else max(0.0, until - (now if since is None else since))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _timestamp(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
