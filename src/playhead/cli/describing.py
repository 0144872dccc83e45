"""Requests and outcomes in words, and as plain values for ``--json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from playhead.cli.output import plural, printable, size_text, time_text
from playhead.core.calls import outcome_fields
from playhead.core.canonical import encode
from playhead.core.evidence import Interaction
from playhead.core.model import Completion, Failure, Outcome, Stream, ToolCall, end_of
from playhead.core.names import CAPTURED_PROVIDER
from playhead.core.usage import Usage
from playhead.core.wire import Answer
from playhead.sessions.capturing import describe_call

_INDENT = 11


def failure_line(failure: Failure) -> str:
    """Write a failure on one line."""
    name = failure.type.rpartition(".")[2]
    wait = f" (wait {failure.retry_after:g} s)" if failure.retry_after is not None else ""
    message = " ".join(printable(failure.message).split())
    return f"{name}: {message}{wait}" if message else f"{name}{wait}"


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Give the facts of an outcome that scripts ask for, under the same names whatever its kind."""
    end = end_of(outcome)
    answer = end if isinstance(end, Completion) else None
    failure = end if isinstance(end, Failure) else None
    facts: dict[str, Any] = {
        "text": answer.text if answer is not None else outcome.joined() if isinstance(outcome, Stream) else None,
        "model": answer.model or None if answer is not None else None,
        "usage": usage_json(answer.usage) if answer is not None and answer.usage.reported else None,
        "finish_reason": answer.finish_reason if answer is not None else None,
        "tool_calls": [tool_call_json(call) for call in answer.tool_calls] if answer is not None else [],
        "failure": outcome_fields(failure) if failure is not None else None,
    }
    if isinstance(outcome, Stream):
        facts["pieces"] = list(outcome.pieces())
    if answer is not None and answer.output is not None:
        facts["output"] = answer.output
    return facts


def usage_json(usage: Usage) -> dict[str, Any]:
    """Give token counts under their own names."""
    return {name: usage[name] for name in usage}


def tool_call_json(call: ToolCall) -> dict[str, str]:
    """Give a tool call as plain values."""
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def take_line(interaction: Interaction) -> str:
    """Write what one take is: number, origin, date, how long, how many tokens."""
    evidence = interaction.evidence
    facts = [f"take {interaction.sequence}", interaction.origin.value]
    if interaction.recorded_on is not None:
        facts.append(interaction.recorded_on)
    if interaction.latency_ms:
        facts.append(time_text(interaction.latency_ms))
    if evidence.usage.reported and evidence.failure is None:
        facts.append(f"{evidence.usage.prompt_tokens} + {evidence.usage.completion_tokens} tokens")
    if evidence.finish_reason:
        facts.append(printable(evidence.finish_reason))
    return ", ".join(facts)


def head_line(interaction: Interaction) -> str:
    """Write what one call is: its key, provider and model."""
    request = interaction.request
    if interaction.provider == CAPTURED_PROVIDER:
        called = printable(describe_call(request))
        return "  ".join((interaction.fingerprint[:12], interaction.provider, called))
    facts = [interaction.fingerprint[:12], interaction.provider, printable(request.model or "(model not named)")]
    if request.temperature is not None:
        facts.append(f"temperature {request.temperature:g}")
    if request.max_tokens is not None:
        facts.append(f"at most {request.max_tokens} tokens")
    facts += [f"{printable(name)} {_short(value)}" for name, value in sorted(request.params.items()) if name != "input"]
    if request.tools:
        facts.append(plural(len(request.tools), "tool"))
    return "  ".join(facts)


def question_lines(interaction: Interaction) -> Iterator[str]:
    """Write the conversation up to the answer."""
    request = interaction.request
    if "input" in request.params:
        yield from _said("input", _short(request.params["input"], 400))
    for message in request.conversation():
        yield from _said(str(message.get("role", "?")), _content_text(message.get("content", message.get("parts"))))
        for call in _calls_in(message):
            yield from _said("", call)


def answer_lines(interaction: Interaction) -> Iterator[str]:
    """Write what came back."""
    outcome = interaction.outcome
    end = end_of(outcome)
    answer = interaction.answer
    if answer is not None:
        yield from _said("HTTP", _wire_text(answer))
    if isinstance(outcome, Stream):
        if answer is None:
            yield from _said("assistant", f"(streamed in {plural(len(outcome.pieces()), 'piece')})")
        said = end.text if isinstance(end, Completion) and answer is not None else outcome.joined()
        yield from _said("" if answer is None else "assistant", said)
        if end is None:
            yield from _said("", "(the consumer closed the stream here)")
    elif isinstance(end, Completion):
        if end.text or answer is None:
            yield from _said("assistant", end.text)
        if end.output is not None:
            yield from _said("output", _short(end.output, 400))
    if isinstance(end, Completion):
        for call in end.tool_calls:
            yield from _said("", f"calls {call.name}({call.arguments})")
    elif isinstance(end, Failure):
        yield from _said("failed", failure_line(end))


def _wire_text(answer: Answer) -> str:
    """Write what came over the wire: status, size, pieces, and how it broke."""
    facts = [str(answer.status)] if answer.status else ["no answer"]
    content_type = answer.header("content-type")
    if content_type is not None:
        facts.append(content_type.partition(";")[0])
    if answer.pieces:
        facts.append(f"{size_text(len(answer.content()))} in {plural(len(answer.pieces), 'piece')}")
    if answer.error is not None:
        facts.append(f"then {answer.error.type.rpartition('.')[2]}")
    return ", ".join(facts)


def _said(who: str, text: str) -> Iterator[str]:
    if not text and not who:
        return
    label = printable(who)[: _INDENT - 1]
    for line in printable(text).split("\n"):
        yield f"  {label:<{_INDENT}}{line}".rstrip()
        label = ""


def _content_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, (list, tuple)):
        return "\n".join(_part_text(part) for part in cast("list[Any]", content))
    return _short(content, 400)


def _part_text(part: Any) -> str:
    if isinstance(part, Mapping):
        fields = cast("Mapping[str, Any]", part)
        text = fields.get("text")
        return text if isinstance(text, str) else f"({fields.get('type', 'part')}: {_short(fields, 100)})"
    return _short(part, 400)


def _calls_in(message: Mapping[str, Any]) -> Iterator[str]:
    calls = message.get("tool_calls")
    for call in cast("list[Any]", calls) if isinstance(calls, (list, tuple)) else ():
        fields = _mapping(call)
        function = _mapping(fields.get("function")) or fields
        yield f"calls {function.get('name', '?')}({function.get('arguments', '')})"


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _short(value: Any, width: int = 60) -> str:
    text = printable(encode(value).decode())
    return text if len(text) <= width else f"{text[: width - 3]}..."
