"""The requests of a golden run, as objects and as JSON lines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from playhead.core.model import CompletionRequest, Family
from playhead.errors import UsageError

MAX_SHOWN = 20
"""Bad lines shown; a file of the wrong kind has thousands."""


class GoldenRequest(msgspec.Struct, frozen=True):
    """
    One request of a golden run.

    Attributes:
        request: The question.
        stream: Whether the answer is asked for in pieces.
    """

    request: CompletionRequest
    stream: bool = False


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """What a line may say; the fields of ``CompletionRequest`` and ``stream``."""

    prompt: str | None = None
    messages: list[dict[str, Any]] | None = None
    model: str | None = None
    temperature: int | float | None = None
    max_tokens: int | None = None
    tools: list[dict[str, Any]] = []
    params: dict[str, Any] = {}
    context: dict[str, Any] = {}
    id: str = ""
    family: Family = Family.LLM
    stream: bool = False


_LINE = msgspec.json.Decoder(_Line)


def read_requests(path: str | os.PathLike[str]) -> list[GoldenRequest]:
    """
    Read a file of requests, one JSON object a line.

    Raises:
        UsageError: The file cannot be read, or ``parse_requests`` says why.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the requests {str(path)!r}: {error.strerror or error}") from error
    return parse_requests(data, source=str(path))


def parse_requests(data: bytes, *, source: str) -> list[GoldenRequest]:
    """
    Read requests, one JSON object a line; empty lines are passed over.

    Args:
        data: UTF-8, with or without a byte order mark.
        source: What the text is called in an error.

    Raises:
        UsageError: There are no requests, or lines are not requests; the error names each with its fault.
    """
    found: list[GoldenRequest] = []
    faults: list[str] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(parse_request(line))
        except (UsageError, TypeError, ValueError) as error:
            text = error.message if isinstance(error, UsageError) else str(error)
            faults.append(f"{source}:{number}: {text}")
    if faults:
        more = [f"and {len(faults) - MAX_SHOWN} more"] if len(faults) > MAX_SHOWN else []
        count = "1 line is" if len(faults) == 1 else f"{len(faults)} lines are"
        raise UsageError(
            "\n  ".join([f"{count} not a request; nothing was called", *faults[:MAX_SHOWN], *more]),
            context={"faults": faults},
            hint='one JSON object a line, such as {"prompt": "hello", "temperature": 1}',
        )
    if not found:
        raise UsageError(f"there are no requests in {source!r}", hint='write one JSON object a line: {"prompt": "..."}')
    return found


def parse_request(line: bytes) -> GoldenRequest:
    """
    Read one line.

    Raises:
        UsageError, TypeError, ValueError: It is not a request.
    """
    read = _LINE.decode(line)
    fields: dict[str, Any] = {name: getattr(read, name) for name in _LINE_FIELDS}
    messages = None if read.messages is None else tuple(read.messages)
    fields |= {"messages": messages, "tools": tuple(read.tools)}
    request = CompletionRequest(**fields)
    if read.stream and request.family is not Family.LLM:
        raise UsageError(f"an answer of family {request.family.value!r} is not streamed")
    return GoldenRequest(request, read.stream)


_LINE_FIELDS = tuple(name for name in _Line.__struct_fields__ if name != "stream")


def with_defaults(
    requests: Iterable[GoldenRequest],
    *,
    model: str | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
) -> list[GoldenRequest]:
    """
    Give requests with the values they lack; what is recorded is what was sent.

    Raises:
        UsageError: A value is not usable.
    """
    given: dict[str, Any] = {"model": model, "temperature": temperature, "max_tokens": max_tokens}
    filled: list[GoldenRequest] = []
    for one in requests:
        lacking = {
            name: value
            for name, value in given.items()
            if value is not None and getattr(one.request, name) is None and _takes(one.request, name)
        }
        # Made anew rather than replaced: msgspec's replace runs no checks.
        fields: dict[str, Any] = {name: getattr(one.request, name) for name in one.request.__struct_fields__}
        filled.append(GoldenRequest(CompletionRequest(**{**fields, **lacking}), one.stream) if lacking else one)
    return filled


def _takes(request: CompletionRequest, name: str) -> bool:
    """Tell whether a family has the parameter: an embedding has neither temperature nor length."""
    return name == "model" or request.family is Family.LLM
