"""What a streamed answer says, read from its bytes."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from examples.agent.bugs import Bugs


class BrokenStream(Exception):
    """A stream that is none, or ends in the middle."""


@dataclass
class Call:
    """One call of a tool, as the model wrote it."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Answer:
    """One answer: text, or calls of tools."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    reason: str | None = None


def read_answer(chunks: Iterable[bytes], bugs: Bugs) -> Answer:
    """
    Put an answer together from the bytes of its stream.

    Raises:
        BrokenStream: The stream is none of ours, or ends in the middle.
    """
    answer, calls = Answer(), dict[int, Call]()
    for line in _lines(_decoded(chunks, bugs)):
        if not line.startswith("data:") or line == "data: [DONE]":
            continue
        try:
            event = json.loads(line.removeprefix("data:"))
        except ValueError as error:
            raise BrokenStream(f"no JSON in {line[:40]!r}") from error
        for choice in event.get("choices", ()):
            _take_in(answer, calls, choice)
    if answer.reason is None:
        raise BrokenStream("the stream ended before the answer did")
    answer.calls = [calls[index] for index in sorted(calls)]
    return answer


def _decoded(chunks: Iterable[bytes], bugs: Bugs) -> Iterator[str]:
    if Bugs.CHUNKS in bugs:
        yield from (chunk.decode() for chunk in chunks)
        return
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    yield from (decoder.decode(chunk) for chunk in chunks)
    yield decoder.decode(b"", final=True)


def _lines(texts: Iterable[str]) -> Iterator[str]:
    rest = ""
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        yield from (line.rstrip("\r") for line in whole)
    if rest:
        yield rest


def _take_in(answer: Answer, calls: dict[int, Call], choice: dict[str, Any]) -> None:
    delta = choice.get("delta", {})
    answer.text += delta.get("content") or ""
    answer.reason = choice.get("finish_reason") or answer.reason
    for part in delta.get("tool_calls") or ():
        call = calls.setdefault(part["index"], Call())
        function = part.get("function", {})
        call.id = part.get("id") or call.id
        call.name += function.get("name") or ""
        call.arguments += function.get("arguments") or ""
