"""Answers written as the vendor would have sent them."""

from __future__ import annotations

from typing import Any

import pytest

from playhead.core.wire import Answer, WireError
from playhead.interchange.llama_stack_answers import answer_of, error_of, wire_error

CHAT = "/v1/chat/completions"
JSON = (("content-type", "application/json"),)
EVENTS = (("content-type", "text/event-stream"),)


def typed(kind: str, data: Any) -> dict[str, Any]:
    """Give an object as the recorder keeps it."""
    return {"__type__": kind, "__data__": data}


def test_an_object_is_json() -> None:
    """The class it names is only a name."""
    body = typed("no.such.module.Class", {"a": None})
    assert answer_of({"body": body, "is_streaming": False}, CHAT) == Answer(200, JSON, (b'{"a":null}',))


def test_a_plain_value_is_json_and_text_is_text() -> None:
    """Some answers are kept without a type."""
    assert answer_of({"body": {"a": 1}, "status": 201}, CHAT).status == 201
    assert answer_of({"body": [1, typed("t", 2)]}, CHAT).content() == b"[1,2]"
    assert answer_of({"body": "hi"}, CHAT) == Answer(200, (("content-type", "text/plain"),), (b"hi",))
    assert answer_of({"body": '{"a":1}'}, CHAT).headers == JSON
    assert answer_of({"body": None}, CHAT) == Answer(200)


def test_chunks_are_events_that_end() -> None:
    """One piece an event, and OpenAI's end mark."""
    kind = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"
    chunks = [typed(kind, {"object": "chat.completion.chunk", "n": n}) for n in (1, 2)]
    answer = answer_of({"body": chunks, "is_streaming": True}, CHAT)
    assert answer.headers == EVENTS
    assert answer.pieces == (
        b'data: {"object":"chat.completion.chunk","n":1}\n\n',
        b'data: {"object":"chat.completion.chunk","n":2}\n\n',
        b"data: [DONE]\n\n",
    )


def test_events_that_have_a_type_are_named() -> None:
    """The Responses API names its events and has no end mark."""
    chunks = [typed("openai.types.responses.ResponseCreatedEvent", {"type": "response.created"})]
    answer = answer_of({"body": chunks, "is_streaming": True}, "/v1/responses")
    assert answer.pieces == (b'event: response.created\ndata: {"type":"response.created"}\n\n',)


def test_lines_are_put_together_by_event() -> None:
    """A stream that was kept by its lines is the same bytes again, one piece an event; a cut one stays cut."""
    lines = ["event: a", "data: 1", "", "data: 2", ""]
    answer = answer_of({"body": lines, "is_streaming": True}, "/v1/messages")
    assert (answer.headers, answer.pieces) == (EVENTS, (b"event: a\ndata: 1\n\n", b"data: 2\n\n"))
    assert answer_of({"body": lines[:2], "is_streaming": True}, "/v1/messages").pieces == (b"event: a\ndata: 1\n",)


def test_ollama_streams_lines() -> None:
    """One JSON object a line, known by the class or by the path."""
    chunks = [typed("ollama._types.ChatResponse", {"n": 1}), typed("ollama._types.ChatResponse", {"n": 2})]
    answer = answer_of({"body": chunks, "is_streaming": True}, "/api/chat")
    assert answer.headers == (("content-type", "application/x-ndjson"),)
    assert answer.pieces == (b'{"n":1}\n', b'{"n":2}\n')


@pytest.mark.parametrize("is_streaming", [True, False])
def test_the_pages_of_a_listing_are_one_answer(is_streaming: bool) -> None:
    """The SDK walks through the models by itself, and an older recorder calls that a stream."""
    models = [typed("openai.types.model.Model", {"id": "m", "object": "model"})]
    answer = answer_of({"body": models, "is_streaming": is_streaming}, "/v1/models")
    assert answer.content() == b'{"object":"list","data":[{"id":"m","object":"model"}]}'
    empty = answer_of({"body": [], "is_streaming": is_streaming}, "/v1/models")
    assert empty.content() == b'{"object":"list","data":[]}'


PROVIDER = {"category": "provider_sdk", "provider": "openai", "type": "BadRequestError", "status_code": 400}


@pytest.mark.parametrize(
    ("raised", "status", "body"),
    [
        ({**PROVIDER, "body": {"message": "no", "code": 1}}, 400, b'{"error":{"message":"no","code":1}}'),
        ({**PROVIDER, "body": {"error": {"message": "no"}}}, 400, b'{"error":{"message":"no"}}'),
        ({**PROVIDER, "body": None, "message": "no"}, 400, b'{"error":{"message":"no"}}'),
        ({**PROVIDER, "status_code": 429, "body": "slow down"}, 429, b'{"error":"slow down"}'),
    ],
)
def test_an_sdks_exception_is_the_answer_it_was_made_of(raised: dict[str, Any], status: int, body: bytes) -> None:
    """The SDK keeps the status, and gives what stands under "error"."""
    answer = answer_of({"body": None, "is_exception": True, "exception_data": raised}, CHAT)
    assert (answer.status, answer.headers, answer.content()) == (status, JSON, body)


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (
            {"category": "builtin", "type": "ConnectionError", "message": "refused"},
            WireError("llama_stack.ConnectionError", "connect", "refused"),
        ),
        (
            {"category": "builtin", "type": "TimeoutError"},
            WireError("llama_stack.TimeoutError", "timeout", "no message was kept"),
        ),
        (
            {"category": "llama_stack", "type": "ModelNotFoundError", "message": "m", "status_code": 404},
            WireError("llama_stack.ModelNotFoundError", "other", "m"),
        ),
    ],
)
def test_any_other_exception_broke_the_exchange(raised: dict[str, Any], error: WireError) -> None:
    """No answer came from a vendor, so none is made up."""
    answer = answer_of({"body": None, "is_exception": True, "exception_data": raised}, CHAT)
    assert answer == Answer(error=error)


def test_an_exception_does_not_hide_the_chunks_before_it() -> None:
    """A stream that broke is what came of it, without an end mark, and then how it broke."""
    chunks = [typed("openai.ChatCompletionChunk", {"object": "chat.completion.chunk"})]
    raised = {"category": "unknown", "type": "APIError", "message": "overloaded"}
    answer = answer_of({"body": chunks, "is_streaming": True, "is_exception": True, "exception_data": raised}, CHAT)
    assert answer.pieces == (b'data: {"object":"chat.completion.chunk"}\n\n',)
    assert answer.error == WireError("llama_stack.APIError", "other", "overloaded")


@pytest.mark.parametrize(
    ("answered", "kind", "message"),
    [
        ({"is_exception": True, "exception_message": "no"}, "Exception", "no"),
        ({"exception_type": "ValueError", "exception_message": "no"}, "ValueError", "no"),
        ({"is_exception": True}, "Exception", "no message was kept"),
        ({"body": {"__error__": "no"}}, "Exception", "no"),
        ({"body": {"__exception__": {"type": "ValueError", "message": "no"}}}, "ValueError", "no"),
    ],
)
def test_older_forms_of_an_exception_are_known(answered: dict[str, Any], kind: str, message: str) -> None:
    """A message alone, a class alone, and errors that stand in the body."""
    found = wire_error(error_of(answered))
    assert (found.type, found.message) == (f"llama_stack.{kind}", message)
    assert answer_of(answered, CHAT).error == found


def test_an_answer_is_no_error() -> None:
    """Nothing of an exception is in it."""
    assert error_of({"body": {"error": {"message": "no"}}, "status": 400}) == {}
