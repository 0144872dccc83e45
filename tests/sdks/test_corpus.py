"""
The real SDK, asked what an imported recording asked, returns what the recording holds.

Each call of ``../shared/corpus`` that an SDK has a method for is asked through it, in the cassette its file became,
with the network shut.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import playhead
from playhead.format.content import decode_content
from playhead.interchange.importing import import_files
from playhead.interchange.reading import read_source
from playhead.interchange.source import Exchange
from playhead.wire.exchange import read_sent
from tests.interchange.corpus import CORPUS, needs_corpus
from tests.sdks import corpus_callers as callers
from tests.sdks.corpus_callers import Call

pytestmark = needs_corpus


class Row(NamedTuple):
    """
    An SDK and the recordings it is asked about.

    Attributes:
        package: What must be installed.
        ask: Asks through the SDK.
        dialect: What the calls are written in.
        host: What stands in their addresses.
        least: How many there are at least, so that none goes missing.
    """

    package: str
    ask: Callable[[Call], list[Any]]
    dialect: str
    host: str
    least: int


ROWS = (
    Row("openai", callers.openai_chat, "openai chat.completions", "", 90),
    Row("openai", callers.openai_responses, "openai responses", "", 16),
    Row("openai", callers.openai_embeddings, "openai embeddings", "", 1),
    Row("groq", callers.groq_chat, "openai chat.completions", "groq.com", 7),
    Row("anthropic", callers.anthropic_messages, "anthropic messages", "", 18),
    Row("google.genai", callers.google_generate, "google generateContent", "", 17),
    Row("google.genai", callers.google_generate, "google streamGenerateContent", "", 3),
    Row("mistralai", callers.mistral_chat, "mistral chat.completions", "", 5),
    Row("cohere", callers.cohere_chat, "cohere chat", "", 3),
    Row("boto3", callers.bedrock_converse, "bedrock converse", "", 17),
    Row("boto3", callers.bedrock_converse, "bedrock converse-stream", "", 2),
    Row("boto3", callers.bedrock_invoke, "bedrock invoke", "", 5),
)


SAYS_MORE = {
    # The SDK of the day of the recording left it out.
    "test_image_as_binary_content_tool_response": "today's mistralai SDK writes the type of a tool: 'function'",
}
"""Recordings that today's SDK cannot ask for, with the reason: it is refused, and told where its request differs."""


class Recorded(NamedTuple):
    """A call of the corpus, and the cassette it is in."""

    name: str
    cassette: Path
    call: Call
    answer: bytes


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Recorded]]:
    """Import the corpus, and give its calls by what they are written in; refused ones are left to the errors' tests."""
    found: dict[str, list[Recorded]] = {}
    for one in import_files([CORPUS], tmp_path_factory.mktemp("corpus")).files:
        path, cassette = Path(one.path), Path(one.cassette or "")
        for item in read_source(path.read_bytes(), path.name).items:
            if not isinstance(item, Exchange) or item.answer.status != 200 or item.sent.method != "POST":
                continue
            read = read_sent(item.sent)
            if read.dialect is None:
                continue
            content = decode_content(item.answer.header("content-encoding"), item.answer.content())
            call = Call(item.sent.url, json.loads(item.sent.body), read.stream)
            found.setdefault(read.dialect.name, []).append(Recorded(path.stem, cassette, call, content or b""))
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.package}-{row.dialect.replace(' ', '-')}")
def test_the_sdk_returns_what_the_recording_holds(row: Row, recorded: dict[str, list[Recorded]]) -> None:
    """Every value that the SDK gives stands in the recorded body, and the texts are all there."""
    pytest.importorskip(row.package, reason="the SDKs are in .venv-sdk")
    asked = [one for one in recorded[row.dialect] if row.host in one.call.url]
    assert len(asked) >= row.least
    faults: list[str] = []
    for one in asked:
        with playhead.use_cassette(one.cassette):
            try:
                got = row.ask(one.call)
            except Exception as error:
                if one.name in SAYS_MORE and "tools[0].type: recorded (absent)" in str(error):
                    continue
                # An error in a stream is raised by the SDK with the vendor's words.
                if not one.call.stream or str(error).encode() not in one.answer:
                    faults.append(f"{one.name}: {type(error).__name__}: {str(error)[:300]}")
                continue
        want = list(values(one.answer, row.dialect))
        if sorted(texts(got)) != sorted(texts(want)):
            odd = sorted(set(texts(want)) ^ set(texts(got)))
            faults.append(f"{one.name}: {len(got)} for {len(want)}: {odd[:4]}")
    assert not faults, "\n".join(faults)


def values(body: bytes, dialect: str) -> Iterator[Any]:
    """Give the JSON values of a recorded answer: itself, or its events."""
    if dialect == "bedrock converse-stream":
        from botocore.eventstream import EventStreamBuffer

        buffer = EventStreamBuffer()
        buffer.add_data(body)
        yield from (json.loads(event.payload) for event in buffer)
    elif body.lstrip()[:1] in (b"{", b"["):
        yield json.loads(body)
    else:
        for line in body.splitlines():
            if line.startswith(b"data:") and b"[DONE]" not in line:
                yield json.loads(line.removeprefix(b"data:"))


_SAYING = frozenset(
    ("text", "content", "arguments", "name", "finish_reason", "stop_reason", "finishReason", "stopReason")
)


def texts(value: Any) -> Iterator[str]:
    """Give every text that says something, wherever it stands: what is said, asked of tools, and why it ended."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in _SAYING and isinstance(inner, str) and inner:
                yield f"{name}={inner}"
            else:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
