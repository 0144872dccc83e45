"""Shared parts: split and join, references, what a history costs, what damage does."""

from __future__ import annotations

import base64
import itertools
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.calls import request_fields
from playhead.core.canonical import encode, encode_normal
from playhead.core.model import CompletionRequest
from playhead.errors import CassetteDamaged, CassetteError, LimitExceeded
from playhead.format.numbers import KEY_LENGTH, PART_MIN_LENGTH
from playhead.format.parts import Parts, _known_split, join_request, part_key, part_value, references, split_request
from tests.strategies import agent_history, long_text, messages, plain_values, requests, tools

LONG = "x" * PART_MIN_LENGTH


def stored(request: CompletionRequest) -> bytes:
    """Give a request's canonical bytes."""
    return encode(request_fields(request))


def reference(key: bytes) -> str:
    """Write a part's key as a reference."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def part(value: Any, parts: Parts) -> str:
    """Store a value as a part by hand and give its reference."""
    data = encode_normal(value)
    parts[part_key(data)] = b'{"part":' + data + b',"type":"part"}'
    return reference(part_key(data))


long_requests = st.builds(
    CompletionRequest,
    messages=st.lists(messages, min_size=1, max_size=8).map(tuple),
    tools=tools,
    params=st.dictionaries(st.sampled_from(["$part", "$prefix", "$tail", "a", "$run", "$after"]), long_text),
)


@given(requests | long_requests)
def test_split_and_join_are_inverse(request_: CompletionRequest) -> None:
    """Every request comes back from its parts byte for byte."""
    whole = stored(request_)
    split, parts = split_request(whole)
    assert join_request(split, parts.__getitem__) == whole


@given(requests | long_requests)
def test_split_is_deterministic(request_: CompletionRequest) -> None:
    """How a request is split depends on that request alone; one that is not split is not touched."""
    whole = stored(request_)
    split, parts = split_request(whole)
    assert split_request(whole) == (split, parts)
    if not parts:
        assert split == whole
    assert encode_normal(msgspec.json.decode(split)) == split


@given(long_requests)
def test_every_part_is_referred_to(request_: CompletionRequest) -> None:
    """From the references of the split request every part is reached, and nothing else."""
    split, parts = split_request(stored(request_))
    reached: set[bytes] = set()
    todo = references(msgspec.json.decode(split))
    while todo:
        key = todo.pop()
        if key not in reached:
            reached.add(key)
            todo |= references(part_value(parts[key], key))
    assert reached == set(parts)


@given(long_requests)
def test_part_entries(request_: CompletionRequest) -> None:
    """A part's entry is canonical, and its key is the digest of its value."""
    _, parts = split_request(stored(request_))
    for key, entry in parts.items():
        assert len(key) == KEY_LENGTH
        assert encode_normal(msgspec.json.decode(entry)) == entry
        value = part_value(entry, key)
        assert part_key(encode_normal(value)) == key


def test_golden_part_key() -> None:
    """A part's key is that of the first release, for ever."""
    assert part_key(encode("x" * 1024)).hex() == "fb3149c554be5ec00d1bea9729dc8e88"


BOUNDARY: dict[str, tuple[CompletionRequest, int]] = {
    "a short prompt": (CompletionRequest("x" * (PART_MIN_LENGTH - 1)), 0),
    "a long prompt": (CompletionRequest(LONG), 1),
    "a long prompt of wide characters": (CompletionRequest("\u00e9" * PART_MIN_LENGTH), 1),
    "a short prompt of wide characters": (CompletionRequest("\u00e9" * (PART_MIN_LENGTH - 1)), 0),
    "long text in a message": (CompletionRequest(messages=({"role": "user", "content": LONG},)), 1),
    "long text deep in a parameter": (CompletionRequest("x", params={"a": [{"b": LONG}]}), 1),
    "the same text twice": (CompletionRequest("x", params={"a": LONG, "b": LONG}), 1),
    "long bytes": (CompletionRequest("x", params={"a": bytes(PART_MIN_LENGTH)}), 1),
    "a long lone surrogate": (CompletionRequest("\ud800" * PART_MIN_LENGTH), 1),
    "small tools": (CompletionRequest("x" * 900, tools=({"name": "t"},)), 0),
    "large tools": (CompletionRequest("x", tools=({"name": "t", "d": "y" * 400},) * 3), 1),
    "large tools with a long text": (CompletionRequest("x", tools=({"name": "t", "d": LONG},)), 1),
    "one run": (CompletionRequest(messages=({"role": "user", "content": "y" * 500},) * 3), 1),
    "three runs": (
        CompletionRequest(messages=tuple({"role": "user", "content": f"{n}" + "y" * 500} for n in range(7))),
        3,
    ),
    "a long key": (CompletionRequest("x", params={LONG: 1}), 0),
}


@pytest.mark.parametrize(("request_", "count"), BOUNDARY.values(), ids=BOUNDARY)
def test_what_becomes_a_part(request_: CompletionRequest, count: int) -> None:
    """Long texts, large tool arrays and full runs of messages become parts; nothing below the bound does."""
    whole = stored(request_)
    split, parts = split_request(whole)
    assert len(parts) == count
    assert join_request(split, parts.__getitem__) == whole
    if count:
        assert len(split) < len(whole)


def test_own_references_are_no_references() -> None:
    """A user's own keys that look like references are never followed, in split requests nor in whole ones."""
    odd = {"$part": "a" * 22, "$prefix": "b", "$tail": [], "$run": [], "$after": "c"}
    for content in (odd, {"$part": LONG}, [{"$prefix": "x", "$tail": [LONG]}]):
        whole = stored(CompletionRequest(messages=({"role": "user", "content": content},)))
        split, parts = split_request(whole)
        assert references(msgspec.json.decode(split)) <= set(parts)
        assert join_request(split, parts.__getitem__) == whole


# --- what a history costs


def cost(turns: int) -> tuple[int, int]:
    """Give the bytes of all parts and the bytes of all split requests of an agent's history."""
    parts: Parts = {}
    total = 0
    for request in agent_history(turns):
        split, own = split_request(stored(request))
        parts.update(own)
        total += len(split)
    return sum(map(len, parts.values())), total


def test_histories_are_linear() -> None:
    """An agent that resends its history pays for each message once, and the same small rest every turn."""
    parts_40, requests_40 = cost(40)
    parts_160, requests_160 = cost(160)
    whole = sum(len(stored(request)) for request in agent_history(160))
    assert parts_160 < 4.4 * parts_40
    assert requests_160 < 4.4 * requests_40
    assert parts_160 + requests_160 < whole / 10


def test_a_turn_shares_the_runs_before_it() -> None:
    """The parts of a turn are among those of the next turn, but for the prompt's own texts."""
    found = [set(split_request(stored(request))[1]) for request in agent_history(30)]
    for before, after in itertools.pairwise(found):
        assert before <= after
        assert len(after - before) <= 1


def test_long_histories_do_not_overflow() -> None:
    """A history of thousands of runs is joined without deep recursion."""
    spoken = tuple({"role": "user", "content": f"{n}" + "y" * PART_MIN_LENGTH} for n in range(3000))
    whole = stored(CompletionRequest(messages=spoken))
    split, parts = split_request(whole)
    assert join_request(split, parts.__getitem__) == whole


# --- damage

AGENT = agent_history(8)[-1]
SPLIT, PARTS = split_request(stored(AGENT))


def test_missing_part() -> None:
    """Each part is asked for by its key, and what the source of parts says of a missing one comes through."""
    asked: set[bytes] = set()

    def fetch(key: bytes) -> bytes:
        if key in asked:
            return PARTS[key]
        asked.add(key)
        raise CassetteDamaged("a shared part is missing", record=key.hex())

    for _ in PARTS:
        with pytest.raises(CassetteDamaged, match="a shared part is missing"):
            join_request(SPLIT, fetch)
    assert asked == set(PARTS)
    assert join_request(SPLIT, fetch) == stored(AGENT)


@pytest.mark.parametrize("key", PARTS, ids=lambda key: key.hex()[:8])
def test_tampered_part(key: bytes) -> None:
    """A part with any byte changed is damage, or still gives the value of its key."""
    entry = PARTS[key]
    right = part_value(entry, key)
    damaged = 0
    for at in range(len(entry)):
        try:
            assert part_value(entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1 :], key) == right
        except CassetteDamaged:
            damaged += 1
    assert damaged > len(entry) - 20


def test_swapped_parts() -> None:
    """A part that stands under another part's key is damage."""
    one, other = list(PARTS)[:2]
    with pytest.raises(CassetteDamaged, match="does not match its key"):
        part_value(PARTS[one], other)


NO_PARTS: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no value": b'{"type":"part"}',
    "no type": b'{"part":1}',
    "deep": b'{"part":' + b"[" * 100_000 + b"]" * 100_000 + b',"type":"part"}',
}


@pytest.mark.parametrize("entry", NO_PARTS.values(), ids=NO_PARTS)
def test_what_is_no_part(entry: bytes) -> None:
    """An entry that is no part is damage."""
    deep = part_key(b"[" * 100_000 + b"]" * 100_000)
    with pytest.raises(CassetteDamaged):
        part_value(entry, deep)


REFERENCES: list[Any] = [None, 1, 1.5, True, [], {}, "", "A", "\u00e4" * 22, "A" * 21, "A" * 23, "A" * 64, "!" * 22]


@pytest.mark.parametrize("text", REFERENCES, ids=repr)
def test_malformed_reference(text: Any) -> None:
    """A reference that is no key is damage."""
    for fields in ({"$part": text}, {"messages": {"$prefix": text, "$tail": []}}):
        if text is None and "messages" in fields:
            continue
        with pytest.raises(CassetteDamaged):
            join_request(encode_normal(fields), PARTS.__getitem__)
        with pytest.raises(CassetteDamaged):
            references(fields)


@pytest.mark.parametrize(
    "node", [1, "x", [], {}, {"$run": 1}, {"$run": None}, {"$after": "A" * 22}, {"$run": [], "$after": 5}]
)
def test_malformed_run(node: Any) -> None:
    """A run of messages that is none is damage."""
    parts: Parts = {}
    text = part(node, parts)
    with pytest.raises(CassetteDamaged):
        join_request(encode_normal({"messages": {"$prefix": text, "$tail": []}}), parts.__getitem__)


@pytest.mark.parametrize("data", [b"", b"{", b'"$p', b'{"$part"', b'\xff"$p', b'{"$part":}'])
def test_request_that_is_no_json(data: bytes) -> None:
    """A request whose bytes are not JSON is damage or comes back as it is; joining raises nothing else."""
    try:
        assert join_request(data, PARTS.__getitem__) == data
    except CassetteDamaged:
        return


def no_part(key: bytes) -> bytes:
    """Stand for a cassette without parts."""
    raise CassetteDamaged("a shared part is missing", record=key.hex())


@given(plain_values, st.sampled_from(["$part", "$prefix", "$after", "$run", "$tail"]), plain_values)
def test_any_split_request(value: Any, name: str, other: Any) -> None:
    """Whatever stands for a split request, joining gives a request or damage."""
    for fields in ({"a": value, "b": {name: other}}, {"messages": {"$prefix": other, "$tail": value}}, {name: other}):
        try:
            join_request(encode_normal(fields), no_part)
        except CassetteError:
            continue


def test_a_message_that_comes_again_is_split_the_same() -> None:
    """What is kept in mind of a message is the message's alone: what a caller does with its parts changes nothing."""
    long = "\u00e9\n" * 600
    request = encode_normal(
        {"messages": [{"content": long, "role": "system"}, {"content": [long, "x"], "role": "user"}]}
    )
    first, parts = split_request(request)
    again, others = split_request(request)
    assert (again, others) == (first, parts)
    others.clear()
    assert split_request(request) == (first, parts)
    assert join_request(first, parts.__getitem__) == request


def test_a_large_message_is_not_kept_in_mind() -> None:
    """A message of megabytes is split like any other, and does not stay in the memory."""
    before = _known_split.cache_info().currsize
    request = encode_normal({"messages": [{"content": "y" * 100_000, "role": "user"}]})
    split, parts = split_request(request)
    assert join_request(split, parts.__getitem__) == request
    assert _known_split.cache_info().currsize == before


# --- bombs


def test_a_bomb_of_parts() -> None:
    """Few bytes of references that stand for more than the limit are refused before that much is filled in."""
    parts: Parts = {}
    text = part("y" * 1_000_000, parts)
    bomb = encode_normal({"params": {"a": [{"$part": text}] * 150}})
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded, match="come to more than 67108864 bytes"):
            join_request(bomb, parts.__getitem__)
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()


def test_a_nested_bomb() -> None:
    """Parts made of references to parts made of references do not multiply."""
    parts: Parts = {}
    value: Any = "y" * 1000
    for _ in range(6):
        value = [{"$part": part(value, parts)}] * 50
    bomb = encode_normal({"params": {"a": value}})
    try:
        assert len(join_request(bomb, parts.__getitem__)) < 10_000_000
    except CassetteError:
        return


def test_limit() -> None:
    """The bound holds for all parts of a call together, and is the caller's."""
    parts: Parts = {}
    split = encode_normal(
        {"params": {"a": {"$part": part("y" * 2000, parts)}, "b": {"$part": part("z" * 2000, parts)}}}
    )
    assert len(join_request(split, parts.__getitem__, limit=5000)) > 4000
    with pytest.raises(LimitExceeded):
        join_request(split, parts.__getitem__, limit=4000)
