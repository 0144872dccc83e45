"""
OpenAI's ``/chat/completions``.

Source: https://platform.openai.com/docs/api-reference/chat, and the deviations of compatible servers noted at
each place. Of several choices the first is the answer; the others are in the body only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects.answers import write_counts
from playhead.dialects.bodies import message_list
from playhead.dialects.dialect import Asked, Dialect
from playhead.dialects.openai_chat_stream import STREAM
from playhead.dialects.openai_choices import (
    COUNTS,
    answer_head,
    calls_of,
    content_text,
    first_choice,
    read_call,
    written_call,
)
from playhead.dialects.openai_requests import read_posted, write_posted
from playhead.dialects.openai_wire import decode_usage, mapping, merge, refuse_error, text
from playhead.dialects.paths import asks_stream
from playhead.errors import ProviderError, UsageError

PROVIDER = "openai"
OPERATION = "chat.completions"


def encode_chat(
    request: CompletionRequest,
    *,
    model: str | None,
    temperature: float | None,
    max_tokens: int | None,
    stream: bool,
) -> dict[str, Any]:
    """
    Give the JSON object that asks the question.

    Args:
        request: The question; its ``params`` are merged last and win; one that is ``None`` takes a field out.
        model: The model to ask, the request's own or a default; ``None`` is not sent.
        temperature: The value to send; ``None`` is not sent.
        max_tokens: The value to send; ``None`` is not sent.
        stream: Whether the answer is to come in pieces, with the usage in the last one.

    Raises:
        UsageError: ``params["stream"]`` says otherwise.
    """
    if bool(request.params.get("stream", stream)) is not stream:
        kind = "streamed" if stream else "whole"
        raise UsageError(
            f"params hold stream={request.params['stream']!r} in a call for a {kind} answer",
            hint="call stream(request) for pieces and complete(request) for a whole answer",
        )
    body: dict[str, Any] = {
        "model": model,
        "messages": list(request.conversation()),
        "temperature": temperature,
        "max_tokens": max_tokens,
        "tools": list(request.tools) or None,
    }
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return merge(body, request.params)


def decode_chat(body: object) -> Completion:
    """
    Read the JSON object of an answer; fields that are not known are passed over.

    Raises:
        ProviderError: It holds an error, no choices, or a choice without a message.
    """
    answer = mapping(body)
    refuse_error(answer)
    choice = first_choice(answer)
    if choice is None:
        raise ProviderError(f"the answer has no choices: its fields are {sorted(answer)!r}")
    refuse_error(choice)
    if not isinstance(choice.get("message"), Mapping):
        raise ProviderError(f"the answer's first choice has no message: its fields are {sorted(choice)!r}")
    message = mapping(choice["message"])
    return Completion(
        text=content_text(message),
        model=text(answer.get("model")),
        usage=decode_usage(answer.get("usage")),
        model_version=text(answer.get("system_fingerprint")) or None,
        finish_reason=text(choice.get("finish_reason")) or None,
        tool_calls=tuple(read_call(mapping(call)) for call in calls_of(message)),
    )


def claims_chat(asked: Asked) -> bool:
    """Whether an object is posted to a path that ends in ``/chat/completions``, whatever stands before it."""
    return asked.method == "POST" and type(asked.body) is dict and asked.path.endswith("/chat/completions")


def decode_chat_request(asked: Asked) -> CompletionRequest:
    """Read a request; messages that are no list of objects, or an empty one, stay among the params."""
    messages = message_list(asked.body.get("messages")) or None
    return read_posted(asked, OPERATION, messages=messages, taken=() if messages is None else ("messages",))


def encode_chat_request(request: CompletionRequest, stream: bool) -> Asked:
    """Write a request again."""
    asked = request.messages is not None or request.prompt is not None
    fields = {"messages": list(request.conversation())} if asked else {}
    return write_posted(request, "/v1/chat/completions", fields, stream=stream)


def encode_chat_response(completion: Completion, _request: CompletionRequest) -> dict[str, Any]:
    """Give the JSON object of an answer, the inverse of ``decode_chat``."""
    message: dict[str, Any] = {"role": "assistant", "content": completion.text, "refusal": None}
    if completion.tool_calls:
        message["content"] = completion.text or None
        message["tool_calls"] = [written_call(call) for call in completion.tool_calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}
    usage = write_counts(completion.usage, COUNTS)
    return {**answer_head(completion, "chat.completion"), "choices": [choice], **({"usage": usage} if usage else {})}


DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        provider=PROVIDER,
        operation=OPERATION,
        claims=claims_chat,
        streams=asks_stream,
        decode_request=decode_chat_request,
        encode_request=encode_chat_request,
        decode_response=decode_chat,
        encode_response=encode_chat_response,
        stream=STREAM,
    ),
)
