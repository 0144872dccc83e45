"""
How alike the takes of a request are: what differs between answers to the same question, and how much.

Two takes give the same *answer* where text, tool calls and output are equal, and have the same *form* where a program
that reads them goes the same way: the same finish reason, the same tools, the same shape of JSON, and of a short text
the text itself.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from playhead.core.canonical import encode
from playhead.core.model import Completion, CompletionRequest, Failure, Outcome, end_of

SHORT = 40
"""Characters up to which a text is a label, on which programs branch, and so a form by itself."""

ENOUGH_TAKES = 3
"""Takes below which nothing is said of a request: two that agree may do so by chance."""

LIKELY_NEW = 0.1
"""The chance of a form not seen yet from which further takes are worth their price."""


class Spread(msgspec.Struct, frozen=True):
    """
    A number over the takes of a request.

    Attributes:
        least: The smallest.
        median: The lower of the middle ones.
        most: The largest.
    """

    least: int = 0
    median: int = 0
    most: int = 0


class RequestStability(msgspec.Struct, frozen=True):
    """
    What the takes of one request have in common.

    Attributes:
        fingerprint: The request's key, 64 hexadecimal digits.
        provider: The provider's name.
        model: The model asked for.
        question: The last text of the conversation.
        temperature: The temperature asked for.
        takes: How many takes there are.
        failures: How many of them failed.
        texts: Different texts.
        tool_calls: Different lists of tool calls, with their arguments; 0 where no take calls one.
        finish_reasons: How often each was given.
        shapes: How often each shape of JSON was given; ``text`` is no JSON.
        answers: Different answers.
        forms: Different forms.
        agreement: The share of takes that gave the most frequent answer, 0 to 1.
        same_form: The share that gave the most frequent form.
        new_answer: The chance that the next take is an answer not seen yet, by Good and Turing: the share of takes
            whose answer no other take gave.
        new_form: The same of forms.
        tokens: Tokens written.
        worth_more: Whether further takes are worth their price: fewer than 3 were made, or a form not seen yet is
            likely (``new_form`` of 0.1 and more).
    """

    fingerprint: str
    provider: str
    model: str | None
    question: str
    temperature: float | None
    takes: int
    failures: int
    texts: int
    tool_calls: int
    finish_reasons: Mapping[str, int]
    shapes: Mapping[str, int]
    answers: int
    forms: int
    agreement: float
    same_form: float
    new_answer: float
    new_form: float
    tokens: Spread
    worth_more: bool


class _Take(NamedTuple):
    """What one take is told apart by."""

    answer: bytes | str
    form: str
    text: str | None
    tools: bytes
    finish_reason: str
    shape: str
    tokens: int | None


def stability_of(
    request: CompletionRequest, outcomes: Sequence[Outcome], *, fingerprint: str, provider: str
) -> RequestStability:
    """
    Compare the takes of a request.

    Args:
        request: The question.
        outcomes: The takes; at least one.
        fingerprint: The request's key.
        provider: The provider's name.
    """
    takes = [_take(outcome) for outcome in outcomes]
    count = len(takes)
    answers = Counter(take.answer for take in takes)
    forms = Counter(take.form for take in takes)
    answered = [take for take in takes if take.text is not None]
    new_form = _unseen(forms, count)
    return RequestStability(
        fingerprint=fingerprint,
        provider=provider,
        model=request.model,
        question=_question(request),
        temperature=request.temperature,
        takes=count,
        failures=count - len(answered),
        texts=len({take.text for take in answered}),
        tool_calls=len({take.tools for take in answered if take.tools}),
        finish_reasons=_counted(take.finish_reason for take in answered),
        shapes=_counted(take.shape for take in answered),
        answers=len(answers),
        forms=len(forms),
        agreement=max(answers.values()) / count,
        same_form=max(forms.values()) / count,
        new_answer=_unseen(answers, count),
        new_form=new_form,
        tokens=_spread([take.tokens for take in answered if take.tokens is not None]),
        worth_more=count < ENOUGH_TAKES or new_form >= LIKELY_NEW,
    )


def _unseen(seen: Counter[Any], count: int) -> float:
    """
    Give the chance that the next one is new.

    Source: I. J. Good, "The population frequencies of species", 1953: the share of observations seen exactly once.
    """
    return sum(1 for times in seen.values() if times == 1) / count


def _counted(words: Iterable[str]) -> dict[str, int]:
    found = Counter(words)
    return {word: found[word] for word in sorted(found, key=lambda word: (-found[word], word))}


def _spread(values: list[int]) -> Spread:
    ordered = sorted(values)
    return Spread(ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1]) if ordered else Spread()


def _take(outcome: Outcome) -> _Take:
    end = end_of(outcome)
    if not isinstance(end, Completion):
        failed = end.type.rpartition(".")[2] if isinstance(end, Failure) else "left early"
        said = f"{failed}: {end.message}" if isinstance(end, Failure) else failed
        return _Take(said, failed, None, b"", "", "", None)
    # Ids are of the moment, and two calls of a tool with the same arguments are the same call.
    calls = [[call.name, _plain_json(call.arguments)] for call in end.tool_calls]
    tools = encode(calls) if calls else b""
    shape = shape_of(end.text)
    label = end.text if len(end.text) <= SHORT and shape == TEXT else ""
    named = "+".join(sorted(f"{call.name}{shape_of(call.arguments)}" for call in end.tool_calls))
    form = f"{end.finish_reason}|{shape}|{named}|{label}"
    output = b"" if end.output is None else encode(end.output)
    answer = encode([end.text]) + tools + output if tools or output else end.text
    reason = end.finish_reason or "none given"
    tokens = end.usage.completion_tokens if end.usage.reported else None
    return _Take(answer, form, end.text, tools, reason, shape, tokens)


def _plain_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


TEXT = "text"
BROKEN = "broken JSON"


def shape_of(text: str) -> str:
    """
    Give the shape of a JSON text: its keys and the kinds of its values, whatever they are.

    Returns:
        ``{name:string,tags:[string]}`` for an object; ``text`` for what is no object and no list; ``broken JSON`` for
        what begins as one of them and is none.
    """
    stripped = text.strip()
    if stripped.startswith("```"):
        # Models put a fence round JSON, with the language's name on its first line.
        stripped = stripped.strip("`").partition("\n")[2].strip() if "\n" in stripped else stripped.strip("`")
    if stripped[:1] not in ("{", "["):
        return TEXT
    try:
        value: Any = msgspec.json.decode(stripped)
    except (msgspec.DecodeError, RecursionError):
        return BROKEN
    return _shape(value)


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return "{" + ",".join(f"{name}:{_shape(fields[name])}" for name in sorted(fields)) + "}"
    if isinstance(value, list):
        return "[" + "|".join(sorted({_shape(item) for item in cast("list[Any]", value)})) + "]"
    return _KINDS[type(value)]


_KINDS: Mapping[type[Any], str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


def _question(request: CompletionRequest) -> str:
    for message in reversed(request.conversation()):
        content = message.get("content")
        if isinstance(content, str):
            return content
    return ""


class StabilityReport(msgspec.Struct, frozen=True):
    """
    A cassette's requests, the least stable first.

    Attributes:
        requests: Each request.
        takes: How many takes there are of all of them.
        agreement: The mean of the requests' agreement, 0 to 1.
        same_form: The mean of their shares of the most frequent form.
        worth_more: How many requests are worth further takes.
    """

    requests: tuple[RequestStability, ...]
    takes: int
    agreement: float
    same_form: float
    worth_more: int


def report_of(requests: Iterable[RequestStability]) -> StabilityReport:
    """Put requests together, the least stable first."""
    ordered = sorted(requests, key=lambda each: (each.same_form, each.agreement, each.fingerprint))
    count = max(1, len(ordered))
    return StabilityReport(
        requests=tuple(ordered),
        takes=sum(each.takes for each in ordered),
        agreement=math.fsum(each.agreement for each in ordered) / count if ordered else 1.0,
        same_form=math.fsum(each.same_form for each in ordered) / count if ordered else 1.0,
        worth_more=sum(each.worth_more for each in ordered),
    )
