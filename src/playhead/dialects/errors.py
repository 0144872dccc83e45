"""
HTTP statuses as errors of ours, and what the body of a failed answer says for itself.

Source of the statuses: https://platform.openai.com/docs/guides/error-codes; one that is not in the table may pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from playhead.core.failures import describe
from playhead.core.model import Failure
from playhead.dialects.openai_wire import error_text, loads, mapping, sequence
from playhead.errors import PERMANENT_STATUSES, InferenceProviderError, PermanentError, ProviderError, RateLimitError

STATUS_ERRORS: Mapping[int, type[InferenceProviderError]] = MappingProxyType(
    {429: RateLimitError, **dict.fromkeys(PERMANENT_STATUSES, PermanentError)}
)
"""The statuses that are not a ``ProviderError``."""

# Where the server names no pause that can be used.
_DEFAULT_PAUSE = 1.0


def error_of_status(
    status: int,
    *,
    message: str,
    retry_after: float | None,
    context: Mapping[str, Any] | None = None,
    hint: str | None = None,
) -> InferenceProviderError:
    """
    Give the error for an answer that is not a success.

    Args:
        status: The HTTP status.
        message: The error's text, secrets redacted.
        retry_after: Seconds the server asked to wait, or ``None``; kept in the context where the class has no
            place for it.
        context: Further facts.
        hint: What to do next. A redirect is none of ours to follow, so it will not pass by itself.
    """
    facts: dict[str, Any] = {**(context or {}), "status": status}
    kind = STATUS_ERRORS.get(status, ProviderError)
    if kind is RateLimitError:
        return RateLimitError(
            message, retry_after=_DEFAULT_PAUSE if retry_after is None else retry_after, context=facts, hint=hint
        )
    if retry_after is not None:
        facts["retry_after"] = retry_after
    return kind(message, context=facts, retryable=False if is_redirect(status) else None, hint=hint)


def is_redirect(status: int) -> bool:
    """Whether the server only names another address."""
    return 300 <= status < 400


def failure_of_status(status: int, *, message: str, retry_after: float | None) -> Failure:
    """
    Give the outcome that a failed answer is recorded as.

    Args:
        status: The HTTP status; it stands in the failure's context.
        message: What the server said, secrets redacted; the status in words where it is empty.
        retry_after: Seconds the server asked to wait, or ``None``.
    """
    return describe(error_of_status(status, message=message or status_text(status), retry_after=retry_after))


def status_text(status: int) -> str:
    """Give a status in words: ``503 Service Unavailable``."""
    return f"{status} {usual_reason(status)}".rstrip()


@lru_cache(maxsize=64)
def usual_reason(status: int) -> str:
    """Give the words that usually follow a status, empty where there are none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def read_error(status: int, body: bytes) -> str:
    """
    Give what a failed answer says for itself, whatever vendor it is of.

    Args:
        status: The HTTP status; its words are given where the body has none.
        body: The body, its content encoding undone.

    Returns:
        The error's own text in JSON, else the body as it is. It may hold a secret: redact it before it is shown.
    """
    try:
        value = loads(body, "the body")
        found = _words(value, _DEPTH) or error_text(value)
    except ProviderError:
        found = None
    return found or body.decode("utf-8", errors="replace").strip() or status_text(status)


# Where an error's text stands, the fullest first: OAuth, pydantic (Mistral), most vendors, AWS, RFC 9457.
_PLACES = ("error_description", "msg", "error", "message", "Message", "detail", "errors", "title")
_DEPTH = 5


def _words(value: object, depth: int) -> str:
    """Give the first text at one of the places; of a list of errors (Gemini, Hugging Face) the first counts."""
    items = sequence(value)
    value = items[0] if items else value
    if isinstance(value, str):
        return value
    given = mapping(value)
    found = (_words(given[name], depth - 1) for name in _PLACES if name in given and depth)
    return next(filter(None, found), "")
