"""The request of a recorded call, to be sent again: method, address, content type and body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playhead.core.evidence import Interaction
from playhead.core.model import Completion, CompletionRequest, Stream
from playhead.core.wire import Answer
from playhead.dialects.sending import NO_WIRE, Unwritable, Wired, written

URL = "https://api.openai.com/v1/chat/completions"
ASKED: dict[str, Any] = {
    "messages": ({"role": "user", "content": "hi"},),
    "model": "m",
    "operation": "chat.completions",
}


HELLO, CAME = Completion("hello"), Answer(200)


def call(outcome: Any = HELLO, answer: Answer | None = CAME, **fields: Any) -> Interaction:
    """Make a recorded call."""
    request = CompletionRequest(**{"context": {"method": "POST", "url": URL}, **ASKED, **fields})
    return Interaction(request, outcome, "openai", "0" * 64, 0, answer=answer)


def test_a_request_is_written_by_its_dialect() -> None:
    """The body has the values that were sent, at the address they were sent to."""
    found = written(call(params={"seed": 7}))
    assert found == Wired("POST", URL, "application/json", found.body)
    assert json.loads(found.body) == {"messages": [{"role": "user", "content": "hi"}], "model": "m", "seed": 7}
    assert "stream" in json.loads(written(call(outcome=Stream(end=Completion("x")), params={"stream": True})).body)


@pytest.mark.parametrize(
    ("interaction", "reason"),
    [
        (call(answer=None), NO_WIRE),
        (call(operation="", messages=None, prompt="hi"), NO_WIRE),
        (call(operation="dreams"), "nothing here writes requests of openai dreams"),
        (call(context={}), "the address it was sent to was not recorded"),
    ],
)
def test_what_cannot_be_written_says_why(interaction: Interaction, reason: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(Unwritable) as caught:
        written(interaction)
    assert str(caught.value) == reason
