"""Routes and the vendors' words for errors."""

from __future__ import annotations

import pytest

from playhead.gateway.vendors import Route, error_body, find_route


@pytest.mark.parametrize(
    ("path", "vendor", "method"),
    [
        ("/v1/chat/completions", "openai", "POST"),
        ("/openai/v1/chat/completions", "openai", "POST"),
        ("/chat/completions", "openai", "POST"),
        ("/v1/completions", "openai", "POST"),
        ("/v1/responses", "openai", "POST"),
        ("/v1/responses/resp_1", "openai", "GET"),
        ("/v1/embeddings", "openai", "POST"),
        ("/v1/models", "openai", "GET"),
        ("/v1/models/gpt-4.1", "openai", "GET"),
        ("/v1/messages", "anthropic", "POST"),
        ("/v1/messages/count_tokens", "anthropic", "POST"),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "google", "POST"),
        ("/v1/models/gemini-2.5-flash:streamGenerateContent", "google", "POST"),
        ("/v1beta/models", "google", "GET"),
        ("/v1/fim/completions", "mistral", "POST"),
        ("/api/chat", "ollama", "POST"),
        ("/api/generate", "ollama", "POST"),
        ("/api/embed", "ollama", "POST"),
        ("/api/tags", "ollama", "GET"),
        ("/v2/chat", "cohere", "POST"),
        ("/model/anthropic.claude/converse", "bedrock", "POST"),
    ],
)
def test_each_vendors_routes_are_known(path: str, vendor: str, method: str) -> None:
    """A route tells whose it is and which method it takes, with whatever prefix a base URL adds."""
    assert find_route(path) == Route(vendor, method)


@pytest.mark.parametrize("path", ["/", "/v1", "/api/providers", "/v1/chat/completions/x", "/metrics", "/v1/files"])
def test_other_paths_are_nobodys(path: str) -> None:
    """What no vendor has is no route."""
    assert find_route(path) is None


@pytest.mark.parametrize(
    ("vendor", "where"),
    [
        ("openai", ("error", "message")),
        ("anthropic", ("error", "message")),
        ("google", ("error", "message")),
        ("mistral", ("message",)),
        ("ollama", ("error",)),
        ("cohere", ("message",)),
        ("bedrock", ("message",)),
        ("somebody", ("error", "message")),
    ],
)
def test_the_message_stands_where_the_vendors_sdk_reads_it(vendor: str, where: tuple[str, ...]) -> None:
    """Whoever prints the SDK's error reads the explanation."""
    value = error_body(vendor, 422, "no_match", "nothing is recorded")
    for name in where:
        value = value[name]
    assert str(value) == "nothing is recorded"
