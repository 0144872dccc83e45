"""What the paths of requests have in common: a JSON object that is posted, and a model's name between two slashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote, unquote

from playhead.dialects.dialect import Asked

NOTHING: Mapping[str, Any] = {}


def posted(asked: Asked) -> Mapping[str, Any] | None:
    """Give the JSON object that a request posts, or ``None`` where it does something else."""
    body: object = asked.body
    return cast("Mapping[str, Any]", body) if asked.method == "POST" and isinstance(body, dict) else None


def body_of(asked: Asked) -> Mapping[str, Any]:
    """Give the JSON object of a request's body, an empty one where it has none."""
    body: object = asked.body
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else NOTHING


def never_streams(asked: Asked) -> bool:
    """Say no: for operations that answer whole."""
    del asked
    return False


def always_streams(asked: Asked) -> bool:
    """Say yes: for operations that never answer whole."""
    del asked
    return True


def asks_stream(asked: Asked) -> bool:
    """Whether the body's field ``stream`` is true, for vendors that answer whole where it is not given."""
    return body_of(asked).get("stream") is True


def written(name: str) -> str:
    """Give a name as one part of a path, percent-encoded; lone surrogates become question marks."""
    return quote(name.encode("utf-8", "replace"), safe="-._~@:")


def read(part: str) -> str:
    """Give the name that one part of a path is; bytes that are not UTF-8 become replacement characters."""
    return unquote(part, errors="replace") if "%" in part else part
