"""The text of a chat answer's body, as every contender that keeps HTTP reads it."""

from __future__ import annotations

import msgspec


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class ChatBody(msgspec.Struct):
    """What is read of a chat answer's body."""

    choices: list[_Choice]


_BODY = msgspec.json.Decoder(ChatBody)


def text_of(body: bytes | str) -> str:
    """Read the answer's text out of a body."""
    return _BODY.decode(body).choices[0].message.content or ""
