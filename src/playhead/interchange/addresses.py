"""
Where a call went whose address the recorder left out: known by what was answered.

Some test suites redact every address. An answer of a model's vendor says which of its operations gave it, and that is
what a replayed call is matched by, whatever its host.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from playhead.core.wire import Answer
from playhead.dialects.openai_wire import mapping, text
from playhead.format.content import decode_content
from playhead.interchange.source import Unusable

NO_ADDRESS = "its address is left out: that of the vendor's operation which answers so stands in its place"

_OPENAI, _ANTHROPIC = "https://api.openai.com/v1/", "https://api.anthropic.com/v1/"
_BY_OBJECT = {
    "chat.completion": _OPENAI + "chat/completions",
    "chat.completion.chunk": _OPENAI + "chat/completions",
    "text_completion": _OPENAI + "completions",
    "response": _OPENAI + "responses",
}
_FIRST_DATA = re.compile(rb"^data:[ \t]*(\{.*)$", re.MULTILINE)
_LOOKED_AT = 1 << 20


def is_address(url: str) -> bool:
    """Tell whether something is an address or a path, rather than what stands for one that is left out."""
    return "://" in url or url.startswith("/")


def likely_address(asked: bytes, answer: Answer) -> str:
    """
    Give the address of the operation that answers so.

    Args:
        asked: The request's body.
        answer: Its answer.

    Raises:
        Unusable: There is nothing to know it by.
    """
    found = _by_answer(_first_value(answer), mapping(_value(asked)))
    if found is None:
        raise Unusable("its request has no address, and no vendor is known by its answer")
    return found


def _by_answer(said: Mapping[str, Any], asked: Mapping[str, Any]) -> str | None:
    kind, sort = text(said.get("object")), text(said.get("type"))
    if kind in _BY_OBJECT:
        return _BY_OBJECT[kind]
    if kind == "list" and "input" in asked and "model" in asked:
        return _OPENAI + "embeddings"
    if sort.startswith("response."):
        return _OPENAI + "responses"
    if sort in ("message", "message_start") and "messages" in asked:
        return _ANTHROPIC + "messages"
    if "error" in said or "detail" in said:
        return _by_question(asked, sort)
    return None


def _by_question(asked: Mapping[str, Any], sort: str) -> str | None:
    """Give where a request that was refused went; Anthropic says ``"type": "error"`` of its errors."""
    if "messages" in asked and "model" in asked:
        return _ANTHROPIC + "messages" if sort == "error" else _OPENAI + "chat/completions"
    return _OPENAI + "responses" if "input" in asked and "model" in asked else None


def _first_value(answer: Answer) -> Mapping[str, Any]:
    content = decode_content(answer.header("content-encoding"), answer.content()) or b""
    event = _FIRST_DATA.search(content[:_LOOKED_AT])
    return mapping(_value(event[1] if event else content))


def _value(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None  # no JSON says nothing of an address
