"""How families of providers are called: arguments in, our types out, found by methods and never by class."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

import pytest

from playhead import Completion, CompletionRequest, Family, RecordingError, ToolCall, Usage, UsageError
from playhead.providers.conventions.neutral import embedding_request, read_completion, read_request, read_usage

Object = types.SimpleNamespace


def test_our_own_request_is_taken_as_it_is() -> None:
    """A request of ours is passed on itself."""
    request = CompletionRequest("a")
    assert read_request(request) is request


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Object(prompt="a"), CompletionRequest("a")),
        (Object(prompt="a", model=None, id=None, unknown=1), CompletionRequest("a")),
        (Object(prompt="a", temperature=0.0, max_tokens=0), CompletionRequest("a", temperature=0.0, max_tokens=0)),
        (
            Object(
                messages=[{"role": "user", "content": "a"}],
                tools=[{"name": "t"}],
                params={"seed": 1},
                context={"c": 2},
                id="i",
            ),
            CompletionRequest(
                messages=({"role": "user", "content": "a"},),
                tools=({"name": "t"},),
                params={"seed": 1},
                context={"c": 2},
                id="i",
            ),
        ),
    ],
)
def test_other_requests_are_read_by_their_attributes(given: Any, expected: CompletionRequest) -> None:
    """Attributes of the same names are taken; what is ``None`` or unknown is left out, and 0 is not ``None``."""
    assert read_request(given) == expected


@pytest.mark.parametrize(
    "given", ["text", None, 3, {"prompt": "a"}, [{"role": "user"}], Object(text="a"), Object(prompt=None)]
)
def test_what_is_no_request_is_refused(given: Any) -> None:
    """Something without a prompt and without messages is refused, with its type."""
    with pytest.raises(UsageError, match=f"a {type(given).__name__} is not a request"):
        read_request(given)


def test_our_own_completion_is_taken_as_it_is() -> None:
    """A completion of ours is passed on itself."""
    completion = Completion("a")
    assert read_completion(completion) is completion


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Object(text="a"), Completion("a")),
        (Object(content="a", model=None, usage=None, tool_calls=()), Completion("a")),
        (Object(text="a", content="b"), Completion("a")),
        (Object(text="a", tool_calls=None), Completion("a")),
        (
            Object(text="", model="m", model_version="v", finish_reason="stop", provider="p", output=[1], raw={"x": 1}),
            Completion("", model="m", model_version="v", finish_reason="stop", provider="p", output=[1], raw={"x": 1}),
        ),
        (
            Object(content="a", tool_calls=[ToolCall("1", "f", "{}"), Object(id="2", name="g", arguments='{"q": 1}')]),
            Completion("a", tool_calls=(ToolCall("1", "f", "{}"), ToolCall("2", "g", '{"q": 1}'))),
        ),
        (Object(text="a", usage={"input_tokens": 3, "output_tokens": 4}), Completion("a", usage=Usage(3, 4, 7))),
    ],
)
def test_other_completions_are_read_by_their_attributes(given: Any, expected: Completion) -> None:
    """``text`` or ``content`` is the text; what else has our names is taken, and absent counts stay unknown."""
    assert read_completion(given) == expected


@pytest.mark.parametrize("arguments", [{"q": "é", "n": [1, 2.5, None]}, types.MappingProxyType({"q": 1})])
def test_arguments_given_as_values_become_json(arguments: Mapping[str, Any]) -> None:
    """A tool call whose arguments are a mapping already is kept as JSON text that gives the mapping again."""
    (call,) = read_completion(Object(text="", tool_calls=[Object(id="1", name="f", arguments=arguments)])).tool_calls
    assert call.parse_arguments() == dict(arguments)


@pytest.mark.parametrize(
    "given", [None, "text", b"text", 3, Object(), Object(text=None), Object(text=7), {"text": "a"}]
)
def test_what_is_no_completion_is_refused(given: Any) -> None:
    """An answer without a text cannot be recorded, and the error says what it was."""
    with pytest.raises(RecordingError, match=f"a {type(given).__name__} is not a completion"):
        read_completion(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Usage(reported=False)),
        ({}, Usage()),
        (Usage(1, 2, 3), Usage(1, 2, 3)),
        ({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 4}, Usage(1, 2, 4)),
        ({"input_tokens": 1, "output_tokens": 2}, Usage(1, 2, 3)),
        (Object(prompt_tokens=1, completion_tokens=2, total_tokens=3), Usage(1, 2, 3)),
        (Object(input_tokens=1, output_tokens=2, total_tokens=None), Usage(1, 2, 3)),
        ({"prompt_tokens": True, "completion_tokens": -1, "total_tokens": 1.5}, Usage()),
        ({"prompt_tokens": None, "input_tokens": 5}, Usage(5, 0, 5)),
    ],
)
def test_counts_are_read_by_either_name(given: Any, expected: Usage) -> None:
    """Both vendors' names, as mapping and as attributes, give the counts; no report is not a report of nothing."""
    found = read_usage(given)
    assert found == expected
    assert found.reported is expected.reported


def test_an_embedding_call_is_a_request_of_its_family() -> None:
    """Texts and what else is sent are matched; one text is a list of one."""
    assert embedding_request("a") == embedding_request(["a"])
    request = embedding_request(("a", "b"), model="e", dimensions=3, encoding_format="float")
    assert (request.family, request.model) == (Family.EMBEDDING, "e")
    assert request.params == {"input": ["a", "b"], "dimensions": 3, "encoding_format": "float"}
    assert embedding_request("a").params == {"input": ["a"]}


def test_a_list_of_texts_may_change_after_the_call() -> None:
    """The texts are taken as they were when the call was made."""
    texts = ["a"]
    request = embedding_request(texts)
    texts.append("b")
    assert request.params["input"] == ["a"]
