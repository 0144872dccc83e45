"""Llama Stack's convention: OpenAI's parameters in, OpenAI's objects out, whole and in pieces, to the bit."""

from __future__ import annotations

import base64
import struct
import sys
import types
from types import SimpleNamespace
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.calls import outcome_fields, outcome_from
from playhead.core.canonical import decode, encode
from playhead.core.model import Completion, Family, ToolCall
from playhead.errors import UsageError
from playhead.providers.conventions import openai_mixin
from playhead.providers.conventions.convention import Arguments, Verb
from playhead.providers.conventions.openai_mixin import ASYNC, typed
from playhead.providers.conventions.rehydrated import JSONObject

MESSAGES = [{"role": "user", "content": "hi"}]
VERBS = {verb.name: verb for verb in ASYNC.verbs}
CHAT, PROMPT = VERBS["openai_chat_completion"], VERBS["openai_completion"]
EMBEDDINGS, AVAILABLE = VERBS["openai_embeddings"], VERBS["check_model_availability"]
NOTHING = Arguments((), {})
ARGUMENTS = '{"city": "Zürich",  "days": 2.0}'
ANSWER: dict[str, Any] = {
    "id": "x",
    "object": "chat.completion",
    "created": 17,
    "model": "m-2",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": ARGUMENTS}}
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    "own_field": {"a": [1, 2.5, None]},
}


class Model(pydantic.BaseModel):
    """An object as the SDK has them: what the server left out is None, what it added is there."""

    model_config = pydantic.ConfigDict(extra="allow")

    id: str | None = None
    service_tier: str | None = None


def stored(verb: Verb, answer: Any) -> Any:
    """Give an answer as a recording brings it back: through the convention, into bytes, and out of them."""
    again = outcome_from(decode(encode(outcome_fields(verb.to_completion(answer)))))
    assert isinstance(again, Completion)
    return verb.from_completion(again, NOTHING)


class TestRequests:
    def test_both_styles_are_one_request(self) -> None:
        """Parameters by name and in one object match the same recording."""
        named = CHAT.to_request("m", MESSAGES, temperature=0.5, tools=[{"type": "function"}], stream=None)
        one = CHAT.to_request({"model": "m", "messages": MESSAGES, "temperature": 0.5, "tools": [{"type": "function"}]})
        assert named == one
        assert (named.model, named.messages, named.temperature) == ("m", tuple(MESSAGES), 0.5)
        assert (named.operation, named.tools) == ("chat.completions", ({"type": "function"},))

    def test_the_older_completion_has_a_prompt(self) -> None:
        """A prompt is the request's prompt."""
        request = PROMPT.to_request("m", "once", max_tokens=4)
        assert (request.prompt, request.max_tokens, request.operation) == ("once", 4, "completions")

    def test_dimensions_and_format_are_part_of_the_request(self) -> None:
        """Vectors of another length or form are another question; numbers are the form where nothing is said."""
        plain = EMBEDDINGS.to_request("m", ["a"])
        assert plain.family is Family.EMBEDDING
        assert plain == EMBEDDINGS.to_request("m", ["a"], encoding_format="float")
        assert plain != EMBEDDINGS.to_request("m", ["a"], dimensions=8)
        assert plain != EMBEDDINGS.to_request("m", ["a"], "base64")

    def test_options_of_the_sdk_are_no_part_of_it(self) -> None:
        """A time-out and headers change nothing of what is asked."""
        assert CHAT.to_request("m", MESSAGES, timeout=3, extra_headers={"a": "b"}) == CHAT.to_request("m", MESSAGES)

    def test_a_model_is_asked_for_by_name(self) -> None:
        """Whether a model is there is a question about that model."""
        assert AVAILABLE.to_request("m") == AVAILABLE.to_request(model="m")
        assert AVAILABLE.to_request("m") != AVAILABLE.to_request("n")

    def test_what_makes_no_call_is_refused(self) -> None:
        """A third parameter by place is refused, not dropped."""
        with pytest.raises(UsageError, match="by place"):
            CHAT.to_request("m", MESSAGES, 0.5)

    @pytest.mark.parametrize(
        ("asked", "streams"),
        [
            (Arguments(("m", MESSAGES), {"stream": True}), True),
            (Arguments(("m", MESSAGES), {"stream": False}), False),
            (Arguments(("m", MESSAGES), {}), False),
            (Arguments(({"model": "m", "stream": True},), {}), True),
            (Arguments((), {"params": SimpleNamespace(model="m", stream=True)}), True),
        ],
    )
    def test_a_stream_is_asked_for_in_either_style(self, asked: Arguments, streams: bool) -> None:
        """The parameters say whether the answer comes in pieces, wherever they stand."""
        for verb in (CHAT, PROMPT):
            assert verb.streams(verb.to_request(*asked.args, **asked.kwargs)) is streams


class TestAnswers:
    def test_the_answer_is_the_server_s_json(self) -> None:
        """Every field comes back, the server's own too; what was left out reads as None."""
        again = stored(CHAT, Model(**ANSWER))
        assert again == ANSWER
        assert type(again) is JSONObject
        assert again.own_field.a == [1, 2.5, None]
        assert again.service_tier is None

    def test_tool_arguments_are_exact(self) -> None:
        """The model's text of a tool's arguments is kept to the byte, and is part of the evidence."""
        completion = CHAT.to_completion(Model(**ANSWER))
        assert completion.tool_calls == (ToolCall("c1", "look_up", ARGUMENTS),)
        again = stored(CHAT, ANSWER)
        assert again.choices[0].message.tool_calls[0].function.arguments == ARGUMENTS

    def test_the_older_function_call_is_kept(self) -> None:
        """An answer that calls a function the older way comes back as it was."""
        message = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{ }"}}
        answer = {**ANSWER, "choices": [{"index": 0, "finish_reason": "function_call", "message": message}]}
        assert stored(CHAT, answer) == answer
        assert CHAT.to_completion(answer).tool_calls == (ToolCall("", "f", "{ }"),)

    @given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5), max_size=4))
    def test_vectors_are_exact(self, vectors: list[list[float]]) -> None:
        """Numbers come back to the bit, each with its index, in the order they came."""
        data: list[dict[str, Any]] = [
            {"object": "embedding", "index": at, "embedding": one} for at, one in reversed(list(enumerate(vectors)))
        ]
        answer = {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        again = stored(EMBEDDINGS, answer)
        assert [item.index for item in again.data] == [item["index"] for item in data]
        for item, one in zip(again.data, data, strict=True):
            assert [number.hex() for number in item.embedding] == [number.hex() for number in one["embedding"]]

    def test_packed_vectors_are_kept_as_they_are(self) -> None:
        """Vectors in base64 come back as that text, once in the recording."""
        text = base64.b64encode(struct.pack("<3f", 0.1, -2.5, 3e8)).decode()
        answer = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": text}], "model": "m"}
        assert stored(EMBEDDINGS, answer) == answer
        assert EMBEDDINGS.to_completion(answer).output is None

    @pytest.mark.parametrize("there", [True, False])
    def test_availability_is_a_truth(self, there: bool) -> None:
        """Whether a model is there comes back as it was."""
        assert stored(AVAILABLE, there) is there

    def test_the_sdk_s_classes_where_they_are_loaded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the program has loaded the SDK, an answer is an object of its class; it is never imported."""

        class Thing(Model):
            @classmethod
            def construct(cls, **values: Any) -> Thing:  # type: ignore[override]
                return cls(**values)

        module = types.ModuleType("openai.types.chat")
        module.ChatCompletion = Thing  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "openai.types.chat", module)
        assert type(stored(CHAT, ANSWER)) is Thing
        assert type(typed("openai.types.chat", "Unknown", ANSWER)) is JSONObject
        assert typed("openai.types.chat", "ChatCompletion", [1]) == [1]


class TestStreams:
    def chunk(self, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        """Give one chunk of a chat."""
        return {"id": "x", "model": "m-2", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    def test_pieces_are_the_chunks(self) -> None:
        """A chunk is kept as the JSON it came from, and given as an object of it."""
        chunk = self.chunk({"content": "a"})
        kept = CHAT.pieces.to_plain(Model(**chunk))
        assert kept == chunk
        assert CHAT.pieces.from_plain(kept).choices[0].delta.content == "a"

    def test_a_stream_comes_to_a_completion(self) -> None:
        """Text, the parts of a tool's arguments, reason and counts are put together."""
        first = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a"'}}
        chunks = [
            self.chunk({"role": "assistant", "content": "Rép"}),
            self.chunk({"content": "onse"}),
            self.chunk({"tool_calls": [first]}),
            self.chunk({"tool_calls": [{"index": 0, "function": {"arguments": ":  1}"}}]}),
            self.chunk({}, "tool_calls"),
            {"id": "x", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
        ]
        end = CHAT.pieces.to_end(chunks, NOTHING)
        assert end is not None
        assert (end.text, end.model, end.finish_reason) == ("Réponse", "m-2", "tool_calls")
        assert end.tool_calls == (ToolCall("c1", "f", '{"a":  1}'),)
        assert end.usage.total_tokens == 3

    def test_the_older_completion_s_stream_has_its_text(self) -> None:
        """Chunks whose choices hold text come to that text."""
        chunks = [
            {"id": "x", "model": "m", "choices": [{"index": 0, "text": text, "finish_reason": reason}]}
            for text, reason in (("one ", None), ("two", None), ("", "length"))
        ]
        end = PROMPT.pieces.to_end(chunks, NOTHING)
        assert end is not None
        assert (end.text, end.finish_reason) == ("one two", "length")

    @pytest.mark.parametrize("odd", [{"error": {"message": "no"}}, 3, None, [], {"choices": 5}])
    def test_an_odd_chunk_stops_nothing(self, odd: Any) -> None:
        """What is no chunk is kept as it is; what the stream came to is what the others say."""
        end = CHAT.pieces.to_end([self.chunk({"content": "a"}), odd], NOTHING)
        assert end is not None
        assert end.text == "a"


@pytest.mark.parametrize("name", ["openai_chat_completion", "openai_completion", "openai_embeddings"])
def test_one_method_is_enough(name: str) -> None:
    """An object with any of the three methods is called this way; one without is not."""
    assert ASYNC.fits(SimpleNamespace(**{name: lambda: None}))
    assert not ASYNC.fits(SimpleNamespace(check_model_availability=lambda: None))
    assert AVAILABLE.to_request("m").operation == openai_mixin.AVAILABILITY
