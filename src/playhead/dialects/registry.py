"""Every dialect, and which of them a request is written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playhead.dialects import (
    anthropic_messages,
    anthropic_vertex,
    bedrock,
    cohere,
    gemini,
    gemini_interactions,
    mistral,
    ollama,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_models,
    openai_responses,
)
from playhead.dialects.dialect import Asked, Dialect

DIALECTS: tuple[Dialect, ...] = (
    *mistral.DIALECTS,
    *openai_chat.DIALECTS,
    *openai_completions.DIALECTS,
    *openai_responses.DIALECTS,
    *ollama.DIALECTS,
    *cohere.DIALECTS,
    *openai_embeddings.DIALECTS,
    *anthropic_messages.DIALECTS,
    *anthropic_vertex.DIALECTS,
    *bedrock.DIALECTS,
    *gemini.DIALECTS,
    *openai_models.DIALECTS,
)
"""Every dialect; the first that claims a request reads it, so the more special ones of a path stand first."""

BY_NAME: Mapping[tuple[str, str], Dialect] = {(one.provider, one.operation): one for one in DIALECTS}
"""Every dialect by provider and operation, as an interaction names them."""

_AT: Mapping[str, tuple[Dialect, ...]] = {
    "chat/completions": (*mistral.DIALECTS, *openai_chat.DIALECTS),
    "fim/completions": mistral.DIALECTS,
    "completions": openai_completions.DIALECTS,
    "responses": openai_responses.DIALECTS,
    "responses/compact": openai_responses.DIALECTS,
    "responses/input_tokens": openai_responses.DIALECTS,
    "interactions": gemini_interactions.INTERACTIONS,
    **dict.fromkeys((anthropic_vertex.WHOLE, anthropic_vertex.STREAMED), anthropic_vertex.DIALECTS),
    "embeddings": openai_embeddings.DIALECTS,
    "models": (*gemini.DIALECTS, *openai_models.DIALECTS),
    "messages": anthropic_messages.DIALECTS,
    "messages/count_tokens": anthropic_messages.DIALECTS,
    **dict.fromkeys(("chat", "embed"), cohere.DIALECTS),
    **dict.fromkeys((f"api/{one.operation}" for one in ollama.DIALECTS), ollama.DIALECTS),
    **dict.fromkeys(("converse", "converse-stream", "invoke", "invoke-with-response-stream"), bedrock.DIALECTS),
    **dict.fromkeys((one.operation for one in gemini.DIALECTS if one.operation != "models"), gemini.DIALECTS),
}
"""
The dialects by the last words of their paths, in the order of ``DIALECTS``: asking all of them would take longer than
reading the request does.
"""

_ELSEWHERE: tuple[Dialect, ...] = (
    BY_NAME["openai", openai_responses.RETRIEVE],
    BY_NAME["google", gemini_interactions.RETRIEVE],
    *openai_models.DIALECTS,
)
"""The dialects whose paths may end in any word, such as a model's name."""


_MOST_PATHS = 256
_candidates: dict[str, tuple[tuple[Callable[[Asked], bool], Dialect], ...]] = {}
"""Who is to be asked about a path: a program asks at a handful of paths, over and over."""


def find_dialect(asked: Asked) -> Dialect | None:
    """Give the dialect a request is written in, by its path and body; ``None`` where it fits none."""
    path = asked.path
    found = _candidates.get(path)
    if found is None:
        if len(_candidates) >= _MOST_PATHS:
            _candidates.clear()  # paths that hold ids may be without number
        found = _candidates[path] = tuple((one.claims, one) for one in _at(path))
    for claims, one in found:
        if claims(asked):
            return one
    return None


def _at(path: str) -> tuple[Dialect, ...]:
    head, _, last = path.rpartition("/")
    words = (f"{head.rpartition('/')[2]}/{last}", last, last.rpartition(":")[2])
    return next((_AT[each] for each in words if each in _AT), _ELSEWHERE)
