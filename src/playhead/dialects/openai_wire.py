"""
What OpenAI's endpoints have in common: parameters, token counts, errors, JSON that may hold anything.

Source: https://platform.openai.com/docs/api-reference, and what compatible servers send instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec

from playhead.core.usage import UNREPORTED, Usage
from playhead.errors import ProviderError

# Newer endpoints and some compatible servers use the second names.
_COUNTS = {
    "prompt_tokens": ("prompt_tokens", "input_tokens"),
    "completion_tokens": ("completion_tokens", "output_tokens"),
    "total_tokens": ("total_tokens",),
}


def mapping(value: object) -> Mapping[str, Any]:
    """Give a JSON object as it is and anything else as an empty one."""
    # Nearly every one is a dict, and asking an abstract class takes a microsecond.
    return cast("Mapping[str, Any]", value) if type(value) is dict or isinstance(value, Mapping) else {}


def sequence(value: object) -> Sequence[Any]:
    """Give a JSON array as it is and anything else as an empty one."""
    return cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else ()


def text(value: object) -> str:
    """Give a JSON string as it is and anything else as an empty one."""
    return value if isinstance(value, str) else ""


def loads(data: str | bytes, what: str) -> Any:
    """
    Read JSON as vendors write it: NaN, lone surrogates and a byte order mark pass.

    Args:
        data: The JSON text.
        what: What the text is, for the message.

    Raises:
        ProviderError: It is not JSON, or nested too deeply to be read.
    """
    # Four times as fast, and strict; what it refuses may still be what the other one reads.
    with suppress(ValueError, RecursionError):
        return msgspec.json.decode(data)
    # Refused outside of the handler: the decoder's exception holds the whole text, which may hold a secret.
    with suppress(ValueError, RecursionError):
        return json.loads(data)
    shown = data.decode("utf-8", errors="replace") if isinstance(data, bytes) else data
    raise ProviderError(f"{what} is not JSON: {shown!r}")


def merge(body: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """
    Put further parameters into a body; they win, and ``None`` takes a field out of it.

    So ``{"max_tokens": None, "max_completion_tokens": 50}`` speaks to servers that refuse the older field.
    """
    merged = {**body, **params}
    return {key: value for key, value in merged.items() if value is not None}


def decode_usage(value: object) -> Usage:
    """
    Read token counts; what is no count of ours is kept in the details as given.

    A value that is not a whole number of tokens is no count. Where no count is given at all, usage is
    unreported: unknown is not zero.
    """
    given = mapping(value)
    counts: dict[str, int] = {}
    used: set[str] = set()
    for name, spellings in _COUNTS.items():
        for spelling in spellings:
            count = _count(given.get(spelling))
            if count is not None and name not in counts:
                counts[name] = count
                used.add(spelling)
    if not counts:
        return UNREPORTED
    details = {key: item for key, item in given.items() if key not in used and item is not None}
    return Usage(
        prompt_tokens=counts.get("prompt_tokens", 0),
        completion_tokens=counts.get("completion_tokens", 0),
        total_tokens=counts.get("total_tokens", 0),
        details=details,
    )


def _count(value: object) -> int | None:
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and value >= 0 else None


def error_text(body: object) -> str | None:
    """
    Give the error's text that a body holds, or ``None`` where it holds none.

    Known shapes: ``{"error": {"message": ..., "code": ...}}``, ``{"error": "..."}``, ``{"message": "..."}``,
    ``{"detail": ...}``.
    """
    given = mapping(body)
    error = given.get("error") or given.get("message") or given.get("detail")
    if not error:
        return None
    inner = mapping(error)
    found = inner.get("message") or inner.get("code") or inner.get("type") or error
    if isinstance(found, str):
        return found
    with suppress(RecursionError):
        return json.dumps(found, default=repr)
    return "an error that is nested too deeply"


def refuse_error(body: Mapping[str, Any]) -> None:
    """
    Refuse a body that holds an error although it came as an answer.

    Raises:
        ProviderError: It does.
    """
    if body.get("error"):
        raise ProviderError(f"the answer is an error: {error_text(body)!r}")
