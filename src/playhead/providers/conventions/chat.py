"""
ClosedPaw's way: ``async chat(messages, model=None, **kwargs)`` gives a ``ChatResponse``; beside it ``list_models()``,
``health_check()`` and ``close()``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from playhead.core.model import Completion, CompletionRequest
from playhead.core.usage import UNREPORTED, Usage
from playhead.dialects.openai_wire import mapping
from playhead.errors import RecordingError, UsageError
from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse
from playhead.providers.conventions.convention import Arguments, Asking, Convention, Otherwise, Verb, close_nothing
from playhead.providers.conventions.neutral import in_messages
from playhead.providers.conventions.plain import plain
from playhead.providers.conventions.signatures import is_awaited, method_of

LIST_MODELS = "models.list"
HEALTH_CHECK = "health.check"


def chat_request(messages: Sequence[Any], model: str | None = None, **params: Any) -> CompletionRequest:
    """
    Make the request of a chat: messages with a role and a content, the model, and further parameters.

    Raises:
        UsageError: There are no messages.
    """
    if isinstance(messages, (str, bytes)):
        raise UsageError(f"messages must be a list, got {messages!r}", hint='[ChatMessage("user", "...")]')
    return CompletionRequest(
        messages=tuple(_message(message) for message in messages),
        model=model,
        temperature=params.pop("temperature", None),
        max_tokens=params.pop("max_tokens", None),
        tools=tuple(plain(tool) for tool in params.pop("tools", None) or ()),
        params={name: plain(value) for name, value in params.items() if value is not None},
    )


def _message(message: Any) -> dict[str, Any]:
    to_dict = getattr(message, "to_dict", None)
    found = plain(to_dict() if callable(to_dict) else message)
    if not isinstance(found, dict):
        raise UsageError(f"a {type(message).__name__} is not a message", hint='ChatMessage("user", "...")')
    return cast("dict[str, Any]", found)


def completion_of(answer: Any) -> Completion:
    """
    Make the completion of an answer: its model is the one the server said it used, where the answer tells.

    Raises:
        RecordingError: It has no content.
    """
    content = getattr(answer, "content", None)
    if not isinstance(content, str):
        raise RecordingError(
            f"a {type(answer).__name__} is not a chat's answer: it has no content",
            hint="return a ChatResponse, or an object with the same attributes",
        )
    asked, tokens, served = answer.model, getattr(answer, "tokens_used", None), getattr(answer, "served_model", None)
    told = {"model": asked, "provider": getattr(answer, "provider", "")}
    latency = getattr(answer, "latency_ms", None)
    if latency is not None:
        told["latency_ms"] = latency
    return Completion(
        content,
        model=served or asked or "",
        usage=Usage(total_tokens=tokens) if type(tokens) is int and tokens >= 0 else UNREPORTED,
        finish_reason=getattr(answer, "finish_reason", None),
        output=told,
    )


def response_of(completion: Completion, _asked: Arguments) -> ChatResponse:
    """Make the answer of a recorded completion, all six fields as they were."""
    told = mapping(completion.output)
    return ChatResponse(
        content=completion.text,
        model=told.get("model", completion.model),
        provider=told.get("provider", completion.provider or ""),
        tokens_used=completion.usage.total_tokens if completion.usage.reported else None,
        finish_reason=completion.finish_reason,
        latency_ms=told.get("latency_ms"),
        served_model=completion.model or None,
    )


def value_completion(value: Any) -> Completion:
    """Make the completion of an answer that is a plain value."""
    return Completion(output=plain(value))


def value_of(completion: Completion, _asked: Arguments) -> Any:
    """Give the plain value again."""
    return completion.output


def _fits(provider: Any) -> bool:
    chat = method_of(provider, "chat")
    return chat is not None and is_awaited(chat)


def _written(message: Mapping[str, Any]) -> Any:
    """Give a message as the system has it, or as it is where it holds more."""
    role, content = message.get("role"), message.get("content")
    plain_text = len(message) == 2 and isinstance(role, str) and isinstance(content, str)
    return ChatMessage(str(role), str(content)) if plain_text else dict(message)


ASYNC = Convention(
    "closedpaw",
    True,
    (
        Verb("chat", chat_request, completion_of, response_of),
        Verb("list_models", lambda: CompletionRequest(operation=LIST_MODELS), value_completion, value_of),
        Verb(
            "health_check",
            lambda: CompletionRequest(operation=HEALTH_CHECK),
            value_completion,
            value_of,
            # What only replays is in good health: it reaches for nothing that could fail.
            otherwise=Otherwise(True),
        ),
    ),
    _fits,
    {"close": close_nothing},
    Asking("chat", None, partial(in_messages, write=_written)),
    own_names=True,
)
