"""
Whose routes the gateway has, and how each vendor words an error.

An SDK reads the message of an error where its vendor puts it, so a refusal that stands there is what the user sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from playhead.dialects.errors import usual_reason

_POSTED = (
    ("anthropic", r"(?:^|/)messages(?:/count_tokens)?"),
    ("google", r"/(?:models|tunedModels|endpoints)/[^/]+:[A-Za-z]+"),
    ("google", r"(?:^|/)v1(?:alpha|beta)[0-9]*/interactions"),
    ("mistral", r"(?:^|/)fim/completions"),
    ("ollama", r"(?:^|/)api/(?:chat|generate|embed|embeddings|show)"),
    ("cohere", r"(?:^|/)v2/(?:chat|embed)"),
    ("cohere", r"(?:^|/)v1/(?:chat|embed)"),
    ("bedrock", r"/model/[^/]+/(?:converse|converse-stream|invoke|invoke-with-response-stream)"),
    ("openai", r"(?:^|/)(?:chat/completions|completions|embeddings|responses(?:/(?:compact|input_tokens))?)"),
)
_ASKED = (
    ("ollama", r"(?:^|/)api/(?:tags|ps|version)"),
    ("google", r"(?:^|/)v1(?:alpha|beta)[0-9]*/(?:models(?:/[^:]+)?|interactions/[^/]+)"),
    ("openai", r"(?:^|/)models(?:/[^:]+)?"),
    ("openai", r"(?:^|/)responses/[^/]+"),
)


class Route(NamedTuple):
    """
    What stands at a path.

    Attributes:
        vendor: Whose it is, as far as the path tells.
        method: The method it takes.
    """

    vendor: str
    method: str


_TABLE = tuple(
    (re.compile(f"{pattern}/?\\Z"), Route(vendor, method))
    for method, rows in (("POST", _POSTED), ("GET", _ASKED))
    for vendor, pattern in rows
)


@lru_cache(maxsize=256)
def find_route(path: str) -> Route | None:
    """Give the route of a path, percent-encoded as it was sent; ``None`` where no vendor has one there."""
    return next((route for pattern, route in _TABLE if pattern.search(path)), None)


def error_body(vendor: str, status: int, code: str, message: str) -> dict[str, Any]:
    """
    Word an error as a vendor does.

    Args:
        vendor: The vendor's name, as ``Route.vendor`` has it; another is worded as OpenAI does.
        status: The HTTP status.
        code: A stable word for programs.
        message: What a person reads.
    """
    return _WORDINGS.get(vendor, _openai)(status, code, message)


def _openai(_status: int, code: str, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "playhead_error", "param": None, "code": code}}


def _anthropic(status: int, _code: str, message: str) -> dict[str, Any]:
    # https://docs.anthropic.com/en/api/errors
    kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def _google(status: int, code: str, message: str) -> dict[str, Any]:
    # https://cloud.google.com/apis/design/errors
    words = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code.upper(), "domain": "playhead"}
    word = words.get(status, "FAILED_PRECONDITION" if status < 500 else "UNAVAILABLE")
    return {"error": {"code": status, "message": message, "status": word, "details": [reason]}}


def _mistral(_status: int, code: str, message: str) -> dict[str, Any]:
    return {"object": "error", "message": message, "type": "playhead_error", "param": None, "code": code}


def _ollama(_status: int, _code: str, message: str) -> dict[str, Any]:
    return {"error": message}


def _plainly(status: int, _code: str, message: str) -> dict[str, Any]:
    return {"message": message or usual_reason(status)}


_WORDINGS: Mapping[str, Callable[[int, str, str], dict[str, Any]]] = {
    "anthropic": _anthropic,
    "google": _google,
    "mistral": _mistral,
    "ollama": _ollama,
    "cohere": _plainly,
    "bedrock": _plainly,
}
