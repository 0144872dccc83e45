"""Arguments of a tool call that come in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playhead.core.model import ToolCall
from playhead.dialects.gemini_arguments import GrowingCall, is_growing
from playhead.errors import ProviderError


def piece(path: str, **value: Any) -> dict[str, Any]:
    """Give a piece of a call that is for one place."""
    return {"partialArgs": [{"jsonPath": path, **value}], "willContinue": True}


def test_a_call_grows() -> None:
    """Texts are continued, other values come whole, at any depth."""
    call = GrowingCall({"id": "1", "name": "f", "args": {"kept": 1}, "willContinue": True})
    assert call.tool_call() == ToolCall("1", "f", '{"kept":1}')
    for one in (
        piece("$.city", stringValue="Zü"),
        piece("$.city", stringValue="rich"),
        piece("$.days[0].on", boolValue=True),
        piece("$.days[0]['at hour']", numberValue=7.5),
        piece("$.days[1]", nullValue="NULL_VALUE"),
        piece('$["a.b"]', stringValue=""),
        piece("$.nothing"),
    ):
        call.grow(one)
        assert call.open
    call.grow({})
    assert not call.open
    assert json.loads(call.tool_call().arguments) == {
        "kept": 1,
        "city": "Zürich",
        "days": [{"on": True, "at hour": 7.5}, None],
        "a.b": "",
    }


@pytest.mark.parametrize(
    "path", ["", "$", "city", "$.", "$[", "$.a[7]", "$.a.b.c[0]x", "$[0]", "$.text.a", "$.text[0]", "$.list.a"]
)
def test_places_that_are_none(path: str) -> None:
    """A path that leads nowhere is a provider's fault."""
    call = GrowingCall({"args": {"text": "x", "list": [1]}, "willContinue": True})
    with pytest.raises(ProviderError, match="the unknown place"):
        call.grow(piece(path, numberValue=1))


@pytest.mark.parametrize(
    ("call", "expected"),
    [({"name": "f", "args": {}}, False), ({}, False), ({"willContinue": True}, True), ({"partialArgs": []}, True)],
)
def test_is_growing(call: dict[str, Any], expected: bool) -> None:
    """A call is whole unless it says that more follows."""
    assert is_growing(call) is expected
