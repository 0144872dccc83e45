"""Anthropic's messages at Vertex AI."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.dialects.exchanges import bodies, conversations, key, there_and_back

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.core.usage import Usage
from playhead.dialects.anthropic_vertex import COUNTER, DIALECTS
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.registry import find_dialect

WHOLE, STREAMED, COUNT = DIALECTS
BODIES = bodies("system", "tools", "max_tokens", "anthropic_version", messages=conversations)
PLACE = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/"
SAYS = {"anthropic_version": "vertex-2023-10-16", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@given(BODIES)
def test_request_there_and_back(dialect: Dialect, body: dict[str, Any]) -> None:
    """Every body is a request, and the request gives the body again."""
    model = COUNTER if dialect is COUNT else "claude@1"
    verb = "streamRawPredict" if dialect is STREAMED else "rawPredict"
    request = there_and_back(dialect, Asked("POST", f"{PLACE}{model}:{verb}", {"messages": [], **body}))
    assert request.family is (Family.HTTP if dialect is COUNT else Family.LLM)
    if dialect is not COUNT:
        assert request.model == "claude@1"


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        (f"{PLACE}claude@1:rawPredict", SAYS, WHOLE),
        (f"{PLACE}claude@1:streamRawPredict", SAYS, STREAMED),
        (f"{PLACE}count-tokens:rawPredict", {"model": "claude@1", **SAYS}, COUNT),
        ("/gateway/models/claude:rawPredict", SAYS, WHOLE),
        ("/v1/publishers/mistralai/models/mistral-small:rawPredict", {"messages": [], "model": "m"}, None),
        (f"{PLACE}claude@1:rawPredict", {"inputs": []}, None),
        (f"{PLACE}claude@1:rawPredict", None, None),
    ],
)
def test_found_by_path_and_body(path: str, body: Any, found: Dialect | None) -> None:
    """Other makers' models have the same verbs and are plain HTTP."""
    assert find_dialect(Asked("POST", path, body)) is found


def test_model_and_prompt_are_of_the_key() -> None:
    """Another model in the path is another question."""
    first, second = [Asked("POST", f"{PLACE}{name}:rawPredict", SAYS) for name in ("a", "b")]
    assert key(WHOLE, first) != key(WHOLE, second)
    assert WHOLE.decode_request(first).conversation()[-1]["content"] == "Hi"


def test_answers_are_the_vendors() -> None:
    """Whole, streamed and counted answers are those of the vendor's own address."""
    answer = Completion("Hello", "claude", Usage(1, 2), finish_reason="end_turn")
    request = CompletionRequest(prompt="hi")
    assert WHOLE.decode_response(WHOLE.encode_response(answer, request)) == answer
    assert STREAMED.stream is not None
    reader = STREAMED.stream.reader()
    pieces = [piece for data in STREAMED.stream.encode(answer, ["Hel", "lo"], request) for piece in reader.feed(data)]
    assert (pieces, reader.finish()) == (["Hel", "lo"], answer)
    assert COUNT.decode_response({"input_tokens": 5}) == Completion(usage=Usage(5))
