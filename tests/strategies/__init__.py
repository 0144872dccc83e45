"""Hypothesis strategies and builders that the tests share: values, requests, outcomes, entries, files."""

from __future__ import annotations

import itertools
import json
import math
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st

from playhead.core.calls import (
    NO_VOLATILE,
    Volatile,
    compose_call,
    encode_outcome,
    outcome_fields,
    request_fields,
)
from playhead.core.canonical import MIN_PACKED_FLOATS, encode
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, CompletionRequest, Failure, Family, Origin, Outcome, Stream, ToolCall
from playhead.core.usage import Usage
from playhead.core.wire import KINDS, Answer, WireError, take_apart
from playhead.format.assembly import assemble
from playhead.format.entries import Entry
from playhead.format.numbers import FIRST_RESERVED_N, KEY_LENGTH, PART_MIN_LENGTH, PART_N
from playhead.format.sealed import SealedReader

T = TypeVar("T")


def opaque(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Give the strategy under a short name: Hypothesis would show the whole tree in its messages, slowly."""

    @st.composite
    def drawn(draw: st.DrawFn) -> T:
        return draw(strategy)

    return drawn()


# --- values

DOLLAR_KEYS = (
    "$", "$$", "$bytes", "$wtf8", "$float", "$int", "$map", "$f32", "$f64",
    "$part", "$prefix", "$tail", "$run", "$after", "$lines", "$$bytes", "$other",
)  # fmt: skip
"""Keys of a user's own that look like escape forms, references or lines of text."""

any_text = st.text(st.characters(exclude_categories=()), max_size=12)
"""Text of every code point, lone surrogates too."""

clean_text = st.text(max_size=12)
"""Text that UTF-8 can hold."""

line_text = st.lists(clean_text, min_size=2, max_size=4).map("\n".join)
"""Text of several lines."""

long_text = st.builds(
    lambda text, length: (text * length)[:length],
    st.text(min_size=1, max_size=4),
    st.integers(PART_MIN_LENGTH - 60, PART_MIN_LENGTH + 60),
)
"""Text on both sides of the length from which it becomes a shared part."""

integers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**40, 0, 1, -1]),
)
floats = st.one_of(st.floats(), st.floats(width=32), st.sampled_from([0.0, -0.0, 1.0, 1e22, 5e-324]))
float_lists = st.lists(floats, min_size=MIN_PACKED_FLOATS, max_size=MIN_PACKED_FLOATS + 4)

scalars = st.one_of(st.none(), st.booleans(), integers, floats, any_text, st.binary(max_size=8))
text_keys = st.one_of(clean_text, st.sampled_from(DOLLAR_KEYS))
other_keys = st.one_of(
    st.integers(-3, 2**66), st.booleans(), st.none(), st.floats(allow_nan=False), st.binary(max_size=3), any_text
)


def _containers(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(items, max_size=3),
        st.dictionaries(text_keys, items, max_size=3),
        st.dictionaries(st.one_of(text_keys, other_keys), items, max_size=3),
    )


values = opaque(st.recursive(st.one_of(scalars, float_lists), _containers, max_leaves=8))
"""Everything that has a canonical form, in plain Python types."""

plain_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    clean_text,
)
plain_keys = clean_text.filter(lambda key: not key.startswith("$"))
plain_values = st.recursive(
    plain_scalars,
    lambda items: st.one_of(st.lists(items, max_size=3), st.dictionaries(plain_keys, items, max_size=3)),
    max_leaves=8,
)
"""Values that JSON can say as they are."""

field_values = st.dictionaries(text_keys, values, max_size=3)


def same(one: Any, other: Any) -> bool:
    """
    Tell whether two values are alike to the bit: types too, NaN like NaN, 0.0 unlike -0.0.

    Tuples and lists count as one type, as the canonical form makes them.
    """
    if isinstance(one, msgspec.Struct):
        return type(one) is type(other) and all(
            same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__
        )
    if isinstance(one, (list, tuple)):
        return (
            isinstance(other, (list, tuple))
            and len(one) == len(other)
            and all(same(a, b) for a, b in zip(one, other, strict=True))
        )
    if isinstance(one, Mapping):
        return (
            isinstance(other, Mapping)
            and len(one) == len(other)
            and all(any(same(key, k) and same(item, v) for k, v in other.items()) for key, item in one.items())
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or struct.pack("<d", one) == struct.pack("<d", other)
    return bool(one == other)


# --- requests

roles = st.sampled_from(["system", "developer", "user", "assistant", "tool"])
contents = st.one_of(
    any_text,
    line_text,
    long_text,
    st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": st.one_of(any_text, long_text)}), max_size=2),
    st.none(),
)
messages = opaque(
    st.builds(
        lambda role, content, further: {**further, "role": role, "content": content},
        roles,
        contents,
        st.one_of(st.just({}), field_values),
    )
)
tools = st.lists(st.dictionaries(text_keys, st.one_of(values, long_text), max_size=3), max_size=2).map(tuple)
models = st.one_of(st.none(), st.sampled_from(["gpt-4o", "claude-opus-4", "m\u00f6del"]))
temperatures = st.one_of(st.none(), st.integers(0, 2), st.floats(0, 2))
limits = st.one_of(st.none(), st.integers(0, 2**40))

_further: dict[str, st.SearchStrategy[Any]] = {
    "model": models,
    "temperature": temperatures,
    "max_tokens": limits,
    "tools": tools,
    "params": field_values,
    "context": field_values,
    "id": clean_text,
    "family": st.sampled_from(Family),
    "operation": st.sampled_from(["", "", "chat.completions", "messages"]),
}
requests: st.SearchStrategy[CompletionRequest] = opaque(
    st.one_of(
        st.builds(CompletionRequest, prompt=st.one_of(any_text, long_text).filter(bool), **_further),
        st.builds(CompletionRequest, messages=st.lists(messages, min_size=1, max_size=4).map(tuple), **_further),
        st.builds(
            CompletionRequest, family=st.just(Family.EMBEDDING), params=st.just({"input": ["a", "b"]}), model=models
        ),
    )
)
"""Requests of every shape: prompt, conversation, neither."""


def agent_history(turns: int) -> list[CompletionRequest]:
    """Give the requests of an agent that resends its whole history every turn, some 400 bytes a turn."""
    spoken: list[dict[str, Any]] = [{"role": "system", "content": "You are a careful agent. " * 30}]
    found: list[CompletionRequest] = []
    for turn in range(turns):
        spoken = [*spoken, {"role": "user", "content": f"step {turn}: " + f"look at file {turn} " * 10}]
        found.append(CompletionRequest(messages=tuple(spoken), model="agent"))
        spoken = [*spoken, {"role": "assistant", "content": f"answer {turn}: " + f"file {turn} is fine " * 10}]
    return found


# --- outcomes

counts = st.integers(0, 2**40)
usages = st.builds(
    Usage,
    prompt_tokens=counts,
    completion_tokens=counts,
    total_tokens=counts,
    details=field_values,
    reported=st.booleans(),
)
tool_calls = st.lists(
    st.builds(ToolCall, id=any_text, name=any_text, arguments=st.one_of(any_text, st.just('{"city": "Pa'))), max_size=2
).map(tuple)
raw_answers = st.one_of(
    st.none(),
    values,
    st.builds(
        lambda further, facts: {**further, **facts},
        field_values,
        st.fixed_dictionaries(
            {},
            optional={
                "id": any_text,
                "created": integers,
                "system_fingerprint": st.one_of(st.none(), any_text),
                "timings": values,
            },
        ),
    ),
)
completions = opaque(
    st.builds(
        Completion,
        text=st.one_of(any_text, line_text, long_text),
        model=any_text,
        usage=st.one_of(st.just(Usage(reported=False)), st.just(Usage()), usages),
        model_version=st.one_of(st.none(), any_text),
        finish_reason=st.one_of(st.none(), any_text),
        tool_calls=tool_calls,
        provider=st.one_of(st.none(), any_text),
        output=st.one_of(st.none(), values, float_lists),
        raw=raw_answers,
    )
)
failures = opaque(
    st.builds(
        Failure,
        type=st.sampled_from(["builtins.ValueError", "playhead.errors.RateLimitError", "vendor.Overloaded"]),
        message=any_text,
        error_code=st.one_of(st.none(), any_text),
        context=field_values,
        retryable=st.booleans(),
        retry_after=st.one_of(st.none(), st.floats(0, 1e6)),
        bases=st.lists(clean_text, max_size=2).map(tuple),
        args=st.one_of(st.none(), st.lists(values, max_size=2).map(tuple)),
    )
)
endings: st.SearchStrategy[Completion | Failure | None] = st.one_of(st.none(), completions, failures)


def text_stream(
    pieces: list[str], *, end: Completion | Failure | None, whole: bool, yielded: Completion | None = None
) -> Stream:
    """Build a stream of text pieces; ``whole`` says that the end's text is what the pieces give."""
    joined = "".join(pieces)
    if whole and isinstance(end, Completion):
        end = msgspec.structs.replace(end, text=joined)
        return Stream(end=end, cuts=tuple(map(len, pieces)), yielded=yielded)
    return Stream(end=end, cuts=tuple(map(len, pieces)), text=joined, yielded=yielded)


maybe_completions: st.SearchStrategy[Completion | None] = st.one_of(st.none(), st.just(Completion("x")), completions)
streams: st.SearchStrategy[Stream] = opaque(
    st.one_of(
        st.builds(
            lambda pieces, end, whole, yielded: text_stream(pieces, end=end, whole=whole, yielded=yielded),
            st.lists(any_text, max_size=4),
            endings,
            st.booleans(),
            maybe_completions,
        ),
        st.builds(Stream, end=endings, values=st.lists(values, max_size=3).map(tuple), yielded=maybe_completions),
    )
)
outcomes: st.SearchStrategy[Outcome] = st.one_of(completions, failures, streams)
volatiles = st.builds(
    Volatile,
    date=st.one_of(st.none(), st.just("2026-11-21")),
    latency=st.integers(0, 10**6),
    gaps=st.lists(st.integers(0, 10**6), max_size=3).map(tuple),
    request_id=clean_text,
)
origins = st.sampled_from(Origin)


# --- answers over the wire


def cut_up(data: bytes, draw: Callable[[st.SearchStrategy[list[int]]], list[int]]) -> tuple[bytes, ...]:
    """Cut bytes into pieces anywhere, also in the middle of a character; pieces of nothing among them."""
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    cuts = [0, *places, len(data)]
    return tuple(data[start:end] for start, end in itertools.pairwise(cuts)) if data else ()


spellings: st.SearchStrategy[Callable[[float], str]] = st.sampled_from(
    [repr, "{:.6f}".format, "{:.3e}".format, "{:G}".format, lambda number: str(int(number))]
)
"""Ways to write a finite number."""

float_texts = opaque(
    st.builds(
        lambda numbers, spell, separator, pad: "[" + pad + separator.join(map(spell, numbers)) + pad + "]",
        st.lists(st.floats(-(2**40), 2**40, width=32), min_size=60, max_size=70),
        spellings,
        st.sampled_from([",", ", ", " , ", ",\n    "]),
        st.sampled_from(["", " ", "\n"]),
    )
)
"""Lists of numbers as JSON writes them, in several spellings."""

# Characters that a body's marks are made of, or that look like them, and what breaks naive readers of JSON.
odd_text = st.text(st.sampled_from('\ue000\ue001\ue010\uf8ff\u2028\u27e6"\\\r\n {}:,a\u00e9\U0001f600'), max_size=8)
moments = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(clean_text, odd_text, st.none(), st.integers(0, 9)),
        "created": st.one_of(st.integers(0, 2**40), st.floats(0, 2**40)),
        "obfuscation": st.text("abc", max_size=2),
        "timings": st.dictionaries(st.text("ab", max_size=1), st.floats(0, 9), max_size=2),
        "text": st.one_of(clean_text, odd_text),
    },
)
"""Pieces of an answer with facts of the moment in them."""

wire_bodies = opaque(
    st.one_of(
        st.builds(
            lambda value, ascii_, indent: json.dumps(value, ensure_ascii=ascii_, indent=indent).encode(),
            st.lists(moments, max_size=3),
            st.booleans(),
            st.sampled_from([None, 2]),
        ),
        st.builds(lambda text: text.encode(), st.one_of(clean_text, odd_text)),
        float_texts.map(lambda text: f'{{"id":"e","embedding":{text}}}'.encode()),
        st.binary(max_size=12),
    )
)
"""Bodies of answers: JSON in several spellings, text, vectors, bytes that are no text."""

event_streams = opaque(
    st.builds(
        lambda pieces, end: "".join(
            f"data: {json.dumps(piece, ensure_ascii=False)}{end}{end}" for piece in pieces
        ).encode(),
        st.lists(moments, min_size=1, max_size=4),
        st.sampled_from(["\n", "\r\n"]),
    )
)
"""Server-sent events of JSON."""

header_texts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=8)
wire_errors = st.builds(
    WireError,
    type=st.sampled_from(["httpx.ReadError", "httpx2.ConnectTimeout", "requests.exceptions.SSLError"]),
    kind=st.sampled_from(KINDS),
    message=clean_text,
)


@st.composite
def _answers(draw: st.DrawFn) -> Answer:
    error = draw(st.one_of(st.none(), wire_errors))
    if error is not None and draw(st.booleans()):
        return Answer(error=error)
    return Answer(
        status=draw(st.sampled_from([200, 204, 301, 404, 429, 500, 599])),
        headers=tuple(draw(st.lists(st.tuples(st.sampled_from(["A", "a", "x-Id"]), header_texts), max_size=3))),
        pieces=cut_up(draw(st.one_of(wire_bodies, event_streams)), draw),
        error=error,
        left=error is None and draw(st.booleans()),
        reason=draw(st.sampled_from(["", "Fine", "Tout va bien \u00e9"])),
        http=draw(st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/2"])),
    )


answers: st.SearchStrategy[Answer] = _answers()
"""Answers over the wire, broken and left ones too."""


# --- entries and files


def call_entry(
    request: CompletionRequest | str = "hello",
    outcome: Outcome | str = "hi",
    *,
    provider: str = "stub",
    n: int = 0,
    origin: Origin = Origin.LIVE,
    volatile: Volatile = NO_VOLATILE,
    answer: Answer | None = None,
) -> Entry:
    """
    Build a canonical call entry as a session would record it.

    Args:
        request: The request, or its prompt.
        outcome: The outcome, or the text of a completion.
        provider: The provider's name.
        n: The take's number.
        origin: Where the outcome came from.
        volatile: Facts outside the evidence; ids inside the outcome are found by themselves.
        answer: The answer as it came over the wire, where it did.
    """
    if isinstance(request, str):
        request = CompletionRequest(request)
    if isinstance(outcome, str):
        outcome = Completion(outcome)
    # Over the wire the request itself says whether a stream is asked for.
    key = fingerprint(request, provider, stream=isinstance(outcome, Stream) and answer is None).key
    wire = None
    if answer is not None:
        wire, facts = take_apart(answer, volatile=request.family is not Family.HTTP)
        volatile = msgspec.structs.replace(volatile, wire=facts)
    if request.id:
        volatile = msgspec.structs.replace(volatile, request_id=request.id)
    data = compose_call(
        request=encode(request_fields(request)),
        outcome=encode_outcome(outcome_fields(outcome)),
        provider=provider,
        origin=origin,
        key=key,
        n=n,
        volatile=volatile,
        wire=wire,
    )
    return Entry(key, n, data)


def other_entry(key: bytes = bytes(KEY_LENGTH), n: int = FIRST_RESERVED_N, **fields: Any) -> Entry:
    """Build an entry of a kind that this release does not know."""
    return Entry(key, n, encode({"type": "note", **fields}))


def sealed(entries: Iterable[Entry], **options: Any) -> bytes:
    """Give the bytes of a sealed file with these entries."""
    written: list[bytes] = []
    assemble(entries, **options).write(written.append)
    return b"".join(written)


def reader_of(entries: Iterable[Entry], **options: Any) -> SealedReader:
    """Open the sealed file with these entries."""
    return SealedReader(sealed(entries, **options))


def _distinct(entries: list[Entry]) -> list[Entry]:
    return list({entry.place: entry for entry in entries}.values())


call_entries = opaque(
    st.builds(
        call_entry,
        requests,
        outcomes,
        provider=st.sampled_from(["openai", "local:llama"]),
        n=st.integers(0, 3),
        origin=origins,
        volatile=volatiles,
        answer=st.one_of(st.none(), answers),
    )
)
other_entries = opaque(
    st.builds(
        lambda key, n, value: other_entry(key, n, value=value),
        st.binary(min_size=KEY_LENGTH, max_size=KEY_LENGTH),
        st.integers(FIRST_RESERVED_N, PART_N - 1),
        st.one_of(values, line_text),
    )
)
entry_lists = opaque(st.lists(call_entries | other_entries, max_size=5).map(_distinct))
"""Entries of all kinds at different places, requests whole."""
