"""Where a call went whose address is left out."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.wire import Answer
from playhead.interchange.addresses import is_address, likely_address
from playhead.interchange.source import Unusable

CHAT = {"model": "m", "messages": []}
ASKED = {"model": "m", "input": "a"}


def answer(value: Any, *headers: tuple[str, str]) -> Answer:
    """Give an answer with a body."""
    return Answer(200, headers, (value if isinstance(value, bytes) else json.dumps(value).encode(),))


@pytest.mark.parametrize(
    ("asked", "said", "path"),
    [
        (CHAT, {"object": "chat.completion"}, "openai.com/v1/chat/completions"),
        (CHAT, b'data: {"object": "chat.completion.chunk"}\n\n', "openai.com/v1/chat/completions"),
        ({"prompt": "a"}, {"object": "text_completion"}, "openai.com/v1/completions"),
        (ASKED, {"object": "response"}, "openai.com/v1/responses"),
        (ASKED, b'event: response.created\ndata: {"type": "response.created"}\n\n', "openai.com/v1/responses"),
        (ASKED, {"object": "list", "data": []}, "openai.com/v1/embeddings"),
        (CHAT, {"type": "message", "content": []}, "anthropic.com/v1/messages"),
        (CHAT, b'event: message_start\ndata: {"type": "message_start"}\n\n', "anthropic.com/v1/messages"),
        (CHAT, {"type": "error", "error": {"message": "no"}}, "anthropic.com/v1/messages"),
        (CHAT, {"error": {"message": "no"}}, "openai.com/v1/chat/completions"),
        (ASKED, {"detail": "no"}, "openai.com/v1/responses"),
    ],
)
def test_known_by_the_answer(asked: Any, said: Any, path: str) -> None:
    """Whatever an operation answers, whole, streamed or refused, names it."""
    assert likely_address(json.dumps(asked).encode(), answer(said)).endswith(path)


def test_an_encoded_answer_is_looked_into() -> None:
    """The body's encoding is no hindrance."""
    said = answer(gzip.compress(b'{"object": "response"}', mtime=0), ("content-encoding", "gzip"))
    assert likely_address(b"", said).endswith("/responses")


@pytest.mark.parametrize("said", [{"version": "1"}, b"\x89PNG", b"", {"object": "list"}, b"[" * 100_000])
def test_nobody_is_made_up(said: Any) -> None:
    """An answer that no vendor is known to give leaves the call out."""
    with pytest.raises(Unusable, match="no address"):
        likely_address(b"{}", answer(said))


@given(st.binary(), st.binary())
def test_any_bytes(asked: bytes, said: bytes) -> None:
    """Nothing but the one exception comes of any bodies."""
    with pytest.raises(Unusable):
        likely_address(asked, answer(said))


@pytest.mark.parametrize(
    ("url", "is_one"),
    [("https://a/b", True), ("/v1/x", True), ("**REDACTED**", False), ("", False), ("<url>", False)],
)
def test_what_is_an_address(url: str, is_one: bool) -> None:
    """What stands for an address is none."""
    assert is_address(url) is is_one
