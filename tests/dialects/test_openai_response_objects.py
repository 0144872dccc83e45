"""The response of OpenAI as one JSON object."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import answers
from tests.strategies import same

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.dialects.answers import to_bytes
from playhead.dialects.openai_response_objects import STATUSES, decode_answer, encode_answer
from playhead.dialects.openai_wire import loads
from playhead.errors import ProviderError

ASKED = CompletionRequest(prompt="hi", model="m", operation="responses")


def test_everything() -> None:
    """All evidence a response holds is found; reasoning and the vendor's own tools are passed over."""
    value = {
        "object": "response",
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "error": None,
        "model": "m-1",
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "no"}]},
            {"type": "web_search_call", "status": "completed", "action": {"query": "q"}},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"x" :1'},
            {"type": "message", "content": [{"type": "refusal", "refusal": "b"}, {"type": "output_text", "text": "c"}]},
            {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x y"},
            {"type": "computer_call", "call_id": "c3", "action": {"type": "click", "x": 1}},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "no"}]},
            5,
        ],
        "usage": {
            "input_tokens": 5,
            "input_tokens_details": {"cached_tokens": 2},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 4},
            "total_tokens": 12,
        },
    }
    assert decode_answer(value) == Completion(
        text="abc",
        model="m-1",
        finish_reason="max_output_tokens",
        usage=Usage(
            5, 7, 12, {"input_tokens_details": {"cached_tokens": 2}, "output_tokens_details": {"reasoning_tokens": 4}}
        ),
        tool_calls=(
            ToolCall("c1", "f", '{"x" :1'),
            ToolCall("c2", "g", "x y"),
            ToolCall("c3", "computer", '{"type":"click","x":1}'),
        ),
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"status": "failed", "error": {"code": "server_error", "message": "broken"}, "output": []}, "'broken'"),
        ({"status": "failed", "error": None, "output": []}, "failed"),
        ({"error": {"message": "no"}}, "'no'"),
        ({"status": "completed"}, "no output"),
        ({"output": "text"}, "no output"),
        (None, "no output"),
    ],
)
def test_what_is_no_answer(value: Any, words: str) -> None:
    """A response that failed or holds nothing is refused."""
    with pytest.raises(ProviderError, match=words):
        decode_answer(value)


@given(answers, st.sampled_from([*STATUSES, None, "max_output_tokens", "content_filter"]))
def test_there_and_back(completion: Completion, reason: str | None) -> None:
    """A response that is written is read as the same answer, over the wire."""
    completion = msgspec.structs.replace(completion, finish_reason=reason)
    written = encode_answer(completion, ASKED)
    assert written == encode_answer(completion, ASKED)
    assert same(decode_answer(loads(to_bytes(written), "it")), completion)


def test_written() -> None:
    """A written response has the fields that SDKs insist on, and the tools it was asked with."""
    request = CompletionRequest(prompt="hi", tools=({"type": "function", "name": "f"},), params={"tool_choice": "none"})
    written = encode_answer(Completion(text="a", finish_reason="stop"), request)
    assert written["id"].startswith("resp_")
    assert written["object"] == "response"
    assert (written["status"], written["incomplete_details"]) == ("incomplete", {"reason": "stop"})
    assert (written["tools"], written["tool_choice"]) == ([{"type": "function", "name": "f"}], "none")
    compact = CompletionRequest(prompt="hi", operation="responses.compact")
    assert encode_answer(Completion(), compact)["object"] == "response.compaction"
