"""Answers that no vendor should send: every dialect reads them or says that it cannot, and never crashes."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.exchanges import odd_values, reader_of, spoken

from playhead.core.model import Completion, CompletionRequest, ToolCall
from playhead.core.usage import Usage
from playhead.dialects import anthropic_messages, bedrock, cohere, gemini, ollama
from playhead.dialects.aws_event_stream import Parser
from playhead.dialects.bedrock_wire import write_event
from playhead.dialects.dialect import Dialect
from playhead.errors import ProviderError

MODULES = (anthropic_messages, bedrock, cohere, gemini, ollama)
DIALECTS = [dialect for module in MODULES for dialect in module.DIALECTS]
STREAMING = [dialect for dialect in DIALECTS if dialect.stream is not None]
ANSWER = Completion(
    "Hello", "m", Usage(1, 2, 3), finish_reason="x", tool_calls=(ToolCall("c", "f", '{"a": 1}'), ToolCall("d", "g"))
)
REQUEST = CompletionRequest(prompt="hi", model="m", params={"anthropic_version": "x"})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every value inside a value."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def put(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Give a value with another one at a place."""
    if not path:
        return odd
    step, *rest = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[step] = put(value[step], tuple(rest), odd)
    return changed


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@given(st.data())
def test_odd_answers(dialect: Dialect, data: st.DataObject) -> None:
    """An answer with anything anywhere is an answer or a provider's fault."""
    value = json.loads(json.dumps(dialect.encode_response(ANSWER, REQUEST)))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(value))))
        value = put(value, path, data.draw(odd_values))
    with contextlib.suppress(ProviderError):
        assert isinstance(dialect.decode_response(value), Completion)


def values_of(dialect: Dialect, data: bytes) -> list[Any]:
    """Give the JSON values of a stream of ours."""
    if dialect.provider == "bedrock":
        events = [(one.text(":event-type"), json.loads(one.payload)) for one in Parser().feed(data)]
        if dialect.operation == "converse-stream":
            return [list(event) for event in events]
        return [json.loads(base64.b64decode(payload["bytes"])) for _, payload in events]
    if dialect.operation.endswith(".array"):
        return list(json.loads(data))
    lines = data.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line[:1] == "{" or line[:5] == "data:"]


def stream_of(dialect: Dialect, values: list[Any]) -> bytes:
    """Give the bytes of a stream with these JSON values."""
    if dialect.operation == "converse-stream":
        return b"".join(write_event(str(kind), payload) for kind, payload in values)
    if dialect.provider == "bedrock":
        texts = [base64.b64encode(json.dumps(value).encode()).decode() for value in values]
        return b"".join(write_event("chunk", {"bytes": text}) for text in texts)
    if dialect.operation.endswith(".array"):
        return json.dumps(values).encode()
    line = "data: %s\n\n" if b"data: " in spoken(dialect, ANSWER, [], REQUEST) else "%s\n"
    return "".join(line % json.dumps(value) for value in values).encode()


@pytest.mark.parametrize("dialect", STREAMING, ids=lambda one: one.name)
@given(st.data())
def test_odd_streams(dialect: Dialect, data: st.DataObject) -> None:
    """A stream with anything anywhere is an answer or a provider's fault, and what came is there all the same."""
    values = values_of(dialect, spoken(dialect, ANSWER, ["Hel", "lo"], REQUEST))
    assert len(values) > 2
    reader = reader_of(dialect)
    assert "".join(reader.feed(stream_of(dialect, values))) == "Hello"
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(values) - 1))
        path = data.draw(st.sampled_from(list(places(values[at]))))
        if dialect.operation != "converse-stream" or path[:1] == (1,):
            values[at] = put(values[at], path, data.draw(odd_values))
    reader = reader_of(dialect)
    with contextlib.suppress(ProviderError):
        said = reader.feed(stream_of(dialect, values))
        assert "".join(said) == reader.partial().text
        assert isinstance(reader.finish(), Completion)
    assert isinstance(reader.partial(), Completion)


def whole_of(reader: Any, data: bytes) -> None:
    """Read a stream to its end."""
    reader.feed(data)
    reader.finish()


@pytest.mark.parametrize("dialect", STREAMING, ids=lambda one: one.name)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes(dialect: Dialect, data: bytes) -> None:
    """Bytes that are no stream are a provider's fault."""
    reader = reader_of(dialect)
    with pytest.raises(ProviderError):
        whole_of(reader, data)
    assert reader.partial().text == ""
