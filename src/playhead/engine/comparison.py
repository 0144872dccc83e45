"""
What differs between a golden answer and a fresh one, and how grave it is.

Evidence is compared, not bytes: ids, server times, headers and where a stream was cut say nothing about the answer.
Of a body over the wire only that counts which the evidence does not hold already.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec

from playhead.core.bodies import OF_THE_MOMENT
from playhead.core.model import Completion, Failure, Origin, Outcome, Stream, ToolCall, end_of
from playhead.engine.comparison_values import ABSENT, NEAR, Place, places, shown
from playhead.errors import UsageError


class Grade(enum.IntEnum):
    """How grave a difference is; the gravest of an answer's names it."""

    IDENTICAL = 0
    USAGE = 1
    PROVENANCE = 2
    REWORDED = 3
    STRUCTURAL = 4

    @property
    def word(self) -> str:
        """The name as it is written in options and reports."""
        return self.name.lower()


WORDS = tuple(grade.word for grade in Grade)

NEVER = "never"
"""The threshold that nothing reaches."""


def grade_of(word: str | Grade) -> Grade:
    """
    Read a grade's name.

    Raises:
        UsageError: There is no such grade.
    """
    for grade in Grade:
        if word in (grade, grade.word):
            return grade
    raise UsageError(f"there is no grade {word!r} of drift", hint=f"one of {', '.join(WORDS)}")


class Fact(NamedTuple):
    """
    One thing that differs.

    Attributes:
        grade: How grave it is.
        kind: What it is: ``text``, ``json``, ``tool call``, ``finish reason``, ``truncated``, ``refusal``, ``failure``,
            ``stream``, ``status``, ``output``, ``vectors``, ``body``, ``model``, ``model version``, ``provider``,
            ``origin`` or ``usage``.
        path: Where, as in ``tool_calls[0].arguments.city``.
        old: The golden's value as text.
        new: The fresh one's.
        cosine: Of two vectors.
    """

    grade: Grade
    kind: str
    path: str
    old: str
    new: str
    cosine: float | None = None


class Side(NamedTuple):
    """
    One answer, as far as it is compared.

    Attributes:
        outcome: The evidence; ids in it are not looked at.
        provider: The provider's stable name.
        origin: Where the outcome came from.
        status: The HTTP status; ``None`` at the provider seam.
        broke: How an exchange over the wire broke, empty where it did not.
        left: Whether its consumer left before the end.
        body: The body over the wire, content encoding undone; empty at the provider seam.
        plain: Whether it is no model's answer, so that nothing is known of what in its body is of the moment.
    """

    outcome: Outcome
    provider: str
    origin: Origin = Origin.LIVE
    status: int | None = None
    broke: str = ""
    left: bool = False
    body: str = ""
    plain: bool = False

    @property
    def end(self) -> Completion | Failure | None:
        """What came at the end, whatever kind the outcome is."""
        return end_of(self.outcome)


_OF_THE_MOMENT = frozenset(
    (
        *OF_THE_MOMENT,
        *("signature", "thoughtSignature", "thought_signature", "encrypted_content", "metrics", "service_tier"),
    )
)
"""
Fields of a body whose values change with every answer: those that are kept apart in bodies that are read, seals over
what a model thought, and how busy its server was.
"""

_SAID_ELSEWHERE = frozenset(
    (
        *("usage", "usageMetadata", "usage_metadata", "model", "modelVersion", "model_version", "meta"),
        *("prompt_eval_count", "eval_count"),
    )
)
"""Fields whose values the evidence holds under names of ours."""

_CUT_OFF = frozenset(("length", "max_tokens", "max_output_tokens", "model_length", "incomplete", "error_limit"))
_REFUSED = frozenset(
    (
        "refusal",
        "content_filter",
        "content_filtered",
        "safety",
        "blocklist",
        "prohibited_content",
        "spii",
        "guardrail_intervened",
        "recitation",
        "image_safety",
        "language",
    )
)
_REFUSAL = re.compile(r'"refusal"\s*:\s*"[^"]|"type"\s*:\s*"(?:response\.)?refusal')
"""How OpenAI's bodies carry a refusal: https://platform.openai.com/docs/guides/structured-outputs, "Refusals"."""


def compare_answers(old: Side, new: Side, *, near: float = NEAR) -> tuple[Fact, ...]:
    """
    Give everything in which two answers differ, the gravest first.

    Args:
        old: The golden answer.
        new: The fresh one.
        near: Cosine from which two vectors count as the same; that they are not exactly so is a fact all the same.
    """
    found = [*_endings(old, new), *_said(old, new, near)]
    if not any(fact.grade >= Grade.REWORDED for fact in found):
        found += _bodies(old, new, near)
    found += [*_provenance(old, new), *_usage(old, new)]
    return tuple(sorted(found, key=lambda fact: -fact.grade))


def gravest(facts: Collection[Fact]) -> Grade:
    """Give the grade that names an answer."""
    return max((fact.grade for fact in facts), default=Grade.IDENTICAL)


def _structural(kind: str, path: str, old: object, new: object) -> Fact:
    return Fact(Grade.STRUCTURAL, kind, path, _text(old), _text(new))


def _text(value: object) -> str:
    return ABSENT if value is None else value if isinstance(value, str) else str(value)


# --- how the answers ended


def _endings(old: Side, new: Side) -> Iterator[Fact]:
    if old.status != new.status:
        yield _structural("status", "status", old.status, new.status)
    if isinstance(old.outcome, Stream) != isinstance(new.outcome, Stream):
        yield _structural("stream", "outcome", _shape(old), _shape(new))
    before, after = old.end, new.end
    if isinstance(before, Failure) or isinstance(after, Failure):
        yield from _failures(before, after)
    elif _unfinished(old) != _unfinished(new):
        yield _structural("truncated", "end", _unfinished(old) or "whole", _unfinished(new) or "whole")
    if old.broke != new.broke and not isinstance(after, Failure):
        yield _structural("truncated", "connection", old.broke or "whole", new.broke or "whole")
    yield from _reasons(old, new)


def _shape(side: Side) -> str:
    return "stream" if isinstance(side.outcome, Stream) else "failure" if isinstance(side.end, Failure) else "whole"


def _unfinished(side: Side) -> str:
    return "left by its consumer" if side.end is None or side.left else ""


def _failures(old: Completion | Failure | None, new: Completion | Failure | None) -> Iterator[Fact]:
    if not isinstance(old, Failure) or not isinstance(new, Failure):
        yield _structural("failure", "outcome", _ended(old), _ended(new))
        return
    if (old.type, old.error_code) != (new.type, new.error_code):
        yield _structural("failure", "failure", _ended(old), _ended(new))
    elif old.message != new.message:
        yield Fact(Grade.REWORDED, "failure", "failure.message", old.message, new.message)
    status = old.context.get("status"), new.context.get("status")
    if status[0] != status[1]:
        yield _structural("failure", "failure.status", *status)


def _ended(end: Completion | Failure | None) -> str:
    if isinstance(end, Failure):
        name = end.type.rpartition(".")[2]
        return f"{name}: {end.message}" if end.message else name
    return "an answer" if end is not None else "left by its consumer"


def _reasons(old: Side, new: Side) -> Iterator[Fact]:
    before, after = old.end, new.end
    if not isinstance(before, Completion) or not isinstance(after, Completion):
        return
    if before.finish_reason != after.finish_reason:
        words = {(before.finish_reason or "").lower(), (after.finish_reason or "").lower()}
        kind = "truncated" if words & _CUT_OFF else "refusal" if words & _REFUSED else "finish reason"
        yield _structural(kind, "finish_reason", before.finish_reason, after.finish_reason)
    refused = bool(_REFUSAL.search(old.body)), bool(_REFUSAL.search(new.body))
    if refused[0] != refused[1]:
        yield _structural("refusal", "refusal", *("refused" if one else "not refused" for one in refused))


# --- what they say


def _said(old: Side, new: Side, near: float) -> Iterator[Fact]:
    before, after = old.end, new.end
    one, other = _text_of(old), _text_of(new)
    if one != other and not (isinstance(before, Failure) != isinstance(after, Failure) and not (one and other)):
        yield from _texts(one, other, near)
    if isinstance(before, Completion) and isinstance(after, Completion):
        yield from _calls(before.tool_calls, after.tool_calls)
        yield from _placed("output", "output", places(before.output, after.output, "output"), near)
    if isinstance(old.outcome, Stream) and isinstance(new.outcome, Stream):
        # Pieces that are not text may hold what no completion was made of.
        pieces = old.outcome.values or (), new.outcome.values or ()
        yield from _placed("output", "output", places(*pieces, "pieces"), near)


def _text_of(side: Side) -> str:
    end = side.end
    if isinstance(end, Completion):
        return end.text
    return side.outcome.joined() if isinstance(side.outcome, Stream) else ""


def _texts(old: str, new: str, near: float) -> Iterator[Fact]:
    before, after = structured(old), structured(new)
    if before is None and after is None:
        yield Fact(Grade.REWORDED, "text", "text", old, new)
    elif before is None or after is None:
        yield _structural("json", "text", old, new)
    else:
        yield from _placed("json", "json", places(before, after, "text"), near)


def structured(text: str) -> Any:
    """Give a text that is a JSON object or list as its value, else ``None``."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def _calls(old: tuple[ToolCall, ...], new: tuple[ToolCall, ...]) -> Iterator[Fact]:
    for index in range(max(len(old), len(new))):
        path = f"tool_calls[{index}]"
        before = old[index] if index < len(old) else None
        after = new[index] if index < len(new) else None
        if before is None or after is None:
            yield _structural("tool call", path, _call_text(before), _call_text(after))
            continue
        if before.name != after.name:
            yield _structural("tool call", f"{path}.name", before.name, after.name)
        yield from _arguments(before.arguments, after.arguments, f"{path}.arguments")


def _call_text(call: ToolCall | None) -> str | None:
    return None if call is None else f"{call.name}({call.arguments})"


def _arguments(old: str, new: str, path: str) -> Iterator[Fact]:
    if old == new:
        return
    before, after = structured(old), structured(new)
    if before is None or after is None:
        yield _structural("tool call", path, old, new)
        return
    for place in places(before, after, path):
        yield Fact(Grade.STRUCTURAL, "tool call", place.path, place.old, place.new, place.cosine)


def _placed(kind: str, leaf: str, found: Iterator[Place], near: float) -> Iterator[Fact]:
    """Give the facts of places: a shape is structural, a value in the same shape is reworded."""
    for place in found:
        if place.cosine is not None:
            grade = Grade.IDENTICAL if place.cosine >= near else Grade.REWORDED
            yield Fact(grade, "vectors", place.path, place.old, place.new, place.cosine)
        else:
            grade = Grade.STRUCTURAL if place.shape else Grade.REWORDED
            if grade is Grade.REWORDED and "logprob" in place.path.lower():
                grade = Grade.PROVENANCE  # the same words from a model in another state
            yield Fact(grade, kind if place.shape else leaf, place.path, place.old, place.new)


def _bodies(old: Side, new: Side, near: float) -> Iterator[Fact]:
    """Compare what of two bodies the evidence does not hold: all of plain HTTP, vectors, log-probabilities."""
    if old.body == new.body or isinstance(old.outcome, Stream) or isinstance(new.outcome, Stream):
        return
    before, after = structured(old.body), structured(new.body)
    if before is None and after is None:
        yield Fact(Grade.REWORDED, "body", "body", old.body, new.body)
    elif before is None or after is None:
        yield _structural("body", "body", old.body, new.body)
    else:
        passed_over: frozenset[str] = frozenset() if old.plain else _OF_THE_MOMENT | _SAID_ELSEWHERE
        yield from _placed("body", "body", places(before, after, "body", ignoring=passed_over), near)


# --- who said it, and at what price


def _provenance(old: Side, new: Side) -> Iterator[Fact]:
    if old.provider != new.provider:
        yield Fact(Grade.PROVENANCE, "provider", "provider", old.provider, new.provider)
    if old.origin is not new.origin:
        yield Fact(Grade.PROVENANCE, "origin", "origin", old.origin.value, new.origin.value)
    before, after = old.end, new.end
    if not isinstance(before, Completion) or not isinstance(after, Completion):
        return
    for kind, one, other in (
        ("model", before.model, after.model),
        ("model version", before.model_version, after.model_version),
        ("provider", before.provider, after.provider),
    ):
        if (one or None) != (other or None):
            yield Fact(Grade.PROVENANCE, kind, kind.replace(" ", "_"), _text(one or None), _text(other or None))


def _usage(old: Side, new: Side) -> Iterator[Fact]:
    before, after = old.end, new.end
    if not isinstance(before, Completion) or not isinstance(after, Completion) or before.usage == after.usage:
        return
    one, other = (
        {name: usage[name] for name in usage} if usage.reported else "unreported"
        for usage in (before.usage, after.usage)
    )
    for place in places(one, other, "usage"):
        yield Fact(Grade.USAGE, "usage", place.path, _unquoted(place.old), _unquoted(place.new))


def _unquoted(text: str) -> str:
    return "unreported" if text == shown("unreported") else text
