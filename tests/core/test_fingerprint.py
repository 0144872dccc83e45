"""The match key: what is in it, what is not, and that it never changes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.calls import request_fields, request_from
from playhead.core.canonical import decode, encode
from playhead.core.fingerprint import HEAD_SEGMENTS, fingerprint, segment_names
from playhead.core.model import CompletionRequest, Family
from playhead.errors import RecordingError
from tests.strategies import any_text, field_values, requests

SPOKEN: tuple[dict[str, Any], ...] = (
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": "hello"},
    {"role": "assistant", "content": "hi", "tool_calls": [{"id": "c1"}]},
    {"role": "user", "content": "again"},
)
FULL = CompletionRequest(
    messages=SPOKEN,
    model="gpt-4o",
    max_tokens=10,
    temperature=0.5,
    tools=({"name": "t", "parameters": {"type": "object"}},),
    params={"top_p": 0.9, "stop": ["\n"], "response_format": {"type": "json_object"}},
    context={"trace": "1"},
    id="a",
)

GOLDEN: dict[str, tuple[CompletionRequest, str, bool, str]] = {
    "prompt": (
        CompletionRequest("hello"),
        "stub",
        False,
        "a1fe57a6dc3ee7ba81e61c478b01ac51a67868bee7332edbd4bfbc8debd0a405",
    ),
    "prompt, streamed": (
        CompletionRequest("hello"),
        "stub",
        True,
        "d1baa02220fbd01ae50fbaa2f3fafba99abc52a98db32490bd26d812a0d35be5",
    ),
    "everything": (FULL, "openai", False, "ce562b369c62bb0fe1d0680c2fd8c674eafe56eead5ddf6cd4bed1088f623bc4"),
    "embedding": (
        CompletionRequest(family=Family.EMBEDDING, params={"input": ["a", "b"]}, model="e"),
        "local:e",
        False,
        "afe410b56b60146137560aff09e2da1ccda2c2fe73ab42efa23f14d40c8f9628",
    ),
    "escape forms": (
        CompletionRequest(messages=({"role": "user", "content": ["\ud800", b"\x00", float("nan"), 2**70]},)),
        "stub",
        False,
        "e7ad93fd96af5359be72bf7f7bd848def7236df6cc2dcb4a8036f828476bcbe9",
    ),
}


@pytest.mark.parametrize(("request_", "provider", "stream", "key"), GOLDEN.values(), ids=GOLDEN)
def test_golden(request_: CompletionRequest, provider: str, stream: bool, key: str) -> None:
    """The key of a request is that of the first release, for ever: another one would orphan every cassette."""
    assert fingerprint(request_, provider, stream=stream).hex == key


def test_golden_segments() -> None:
    """The segments, too, are those of the first release."""
    assert [digest.hex()[:8] for digest in fingerprint(FULL, "openai").segments] == [
        "c6e760a0",
        "396e987d",
        "57a2032f",
        "cb19f6e6",
        "cf9619f7",
        "abec0ee9",
        "f4f7e767",
        "f2cf4beb",
        "5d59bad8",
    ]


# --- what is not in it


def test_id_and_context_are_out() -> None:
    """A caller's id and context do not change the key."""
    plain = msgspec.structs.replace(FULL, id="", context={})
    assert fingerprint(plain, "p") == fingerprint(FULL, "p")


@given(requests, field_values, st.text(max_size=3))
def test_id_and_context_are_out_of_any_request(request_: CompletionRequest, context: dict[str, Any], id_: str) -> None:
    """No id and no context changes any request's key."""
    other = msgspec.structs.replace(request_, context=context, id=id_)
    assert fingerprint(other, "p") == fingerprint(request_, "p")


@given(requests, st.randoms(use_true_random=False))
def test_key_order_is_out(request_: CompletionRequest, random: Any) -> None:
    """The order of keys, at any depth, does not change the key."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return type(value)(shuffled(item) for item in value) if isinstance(value, (list, tuple)) else value

    other = msgspec.structs.replace(
        request_,
        messages=shuffled(request_.messages),
        tools=shuffled(request_.tools),
        params=shuffled(request_.params),
    )
    assert fingerprint(other, "p") == fingerprint(request_, "p")


@given(requests, st.booleans())
def test_survives_the_file(request_: CompletionRequest, stream: bool) -> None:
    """A request read back from its stored bytes has the key it was recorded under."""
    stored = encode(request_fields(request_))
    again = request_from(decode(stored))
    assert fingerprint(again, "p", stream=stream) == fingerprint(request_, "p", stream=stream)


def test_prompt_is_one_user_message() -> None:
    """A prompt and the one user message it stands for are the same request."""
    spoken = CompletionRequest(messages=({"content": "hello", "role": "user"},))
    assert fingerprint(CompletionRequest("hello"), "p") == fingerprint(spoken, "p")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CompletionRequest("x", temperature=1), CompletionRequest("x", temperature=1.0)),
        (CompletionRequest("x", temperature=0), CompletionRequest("x", temperature=-0.0)),
        (CompletionRequest("x", params={"a": 1}), CompletionRequest("x", params={"a": 1.0})),
        (CompletionRequest("x", params={"a": [{"b": 2}]}), CompletionRequest("x", params={"a": ({"b": 2.0},)})),
        (CompletionRequest("x", params={"a": [1] * 16}), CompletionRequest("x", params={"a": [1.0] * 16})),
        (CompletionRequest("x", params={"a": [1, 2.5] * 8}), CompletionRequest("x", params={"a": [1.0, 2.5] * 8})),
    ],
    ids=["temperature", "zero", "parameter", "nested", "many", "many mixed"],
)
def test_numbers_count_by_value(one: CompletionRequest, other: CompletionRequest) -> None:
    """1 and 1.0 are one parameter, at any depth and in lists of any length."""
    assert fingerprint(one, "p") == fingerprint(other, "p")


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (0, False), (1, "1"), (0.1, 0.2), (2**53, 2.0**53), (2**60, 2.0**60), (None, 0), ([], {})],
)
def test_other_values_are_others(one: Any, other: Any) -> None:
    """Values that are merely equal in Python, or look alike, are other parameters."""
    keys = {fingerprint(CompletionRequest("x", params={"a": value}), "p").key for value in (one, other)}
    assert len(keys) == 2


def test_content_is_exact() -> None:
    """In messages and tools 1 and 1.0 are two things: what the model reads is matched to the letter."""
    spoken_by_value = [CompletionRequest(messages=({"role": "user", "content": value},)) for value in (1, 1.0)]
    tools_by_value = [CompletionRequest("x", tools=({"default": value},)) for value in (1, 1.0)]
    for one, other in (spoken_by_value, tools_by_value):
        assert fingerprint(one, "p").key != fingerprint(other, "p").key


# --- what is in it

HEAD = {name: index for index, name in enumerate(HEAD_SEGMENTS)}


def spoken(index: int, **changes: Any) -> CompletionRequest:
    """Change one message of the full request."""
    messages = list(SPOKEN)
    messages[index] = {**messages[index], **changes}
    return msgspec.structs.replace(FULL, messages=tuple(messages))


MUTATIONS: dict[str, tuple[CompletionRequest, int]] = {
    "family": (msgspec.structs.replace(FULL, family=Family.EXTRACT), HEAD["operation"]),
    "model": (msgspec.structs.replace(FULL, model="gpt-4o-mini"), HEAD["model"]),
    "no model": (msgspec.structs.replace(FULL, model=None), HEAD["model"]),
    "a model named None": (msgspec.structs.replace(FULL, model="None"), HEAD["model"]),
    "system": (spoken(0, content="be long"), HEAD["system"]),
    "system role": (spoken(0, role="developer"), HEAD["system"]),
    "tool": (msgspec.structs.replace(FULL, tools=({"name": "u"},)), HEAD["tools"]),
    "no tools": (msgspec.structs.replace(FULL, tools=()), HEAD["tools"]),
    "temperature": (msgspec.structs.replace(FULL, temperature=0.6), HEAD["params"]),
    "no temperature": (msgspec.structs.replace(FULL, temperature=None), HEAD["params"]),
    "zero temperature": (msgspec.structs.replace(FULL, temperature=0), HEAD["params"]),
    "max_tokens": (msgspec.structs.replace(FULL, max_tokens=11), HEAD["params"]),
    "no max_tokens": (msgspec.structs.replace(FULL, max_tokens=None), HEAD["params"]),
    "a parameter": (msgspec.structs.replace(FULL, params={**FULL.params, "top_p": 0.8}), HEAD["params"]),
    "a further parameter": (msgspec.structs.replace(FULL, params={**FULL.params, "seed": 1}), HEAD["params"]),
    "a parameter of null": (msgspec.structs.replace(FULL, params={**FULL.params, "seed": None}), HEAD["params"]),
    "no parameters": (msgspec.structs.replace(FULL, params={}), HEAD["params"]),
    "first message": (spoken(1, content="hello!"), len(HEAD)),
    "a name": (spoken(1, name="ann"), len(HEAD)),
    "a role": (spoken(1, role="tool"), len(HEAD)),
    "a tool call": (spoken(2, tool_calls=[{"id": "c2"}]), len(HEAD) + 1),
    "last message": (spoken(3, content=" again"), len(HEAD) + 2),
}


@pytest.mark.parametrize(("changed", "segment"), MUTATIONS.values(), ids=MUTATIONS)
def test_each_field_is_in_its_segment(changed: CompletionRequest, segment: int) -> None:
    """A change in a field changes the key, and the digest of that field's segment alone."""
    before, after = fingerprint(FULL, "p"), fingerprint(changed, "p")
    assert before.key != after.key
    differing = [
        index for index, (one, other) in enumerate(zip(before.segments, after.segments, strict=True)) if one != other
    ]
    assert differing == [segment]


def test_all_mutations_differ() -> None:
    """No two of those requests share a key."""
    keys = {fingerprint(changed, "p").key for changed, _ in MUTATIONS.values()}
    assert len(keys | {fingerprint(FULL, "p").key}) == len(MUTATIONS) + 1


def test_provider_and_stream() -> None:
    """The provider's name and whether pieces are asked for are in the key, each in its segment."""
    base = fingerprint(FULL, "p")
    for other, segment in ((fingerprint(FULL, "q"), "provider"), (fingerprint(FULL, "p", stream=True), "params")):
        assert other.key != base.key
        assert [a == b for a, b in zip(base.segments, other.segments, strict=True)].index(False) == HEAD[segment]


@pytest.mark.parametrize(
    "messages",
    [SPOKEN[:3], (*SPOKEN, {"role": "user", "content": "more"}), SPOKEN[1:], (SPOKEN[1], SPOKEN[0], *SPOKEN[2:])],
    ids=["one less", "one more", "no system", "swapped"],
)
def test_number_and_order_of_messages(messages: tuple[dict[str, Any], ...]) -> None:
    """How many messages there are and in which order is part of the key."""
    assert fingerprint(msgspec.structs.replace(FULL, messages=messages), "p").key != fingerprint(FULL, "p").key


def test_only_leading_instructions_are_the_system() -> None:
    """The system segment holds every leading instruction; one further down is a message."""
    rules = {"role": "system", "content": "rule"}
    user = {"role": "user", "content": "x"}
    leading = fingerprint(CompletionRequest(messages=(rules, rules, user)), "p")
    apart = fingerprint(CompletionRequest(messages=(rules, user, rules)), "p")
    assert (len(leading.segments), len(apart.segments)) == (7, 8)
    assert leading.segments[HEAD["system"]] != apart.segments[HEAD["system"]]


@given(requests, requests, st.booleans(), st.booleans())
def test_equal_keys_mean_equal_requests(
    one: CompletionRequest, other: CompletionRequest, first: bool, second: bool
) -> None:
    """Two requests share a key only if all of their segments agree."""
    a, b = fingerprint(one, "p", stream=first), fingerprint(other, "p", stream=second)
    assert (a.key == b.key) == (a.segments == b.segments)
    if one.conversation() == () and first != second:
        assert a.key != b.key


@given(any_text.filter(bool))
def test_any_text_has_a_key(text: str) -> None:
    """Any prompt has a key of 32 bytes, lone surrogates or not."""
    found = fingerprint(CompletionRequest(text), "p")
    assert (len(found.key), len(found.segments)) == (32, 7)
    assert found.hex == found.key.hex()


# --- refusals and names


def test_refuses_what_has_no_form() -> None:
    """A request that holds an arbitrary object is refused with the path, not matched by its repr."""
    with pytest.raises(RecordingError, match="object is not a plain value"):
        fingerprint(CompletionRequest("x", params={"a": object()}), "p")


def test_refuses_endless_parameters() -> None:
    """Parameters that hold themselves, or are nested without end, are refused as too deep."""
    cycle: list[Any] = []
    cycle.append(cycle)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for value in (cycle, deep):
        with pytest.raises(RecordingError, match="nested deeper"):
            fingerprint(CompletionRequest("x", params={"a": value}), "p")


def test_segment_names() -> None:
    """Segments are named in order: the head, then the messages."""
    assert segment_names(8) == (*HEAD_SEGMENTS, "message 0", "message 1")
    assert segment_names(6) == ("operation", "provider", "model", "system", "tools", "params")


SCRIPT = """
from playhead.core.fingerprint import fingerprint
from tests.core.test_fingerprint import FULL
from tests.strategies import agent_history, call_entry, sealed
import hashlib
print(fingerprint(FULL, "openai").hex)
print(hashlib.sha256(sealed([call_entry(request) for request in agent_history(5)])).hexdigest())
"""


def test_independent_of_the_hash_seed() -> None:
    """Keys and files come out the same in every process, whatever its hash seed."""
    answers = set()
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        answers.add(done.stdout)
    assert len(answers) == 1
    assert fingerprint(FULL, "openai").hex in answers.pop()


# --- operations of the wire seam


def test_without_an_operation_the_key_is_the_old_one() -> None:
    """A request of the provider seam has no operation and the key it always had."""
    assert fingerprint(msgspec.structs.replace(FULL, operation=""), "openai") == fingerprint(FULL, "openai")
    assert fingerprint(FULL, "openai").segments[0].hex()[:8] == "c6e760a0"


@given(requests, st.sampled_from(["chat.completions", "messages", "responses"]))
def test_an_operation_is_part_of_the_key(request_: CompletionRequest, operation: str) -> None:
    """The same question asked of two operations is two requests, which differ in the first segment alone."""
    plain = fingerprint(msgspec.structs.replace(request_, operation=""), "p")
    asked = fingerprint(msgspec.structs.replace(request_, operation=operation), "p")
    other = fingerprint(msgspec.structs.replace(request_, operation=operation + "2"), "p")
    assert len({plain.key, asked.key, other.key}) == 3
    assert plain.segments[1:] == asked.segments[1:] == other.segments[1:]


def test_operations_and_families_do_not_mix() -> None:
    """An operation that is spelt like a family is no family, and the same operation of two families is two."""
    keys = {
        fingerprint(CompletionRequest("x", family=family, operation=operation), "p").key
        for family in Family
        for operation in ("", *Family)
    }
    assert len(keys) == len(Family) * (len(Family) + 1)


def test_golden_operation() -> None:
    """The key of a request at the wire seam is that of the first release that had them."""
    request_ = CompletionRequest(messages=({"role": "user", "content": "hi"},), operation="chat.completions")
    assert fingerprint(request_, "openai").hex == "2c45498174f83ffa1df9e6f6ba17255a07b5c546463aa65e6b7cdb8c70ec68fe"
