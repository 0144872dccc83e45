"""Live ids in a streamed answer, also where its events cut the recorded ones in pieces."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import playhead
from playhead.dialects.openai_chat_stream import ChatStreamReader

RULES = playhead.Matching(volatile=("uuid",))


def events(text: str, size: int) -> Iterator[bytes]:
    """Stream a text as OpenAI does, some characters an event."""
    for at in range(0, len(text), size):
        chunk = {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": text[at : at + size]}}]}
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
    last: dict[str, Any] = {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield b"data: " + json.dumps(last).encode() + b"\n\ndata: [DONE]\n\n"


def server(size: int) -> httpx.MockTransport:
    """Answer with what was asked, in events of a size."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["messages"][0]["content"]
        return httpx.Response(
            200, headers={"content-type": "text/event-stream"}, content=b"".join(events(f"you said {asked}!", size))
        )

    return httpx.MockTransport(answer)


def ask(client: httpx.Client, text: str) -> list[str]:
    """Ask for a stream and give the text of its events."""
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": text}]}
    answer = client.post("http://model.test/v1/chat/completions", json=body)
    return list(ChatStreamReader().feed(answer.content))


@pytest.mark.parametrize("size", [3, 7, 36, 500])
def test_the_live_id_is_streamed(tmp_path: Path, size: int) -> None:
    """Whatever the size of its events, a replayed stream speaks of the id that was asked about now."""
    path, recorded, live = tmp_path / "a.cassette", uuid.uuid4(), uuid.uuid4()
    with playhead.use_cassette(path, mode="record", matching=RULES) as session:
        client = httpx.Client(transport=playhead.transport(session, inner=server(size)))
        before = ask(client, f"about {recorded}, please")
    with playhead.use_cassette(path, strict=True) as session:
        client = httpx.Client(transport=playhead.transport(session))
        after = ask(client, f"about {live}, please")
    assert "".join(after) == f"you said about {live}, please!"
    assert str(recorded) not in "".join(after)
    assert len(after) <= len(before)
    assert after[0][:3] == "you"


def test_the_evidence_is_the_same_for_every_id(tmp_path: Path) -> None:
    """The text that was said is evidence without the id; the bytes of a cut stream are not the same again."""
    path = tmp_path / "a.cassette"
    for _ in range(2):
        with playhead.use_cassette(path, mode="record", matching=RULES) as session:
            ask(httpx.Client(transport=playhead.transport(session, inner=server(500))), f"{uuid.uuid4()}")
    (call,) = playhead.open_cassette(path)
    assert call.evidence.text.startswith("you said ")
    assert uuid.UUID(call.evidence.text.removeprefix("you said ").removesuffix("!"))
