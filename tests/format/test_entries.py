"""Canonical entries: their place, their parts, the order a person reads them in."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead.core.calls import Volatile, decode_call, key_text, request_fields
from playhead.core.canonical import encode, encode_normal
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, CompletionRequest, Origin, Outcome, Stream, ToolCall
from playhead.errors import CassetteDamaged, CassetteError
from playhead.format.entries import (
    Entry,
    call_entry,
    edited,
    evidence_of,
    fingerprint_of,
    reading_order,
    renumbered,
    request_bytes,
    request_of,
    shell_of,
    with_request,
)
from playhead.format.numbers import FIRST_RESERVED_N, KEY_LENGTH, PART_N
from tests import strategies
from tests.strategies import agent_history, call_entries, other_entry, outcomes, plain_values, requests, same

ENTRY = strategies.call_entry(CompletionRequest("hello", id="r"), Completion("hi", raw={"id": "x"}), n=1)


def altered(*path: str, value: Any, data: bytes = ENTRY.data) -> bytes:
    """Give an entry's bytes with one field changed or added."""
    fields = msgspec.json.decode(data)
    holder = fields
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return encode_normal(fields)


# --- place and parts


@given(call_entries)
def test_place_is_read_from_the_bytes(entry: Entry) -> None:
    """An entry's key, number and place stand in its bytes."""
    assert call_entry(entry.data) == entry
    assert entry.place == (entry.key[:KEY_LENGTH], entry.n)
    assert entry.is_call


def test_other_kinds_are_no_calls() -> None:
    """An entry with a reserved number is no call, and its bytes are not read as one."""
    for n in (FIRST_RESERVED_N, PART_N):
        assert not other_entry(n=n).is_call
        with pytest.raises(CassetteDamaged):
            call_entry(altered("n", value=n))
    with pytest.raises(CassetteDamaged, match=r"not a call|cannot be read"):
        call_entry(other_entry().data)


@given(requests, outcomes)
def test_request_is_read_from_the_bytes(request_: CompletionRequest, outcome: Outcome) -> None:
    """An entry gives back its request's bytes, its fields and its fingerprint with every segment."""
    entry = strategies.call_entry(request_, outcome, provider="p")
    assert request_bytes(entry.data) == encode(request_fields(request_))
    assert same(request_of(entry.data), request_fields(request_))
    assert fingerprint_of(entry.data) == fingerprint(request_, "p", stream=isinstance(outcome, Stream))
    assert evidence_of(shell_of(entry.data)).provider == "p"


@given(call_entries, st.integers(0, FIRST_RESERVED_N - 1))
def test_renumbered(entry: Entry, n: int) -> None:
    """Another take number changes the number and nothing else, and the bytes stay canonical."""
    data = renumbered(entry.data, n)
    assert call_entry(data) == (entry.key, n, data)
    assert renumbered(data, entry.n) == entry.data
    assert encode_normal(msgspec.json.decode(data)) == data


@given(call_entries, plain_values)
def test_with_request(entry: Entry, value: Any) -> None:
    """Another request's bytes replace the old ones and nothing else, and the bytes stay canonical."""
    other = encode({"prompt": value})
    data = with_request(entry.data, other)
    assert request_bytes(data) == other
    assert with_request(data, request_bytes(entry.data)) == entry.data
    assert with_request(entry.data, request_bytes(entry.data)) is entry.data
    assert encode_normal(msgspec.json.decode(data)) == data


def test_unknown_fields_are_kept() -> None:
    """Fields of a newer release survive renumbering and splitting, wherever they stand."""
    data = altered("new", value={"a": 1})
    data = altered("call", "new", value=[1], data=data)
    data = altered("call", "outcome", "new", value=2, data=data)
    data = altered("volatile", "new", value="v", data=data)
    there = with_request(renumbered(data, 9), b'{"prompt":"other"}')
    assert b'"new":{"a":1}' in there
    back = with_request(renumbered(there, 1), request_bytes(data))
    assert back == data


def test_edited() -> None:
    """An entry changed by hand says so, and stands under the key its request now has."""
    changed = altered("call", "request", "prompt", value="goodbye")
    data = edited(changed)
    found = decode_call(data)
    assert found.call.origin is Origin.EDITED
    assert found.key == key_text(fingerprint(CompletionRequest("goodbye"), "stub").key)
    assert call_entry(data).n == 1
    assert edited(data) == data
    assert b'"new":1' in edited(altered("new", value=1, data=changed))


# --- malformed entries

MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b"\xff",
    "a list": b"[]",
    "no fields": b"{}",
    "no call": encode_normal({"key": key_text(ENTRY.key), "n": 0, "type": "call"}),
    "another type": altered("type", value="note"),
    "a type of a number": altered("type", value=1),
    "a negative take": altered("n", value=-1),
    "a reserved take": altered("n", value=FIRST_RESERVED_N),
    "a take beyond 32 bits": altered("n", value=2**40),
    "a take of text": altered("n", value="0"),
    "a take of a fraction": altered("n", value=0.5),
    "a key of a number": altered("key", value=1),
    "a short key": altered("key", value="AAAA"),
    "a key of words": altered("key", value="!" * 43),
    "a key beyond ASCII": altered("key", value="\u00e9" * 43),
    "deep": b'{"call":' + b"[" * 100_000,
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_call(data: bytes) -> None:
    """Bytes that are no call entry are damage."""
    with pytest.raises(CassetteDamaged):
        call_entry(data)


EVIDENCE: dict[str, Any] = {
    "a number": 1,
    "nothing": {},
    "no outcome": {"provider": "p", "request": {}, "origin": "live"},
    "no request": {"provider": "p", "outcome": {}, "origin": "live"},
    "a provider of a number": {"provider": 1, "request": {}, "outcome": {}, "origin": "live"},
}


@pytest.mark.parametrize("call", EVIDENCE.values(), ids=EVIDENCE)
def test_malformed_evidence(call: Any) -> None:
    """A call without its evidence is damage, whatever it is asked for."""
    data = altered("call", value=call)
    for read in (request_bytes, request_of, fingerprint_of, edited):
        with pytest.raises(CassetteDamaged):
            read(data)
    with pytest.raises(CassetteDamaged):
        with_request(data, b"{}")


REQUESTS: dict[str, Any] = {
    "a number": 1,
    "text": "x",
    "a list": [],
    "null": None,
    "nothing": {},
    "an unknown form": {"prompt": {"$new": 1}},
    "a malformed form": {"prompt": {"$wtf8": 1}},
    "a map": {"$map": [[1, 2]]},
    "an unknown family": {"family": "video", "prompt": "x"},
    "messages of a number": {"messages": 1},
    "messages of text": {"messages": "hi"},
    "parameters of a list": {"prompt": "x", "params": [1]},
    "parameters of text": {"prompt": "x", "params": "ab"},
    "parameters of a number": {"prompt": "x", "params": 1},
    "tools of a number": {"prompt": "x", "tools": 1},
    "a model of a list": {"prompt": "x", "model": []},
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_malformed_request(request_: Any) -> None:
    """A call whose request is none this release knows is damage when its meaning is asked for, never another error."""
    data = altered("call", "request", value=request_)
    with pytest.raises(CassetteDamaged):
        fingerprint_of(data)
    for read in (lambda: request_of(data), lambda: edited(data), lambda: reading_order([Entry(bytes(32), 1, data)])):
        try:
            read()
        except CassetteError:
            continue


@pytest.mark.parametrize("depth", [70, 200, 900, 5000, 100_000])
def test_deeply_nested_request(depth: int) -> None:
    """A request nested deeper than any writer writes is damage, not an overflow."""
    deep = msgspec.Raw(b'{"messages":[{"content":' + b"[" * depth + b"]" * depth + b',"role":"user"}]}')
    data = altered("call", "request", value=deep)
    with pytest.raises(CassetteError):
        fingerprint_of(data)
    with pytest.raises(CassetteError):
        reading_order([Entry(bytes(32), 1, data)])


# --- reading order


def prompts(entries: list[Entry]) -> list[str]:
    """Give the last words of each entry's conversation."""
    found = []
    for entry in entries:
        fields = request_of(entry.data)
        found.append(fields["messages"][-1]["content"] if "messages" in fields else fields["prompt"])
    return found


@settings(max_examples=25)
@given(st.lists(call_entries, max_size=4, unique_by=lambda entry: entry.place), st.randoms(use_true_random=False))
def test_order_does_not_depend_on_the_input(entries: list[Entry], source: random.Random) -> None:
    """The order is that of the set, whatever order it comes in, and loses nothing."""
    ordered = reading_order(entries)
    source.shuffle(entries)
    assert reading_order(entries) == ordered
    assert sorted(ordered) == sorted(entries)


def test_order_does_not_depend_on_time() -> None:
    """When calls were recorded, how long they took and what ids they got does not change their order."""
    plain = [strategies.call_entry(f"question {n}", Completion("x")) for n in range(8)]
    timed = [
        strategies.call_entry(
            f"question {n}", Completion("x", raw=None), volatile=Volatile(f"2026-01-{30 - n}", 1000 - n, (n,))
        )
        for n in range(8)
    ]
    assert prompts(reading_order(plain)) == prompts(reading_order(timed))


def test_turns_follow_each_other() -> None:
    """Each turn of a conversation follows the turn it extends, with several conversations interleaved."""
    first, second = agent_history(6), agent_history(5)
    entries = [strategies.call_entry(request, f"a{index}") for index, request in enumerate(first)]
    for index, request in enumerate(second):
        spoken = ({"role": "system", "content": "another agent"}, *request.conversation()[1:])
        entries.append(strategies.call_entry(msgspec.structs.replace(request, messages=spoken), f"b{index}"))
    random.Random(5).shuffle(entries)
    texts = []
    for entry in reading_order(entries):
        outcome = decode_call(entry.data).call.outcome
        assert isinstance(outcome, Completion)
        texts.append(outcome.text)
    assert texts in (
        [f"a{n}" for n in range(6)] + [f"b{n}" for n in range(5)],
        [f"b{n}" for n in range(5)] + [f"a{n}" for n in range(6)],
    )


def test_branches_follow_their_stem() -> None:
    """Where a conversation forks, each branch stands together behind what both extend."""

    def request(*texts: str) -> CompletionRequest:
        return CompletionRequest(messages=tuple({"role": "user", "content": text} for text in texts))

    tree = [("s",), ("s", "a"), ("s", "a", "a1"), ("s", "a", "a2"), ("s", "b"), ("s", "b", "b1"), ("t",)]
    entries = [strategies.call_entry(request(*texts), "x") for texts in reversed(tree)]
    assert prompts(reading_order(entries)) == [texts[-1] for texts in tree]


def test_takes_stand_together() -> None:
    """The takes of one request stand together, in their order."""
    entries = [strategies.call_entry(prompt, f"{n}", n=n) for n in (2, 0, 1) for prompt in ("x", "y")]
    ordered = reading_order(entries)
    assert prompts(ordered) in (["x"] * 3 + ["y"] * 3, ["y"] * 3 + ["x"] * 3)
    assert [entry.n for entry in ordered] == [0, 1, 2, 0, 1, 2]


def test_providers_and_models_stand_together() -> None:
    """Calls are grouped by provider, then by model."""
    entries = [
        strategies.call_entry(CompletionRequest(prompt, model=model), "x", provider=provider)
        for prompt in ("q", "p")
        for model in ("m2", None, "m1")
        for provider in ("b", "a")
    ]
    grouped = [
        (evidence_of(shell_of(entry.data)).provider, request_of(entry.data).get("model") or "", prompt)
        for entry, prompt in zip(reading_order(entries), prompts(reading_order(entries)), strict=True)
    ]
    assert grouped == sorted(grouped)


def test_tool_ids_do_not_matter() -> None:
    """Generated ids in an answer do not change an entry's place."""
    one = strategies.call_entry("x", Completion(tool_calls=(ToolCall("a", "f"),)))
    other = strategies.call_entry("x", Completion(tool_calls=(ToolCall("b", "f"),)))
    assert one.place == other.place
    assert one.data != other.data
