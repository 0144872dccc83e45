"""The chat template, rendered by the server that will use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from playhead.providers.tiny_server import TinyServer, missing_dependency

if TYPE_CHECKING:
    from collections.abc import Iterator

absent = missing_dependency()
pytestmark = [
    pytest.mark.real_server,
    pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)"),
]

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_song",
            "parameters": {"type": "object", "properties": {"title": {"type": "string"}}},
        },
    }
]
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "find_song", "arguments": '{"title": "Map"}'}}
    ],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "found"}
QUESTION = {"role": "user", "content": "Find Map."}


@pytest.fixture(scope="module")
def root_url() -> Iterator[str]:
    """Serve one model for the whole file."""
    with TinyServer() as server:
        yield server.root_url


def render(root_url: str, **body: Any) -> str:
    """Return the prompt the server makes of a request."""
    response = httpx.post(f"{root_url}/apply-template", json=body, timeout=20)
    assert response.status_code == 200, response.text
    prompt = response.json()["prompt"]
    assert isinstance(prompt, str)
    return prompt


def test_turns_are_chatml(root_url: str) -> None:
    """System, user and assistant turns are written in ChatML, and the prompt ends where the answer starts."""
    messages = [{"role": "system", "content": "Be kind."}, QUESTION, {"role": "assistant", "content": "Yes."}]
    assert render(root_url, messages=[*messages, QUESTION]) == (
        "<|im_start|>system\nBe kind.\n<|im_end|>\n"
        "<|im_start|>user\nFind Map.<|im_end|>\n"
        "<|im_start|>assistant\nYes.<|im_end|>\n"
        "<|im_start|>user\nFind Map.<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_tools_are_described_and_invite_a_call(root_url: str) -> None:
    """With tools the system turn describes each and the prompt ends in the mark that a call may follow."""
    prompt = render(root_url, messages=[QUESTION], tools=TOOLS)
    assert '"name": "find_song"' in prompt.partition("<|im_end|>")[0]
    assert prompt.endswith("<|im_start|>assistant\n<|call_ready|>")


def test_a_call_and_its_result_are_written_out(root_url: str) -> None:
    """A past call and its result are in the prompt, and after a result no further call is invited."""
    prompt = render(root_url, messages=[QUESTION, CALL, RESULT], tools=TOOLS)
    assert '<tool_call>{"name": "find_song", "arguments": {"title": "Map"}}</tool_call><|im_end|>' in prompt
    assert prompt.endswith("<|im_start|>user\n<tool_response>found</tool_response><|im_end|>\n<|im_start|>assistant\n")
