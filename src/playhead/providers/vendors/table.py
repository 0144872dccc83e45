"""The vendors, one row each."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from playhead.core.model import Completion, CompletionRequest
from playhead.dialects.dialect import Asked, StreamReader
from playhead.dialects.registry import BY_NAME
from playhead.errors import UsageError
from playhead.providers.vendors.embeddings import (
    ask_google_embeddings,
    ask_ollama_embeddings,
    ask_openai_embeddings,
    read_google_embeddings,
    read_ollama_embeddings,
    read_openai_embeddings,
)
from playhead.providers.vendors.questions import ask_anthropic, ask_google, ask_mistral, ask_ollama, ask_openai


class KeyPlace(enum.StrEnum):
    """How a key travels; ``NONE`` wants none, and sends one that is given as a bearer token."""

    BEARER = "Authorization: Bearer"
    HEADER = "x-api-key"
    QUERY = "?key="
    NONE = "none"


class Vectors(NamedTuple):
    """
    How a vendor gives vectors.

    Attributes:
        model: The model to ask where a request names none.
        ask: Writes the question, its path below the base URL.
        read: Reads the answer's JSON value.
    """

    model: str
    ask: Callable[[CompletionRequest], Asked]
    read: Callable[[Any], Completion]


class Vendor(NamedTuple):
    """
    One vendor.

    Attributes:
        name: Its stable name.
        base_url: Where it is.
        model: The model to ask where a request names none.
        key: How its key travels.
        ask: Writes a question, its path below the base URL; the flag says whether a stream is asked for. The request
            names a model.
        read: Reads the JSON value of a whole answer.
        reader: Makes what reads a streamed answer.
        models: Where its models are listed, below the base URL.
        models_query: What to ask for so that one answer lists them all.
        headers: What it wants with every call.
        vectors: How it gives vectors, or ``None`` where it gives none.
    """

    name: str
    base_url: str
    model: str
    key: KeyPlace
    ask: Callable[[CompletionRequest, bool], Asked]
    read: Callable[[Any], Completion]
    reader: Callable[[], StreamReader]
    models: str = "/models"
    models_query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})
    vectors: Vectors | None = None


def reading(provider: str, operation: str) -> tuple[Callable[[Any], Completion], Callable[[], StreamReader]]:
    """Give what reads the whole and the streamed answers of a dialect that has both."""
    dialect = BY_NAME[provider, operation]
    assert dialect.stream is not None  # noqa: S101 - true of every dialect named below
    return dialect.decode_response, dialect.stream.reader


def _row(
    name: str,
    base_url: str,
    model: str,
    key: KeyPlace,
    ask: Callable[[CompletionRequest, bool], Asked],
    reading: tuple[Callable[[Any], Completion], Callable[[], StreamReader]],
    **further: Any,
) -> Vendor:
    return Vendor(name, base_url, model, key, ask, *reading, **further)


# Sources: https://platform.openai.com/docs/api-reference, https://docs.anthropic.com/en/api,
# https://ai.google.dev/api, https://docs.mistral.ai/api, https://github.com/ollama/ollama/blob/main/docs/api.md;
# 1000 is the most that Anthropic and Google list at a time.
VENDORS: Mapping[str, Vendor] = MappingProxyType(
    {
        vendor.name: vendor
        for vendor in (
            _row(
                "openai",
                "https://api.openai.com/v1",
                "gpt-4o-mini",
                KeyPlace.BEARER,
                ask_openai,
                reading("openai", "chat.completions"),
                vectors=Vectors("text-embedding-3-small", ask_openai_embeddings, read_openai_embeddings),
            ),
            _row(
                "anthropic",
                "https://api.anthropic.com/v1",
                "claude-3-5-sonnet-20241022",
                KeyPlace.HEADER,
                ask_anthropic,
                reading("anthropic", "messages"),
                models_query=(("limit", "1000"),),
                headers={"anthropic-version": "2023-06-01"},
            ),
            _row(
                "google",
                "https://generativelanguage.googleapis.com/v1beta",
                "gemini-1.5-flash",
                KeyPlace.QUERY,
                ask_google,
                (BY_NAME["google", "generateContent"].decode_response, reading("google", "streamGenerateContent")[1]),
                models_query=(("pageSize", "1000"),),
                vectors=Vectors("gemini-embedding-001", ask_google_embeddings, read_google_embeddings),
            ),
            _row(
                "mistral",
                "https://api.mistral.ai/v1",
                "mistral-small-latest",
                KeyPlace.BEARER,
                ask_mistral,
                reading("mistral", "chat.completions"),
                vectors=Vectors("mistral-embed", ask_openai_embeddings, read_openai_embeddings),
            ),
            _row(
                "ollama",
                "http://127.0.0.1:11434",
                "llama3.2:3b",
                KeyPlace.NONE,
                ask_ollama,
                reading("ollama", "chat"),
                models="/api/tags",
                vectors=Vectors("nomic-embed-text", ask_ollama_embeddings, read_ollama_embeddings),
            ),
        )
    }
)
"""Every vendor by its name."""


def vendor_named(name: str) -> Vendor:
    """
    Give a vendor by its name.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in VENDORS:
        raise UsageError(
            f"unknown vendor {name!r}",
            hint=f"one of {', '.join(VENDORS)}; OpenAICompatibleProvider asks other servers that speak OpenAI's API",
        )
    return VENDORS[name]
