"""OpenAI's completions of a prompt."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import answers, bodies, listen, refusals, spoken, stream_cases, there_and_back
from tests.strategies import any_text, same

from playhead.core.model import Completion, CompletionRequest
from playhead.core.usage import Usage
from playhead.dialects.answers import to_bytes
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_completions import DIALECTS
from playhead.dialects.openai_wire import loads
from playhead.errors import ProviderError

(COMPLETIONS,) = DIALECTS
PATH = "/v1/completions"
ASKED = CompletionRequest(prompt="Once", model="m", operation="completions")
BODIES = bodies("temperature", "max_tokens", "suffix", "echo", "n", prompt=st.one_of(any_text, st.just(["a", "b"])))


def without_calls(completion: Completion) -> Completion:
    """Leave out what this endpoint has no place for."""
    return msgspec.structs.replace(completion, tool_calls=())


@given(BODIES)
def test_requests_there_and_back(body: dict[str, Any]) -> None:
    """Every body is in its request, to the field, and comes out of it again."""
    there_and_back(COMPLETIONS, Asked("POST", PATH, {"model": "m", **body}))


@pytest.mark.parametrize("prompt", [["a", "b"], [1, 2], [[1], [2]], None, []])
def test_prompts_that_are_no_text(prompt: Any) -> None:
    """Lists of texts and token numbers are params; a text is the prompt."""
    request = COMPLETIONS.decode_request(Asked("POST", PATH, {"prompt": prompt}))
    assert (request.prompt, request.params) == (None, {"prompt": prompt})
    assert COMPLETIONS.decode_request(Asked("POST", PATH, {"prompt": ""})).prompt == ""


@pytest.mark.parametrize(
    "asked",
    [
        Asked("POST", "/v1/chat/completions", {"model": "m"}),
        Asked("POST", "/v1/fim/completions", {"model": "m"}),
        Asked("POST", "/api/orders/completions", {"order": 5}),
        Asked("GET", PATH, {"prompt": "x"}),
        Asked("POST", PATH, ["prompt"]),
    ],
)
def test_claims_nothing_else(asked: Asked) -> None:
    """Chat and the completions of other services are something else."""
    assert not COMPLETIONS.claims(asked)


def test_a_conversation_is_written_as_its_texts() -> None:
    """A request that was made for chat is written as one text."""
    request = CompletionRequest(messages=({"role": "system", "content": "a"}, {"role": "user", "content": "b"}))
    assert COMPLETIONS.encode_request(request, False).body == {"prompt": "a\nb"}


@given(answers.map(without_calls))
def test_answers_there_and_back(completion: Completion) -> None:
    """An answer that is written is read as the same answer, over the wire."""
    written = COMPLETIONS.encode_response(completion, ASKED)
    assert same(COMPLETIONS.decode_response(loads(to_bytes(written), "it")), completion)


@given(stream_cases())
def test_streams_there_and_back(case: tuple[Completion, list[str], list[int]]) -> None:
    """A stream that is written is heard as the same answer in the same pieces, however its bytes are cut."""
    completion, pieces, cuts = without_calls(case[0]), case[1], case[2]
    heard = listen(COMPLETIONS, spoken(COMPLETIONS, completion, pieces, ASKED), cuts)
    assert heard.pieces == pieces
    assert same(heard.completion, completion)


def test_a_stream_byte_by_byte_and_cut_short() -> None:
    """One byte at a time changes nothing, and a stream that ends early is refused."""
    completion = Completion(text="Hél lo", model="m", finish_reason="stop")
    data = spoken(COMPLETIONS, completion, ["Hél", " lo"], ASKED)
    assert listen(COMPLETIONS, data, range(len(data))) == (["Hél", " lo"], completion)
    assert refusals(COMPLETIONS, data, completion) > len(data) * 0.6


def test_a_real_answer() -> None:
    """A recorded answer of vLLM has its text, model, counts and reason."""
    answer = {
        "id": "cmpl-1",
        "object": "text_completion",
        "choices": [
            {"index": 0, "text": " upon", "logprobs": None, "finish_reason": "length", "stop_reason": None},
            {"index": 1, "text": " more", "logprobs": None, "finish_reason": "length"},
        ],
        "model": "m-1",
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "prompt_tokens_details": None},
    }
    assert COMPLETIONS.decode_response(json.loads(json.dumps(answer))) == Completion(
        text=" upon", model="m-1", usage=Usage(1, 2, 3), finish_reason="length"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"choices": []}, "no choices"),
        ({"choices": [{"message": {}}]}, "no text"),
        ({"error": {"message": "busy"}}, "'busy'"),
        ({"choices": [{"text": "a", "error": {"message": "busy"}}]}, "'busy'"),
        (None, "no choices"),
    ],
)
def test_what_is_no_answer(value: Any, words: str) -> None:
    """A body that is no answer is refused by naming what it lacks."""
    with pytest.raises(ProviderError, match=words):
        COMPLETIONS.decode_response(value)
