"""A recorded call as it stands in a file, and back."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.bodies import Body
from playhead.core.calls import (
    NO_VOLATILE,
    CallEntry,
    EncodedOutcome,
    Volatile,
    answer_of,
    compose_call,
    decode_call,
    encode_outcome,
    interaction_of,
    key_bytes,
    key_text,
    outcome_fields,
    request_fields,
    request_from,
)
from playhead.core.canonical import MALFORMED, decode, encode, encode_normal, restore
from playhead.core.fingerprint import fingerprint
from playhead.core.model import Completion, CompletionRequest, Failure, Origin, Outcome, Stream, ToolCall
from playhead.core.usage import Usage
from playhead.core.wire import Answer, Wire
from playhead.errors import PlayheadError, RecordingError
from playhead.format.sealed import evidence_bytes
from tests.strategies import (
    answers,
    any_text,
    call_entry,
    completions,
    origins,
    outcomes,
    plain_values,
    requests,
    same,
    text_stream,
    values,
    volatiles,
)

KEY = bytes(range(32))


def composed(outcome: Outcome, request: bytes = b'{"family":"llm","prompt":"x"}', **changes: Any) -> bytes:
    """Compose a call entry round an outcome."""
    fields: dict[str, Any] = {"provider": "p", "origin": Origin.LIVE, "key": KEY, "n": 0, "volatile": NO_VOLATILE}
    return compose_call(request=request, outcome=encode_outcome(outcome_fields(outcome)), **{**fields, **changes})


# --- round trips


@given(outcomes)
def test_outcomes_come_back(outcome: Outcome) -> None:
    """Every outcome comes back as it was, to the bit: type, text, escape forms, volatile facts."""
    assert same(decode_call(composed(outcome)).call.outcome, outcome)


@given(requests, outcomes, origins, st.integers(0, 2**31), volatiles)
def test_entries_come_back(
    request_: CompletionRequest, outcome: Outcome, origin: Origin, n: int, volatile: Volatile
) -> None:
    """Every fact of a call comes back: request, outcome, provider, origin, key, number and the volatile ones."""
    entry = call_entry(request_, outcome, provider="local:m", n=n, origin=origin, volatile=volatile)
    found = decode_call(entry.data)
    call = interaction_of(found, decode(found.call.request))
    key = fingerprint(request_, "local:m", stream=isinstance(outcome, Stream))
    assert same(call.request, msgspec.structs.replace(request_, id=request_.id or volatile.request_id))
    assert same(call.outcome, outcome)
    assert (call.provider, call.fingerprint, call.sequence, call.origin) == ("local:m", key.hex, n, origin)
    assert (call.recorded_on, call.latency_ms, call.gaps_ms) == (volatile.date, volatile.latency, volatile.gaps)


@given(requests, outcomes, volatiles)
def test_bytes_are_canonical(request_: CompletionRequest, outcome: Outcome, volatile: Volatile) -> None:
    """The bytes put together from parts are those of the whole value encoded at once."""
    data = call_entry(request_, outcome, volatile=volatile).data
    assert encode_normal(msgspec.json.decode(data)) == data


@given(outcomes)
def test_the_flag_tells_escape_forms(outcome: Outcome) -> None:
    """An outcome that is not marked as escaped holds no escape form, so it may be read without undoing any."""
    encoded = encode_outcome(outcome_fields(outcome))
    stored = [msgspec.json.decode(encoded.data), encoded.ids]
    assert encoded.escaped or same(restore(stored), stored)
    assert decode_call(composed(outcome)).escaped == encoded.escaped


def test_plain_outcomes_are_not_marked() -> None:
    """A common answer is not marked, ids or not."""
    for raw in (None, {"id": "a", "created": 1, "choices": [{"index": 0}]}):
        outcome = Completion('h\u00e9 "$5"', "m", Usage(1, 2, 3, details={"cached": 0}), raw=raw)
        assert not encode_outcome(outcome_fields(outcome)).escaped


TRICKY: dict[str, Outcome] = {
    "an id of bytes": Completion(raw={"id": b"ab"}),
    "an id with a dollar key": Completion(raw={"timings": {"$x": 1}}),
    "an id that is NaN": Completion(raw={"created": float("nan")}),
    "an id of a surrogate": Completion(tool_calls=(ToolCall("\ud800", "f"),)),
    "a raw answer with other keys": Completion(raw={1: "a", "id": "b"}),
    "a raw answer with a surrogate key": Completion(raw={"\ud800": "a", "id": "b"}),
    "a raw answer like an escape form": Completion(raw={"$bytes": "YQ==", "id": "b"}),
    "a raw answer that is an id": Completion(raw={"id": {"$map": []}}),
    "quotes and dollars": Completion("say \"$5\" or '$6'", raw={"id": 'a"$b'}),
    "unreported counts": Completion(usage=Usage(3, reported=False)),
    "a report of zeros": Completion(usage=Usage()),
    "a report of details": Completion(usage=Usage(details={"$cached": b"x"})),
    "false and zero": Completion(output=False, raw=0),
    "empty things": Completion(output=[], raw={}, provider="", model_version="", finish_reason=""),
    "a tool call without fields": Completion(tool_calls=(ToolCall(), ToolCall())),
    "a stream of nothing": Stream(),
    "an empty text stream": Stream(cuts=()),
    "empty pieces": text_stream(["", "", "a", ""], end=Completion(), whole=True),
    "a stream of values": Stream(values=()),
    "a stream that failed": Stream(end=Failure("x.Y", args=()), values=(b"x",)),
    "a stream with an id": Stream(end=Completion(raw={"id": b"x"}, tool_calls=(ToolCall("c"),))),
    "a failure of no words": Failure(""),
    "a failure with arguments": Failure("x.Y", args=(b"x", [1], None)),
    "long vectors": Completion(output=[[0.1] * 20, [0.5] * 20]),
}


@pytest.mark.parametrize("outcome", TRICKY.values(), ids=TRICKY)
def test_tricky_outcomes_come_back(outcome: Outcome) -> None:
    """Outcomes at the edges of the form come back as they were."""
    assert same(decode_call(composed(outcome)).call.outcome, outcome)


@given(requests)
def test_request_fields_come_back(request_: CompletionRequest) -> None:
    """A request comes back from its stored fields, its id given apart."""
    fields = decode(encode(request_fields(request_)))
    assert same(request_from(fields, request_id=request_.id), request_)


@given(st.binary(min_size=32, max_size=32))
def test_key_text(key: bytes) -> None:
    """A key is 43 characters of base64url, and comes back."""
    text = key_text(key)
    assert (len(text), key_bytes(text)) == (43, key)
    assert base64.urlsafe_b64decode(text + "=") == key


@pytest.mark.parametrize(
    "text", ["", "A" * 42, "A" * 44, "A" * 43 + "=", "A" * 42 + "B", "\u00e4" * 43, "+" * 43, "!" * 43]
)
def test_malformed_key(text: str) -> None:
    """A text that is no key in its one form is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        key_bytes(text)


# --- golden


def test_golden_entry() -> None:
    """The bytes of an entry are those of the first release, for ever."""
    request = CompletionRequest(
        messages=({"role": "user", "content": "h\u00e9"},), model="m", temperature=0, params={"$x": b"a"}, id="r1"
    )
    outcome = Completion(
        "hi",
        "m-1",
        Usage(1, 2, 3),
        finish_reason="tool_calls",
        tool_calls=(ToolCall("c1", "f", "{}"),),
        raw={"id": "z", "object": "o"},
    )
    entry = call_entry(request, outcome, provider="p", n=2, volatile=Volatile("2026-11-21", 20, (1, 2)))
    assert entry.data.decode() == (
        '{"call":{"origin":"live","outcome":{"finish_reason":"tool_calls","kind":"completion","model":"m-1",'
        '"raw":{"object":"o"},"text":"hi","tool_calls":[{"arguments":"{}","name":"f"}],'
        '"usage":{"completion_tokens":2,"prompt_tokens":1,"total_tokens":3}},"provider":"p",'
        '"request":{"family":"llm","messages":[{"content":"h\u00e9","role":"user"}],"model":"m",'
        '"params":{"$$x":{"$bytes":"YQ=="}},"temperature":0}},'
        '"key":"jGrGEHGCpeAScTAhVqKncQhbcs5OJohJTT0LwWNjCu0","n":2,"type":"call","volatile":{"date":"2026-11-21","gaps":[1,2],'
        '"ids":[[["tool_calls",0,"id"],"c1"],[["raw","id"],"z"]],"latency":20,"request_id":"r1"}}'
    )


def test_defaults_are_left_out() -> None:
    """A short call makes a short entry."""
    assert composed(Completion("hi")) == (
        b'{"call":{"origin":"live","outcome":{"kind":"completion","text":"hi"},"provider":"p",'
        b'"request":{"family":"llm","prompt":"x"}},"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","n":0,'
        b'"type":"call"}'
    )


# --- evidence


@given(completions, volatiles)
def test_evidence_is_independent_of_volatile_facts(completion: Completion, volatile: Volatile) -> None:
    """Dates, latency, gaps and generated ids of a recording do not show in its evidence."""
    raw = {"id": "a", "created": 1, "choices": []}
    one = msgspec.structs.replace(completion, tool_calls=(ToolCall("1", "f"),), raw=raw)
    other = msgspec.structs.replace(completion, tool_calls=(ToolCall("2", "f"),), raw={**raw, "id": "b", "created": 2})
    first, second = call_entry(outcome=one), call_entry(outcome=other, volatile=volatile)
    assert first.data != second.data
    assert evidence_bytes(first.data, 0) == evidence_bytes(second.data, 0)


@given(completions, any_text)
def test_evidence_depends_on_the_answer(completion: Completion, text: str) -> None:
    """Another answer is other evidence."""
    other = msgspec.structs.replace(completion, text=text)
    alike = evidence_bytes(composed(completion), 0) == evidence_bytes(composed(other), 0)
    assert alike == (completion.text == text)


# --- refusals


class Ambiguous:
    """Something that, like numpy's arrays, cannot be compared and asked whether it is equal."""

    def __eq__(self, other: object) -> Any:
        return self

    def __ne__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("outcome", [Completion(output=Ambiguous()), Completion(raw={"id": object()})])
def test_outcome_without_a_form(outcome: Outcome) -> None:
    """An outcome that holds something without a form is refused with the type named."""
    with pytest.raises(RecordingError, match="is not a plain value"):
        encode_outcome(outcome_fields(outcome))


def test_any_request_id_is_stored_or_refused() -> None:
    """A request's id with a lone surrogate is refused by an error of ours, or comes back."""
    try:
        entry = call_entry(CompletionRequest("x", id="a\ud800"))
    except PlayheadError:
        return
    assert decode_call(entry.data).volatile.request_id == "a\ud800"


ENTRY: dict[str, Any] = msgspec.json.decode(composed(Completion("hi", raw={"id": "z"}, tool_calls=(ToolCall("1"),))))


def changed(path: tuple[str, ...], value: Any) -> bytes:
    """Encode the entry with one field changed."""
    entry = msgspec.json.decode(msgspec.json.encode(ENTRY))
    holder = entry
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return msgspec.json.encode(entry)


FIELDS: list[tuple[str, ...]] = [
    ("call",), ("key",), ("n",), ("escaped",), ("volatile",), ("volatile", "ids"), ("volatile", "gaps"),
    ("call", "outcome"), ("call", "provider"), ("call", "origin"), ("call", "outcome", "kind"),
    ("call", "outcome", "text"), ("call", "outcome", "raw"), ("call", "outcome", "tool_calls"),
    ("call", "outcome", "usage"),
]  # fmt: skip


@given(st.sampled_from(FIELDS), st.one_of(plain_values, values.map(lambda value: msgspec.json.decode(encode(value)))))
def test_any_field_of_any_value(path: tuple[str, ...], value: Any) -> None:
    """Whatever stands in an entry's field, decoding gives an entry or one of the errors that mean malformed bytes."""
    for data in (
        changed(path, value),
        msgspec.json.encode({**msgspec.json.decode(changed(path, value)), "escaped": True}),
    ):
        try:
            found = decode_call(data)
        except MALFORMED:
            continue
        assert isinstance(found, CallEntry)


@pytest.mark.parametrize("depth", [500, 900, 100_000])
def test_deeply_nested_entries(depth: int) -> None:
    """An entry nested far deeper than any writer writes is read or told as malformed."""
    deep = msgspec.Raw(b"[" * depth + b"]" * depth)
    for path in (("call", "outcome", "raw"), ("call", "outcome"), ("volatile", "ids"), ("call", "request")):
        for escaped in (True, False):
            data = changed(path, deep)
            data = data[:-1] + (b',"escaped":true}' if escaped else b"}")
            try:
                decode_call(data)
            except MALFORMED:
                continue


def test_unknown_fields_are_passed_over() -> None:
    """An entry with fields of a newer release is read for what this one knows."""
    entry = msgspec.json.decode(composed(Completion("hi")))
    entry["new"] = {"a": 1}
    entry["call"]["new"] = 1
    entry["call"]["outcome"]["new"] = [1]
    found = decode_call(msgspec.json.encode(entry))
    assert found.call.outcome == Completion("hi")


REQUESTS: dict[str, Any] = {
    "nothing": {},
    "an unknown family": {"family": "video", "prompt": "x"},
    "a family of a number": {"family": 1, "prompt": "x"},
    "a family of a list": {"family": [], "prompt": "x"},
    "messages of a number": {"messages": 5},
    "messages of numbers": {"messages": [5]},
    "messages of null": {"messages": None},
    "tools of a number": {"prompt": "x", "tools": 5},
    "a temperature of text": {"prompt": "x", "temperature": "hot"},
    "both": {"prompt": "x", "messages": [{}]},
    "an empty model": {"prompt": "x", "model": ""},
    "a prompt of a list": {"prompt": []},
}


@pytest.mark.parametrize("fields", REQUESTS.values(), ids=REQUESTS)
def test_malformed_request(fields: dict[str, Any]) -> None:
    """Fields that are not those of a request are a ValueError, never another class."""
    with pytest.raises(ValueError, match=r"."):
        request_from(fields)


def test_encoded_outcome_is_a_fact() -> None:
    """An encoded outcome gives the bytes, the flag and the facts apart."""
    encoded = encode_outcome(outcome_fields(Completion("x", raw={"id": "a"})))
    assert encoded == EncodedOutcome(b'{"kind":"completion","raw":{},"text":"x"}', False, [[["raw", "id"], "a"]])


# --- answers over the wire


@given(requests, outcomes, answers, volatiles)
def test_answers_over_the_wire_come_back(
    request_: CompletionRequest, outcome: Outcome, answer: Answer, volatile: Volatile
) -> None:
    """An entry of the wire seam gives the outcome and every byte of the answer."""
    entry = decode_call(call_entry(request_, outcome, volatile=volatile, answer=answer).data)
    assert same(entry.call.outcome, outcome)
    assert answer_of(entry) == answer
    assert interaction_of(entry, restore(msgspec.json.decode(entry.call.request))).answer == answer


@given(requests, outcomes)
def test_calls_of_the_provider_seam_have_no_answer(request_: CompletionRequest, outcome: Outcome) -> None:
    """What never went over a wire has nothing that came over it."""
    assert answer_of(decode_call(call_entry(request_, outcome).data)) is None


@given(requests, outcomes, answers)
def test_bytes_with_an_answer_are_canonical(request_: CompletionRequest, outcome: Outcome, answer: Answer) -> None:
    """An entry with an answer is the one way to write what it says."""
    data = call_entry(request_, outcome, answer=answer).data
    assert encode_normal(msgspec.json.decode(data)) == data


def test_an_answer_without_facts_is_read() -> None:
    """Facts of the moment may be missing: another reader may have left them out."""
    data = composed(Completion("x"), wire=Wire(200, Body(text="x")))
    assert b'"volatile"' not in data
    assert answer_of(decode_call(data)) == Answer(200, pieces=(b"x",))


def test_an_answer_that_does_not_fit_its_facts_is_told() -> None:
    """Marks without values raise ``ValueError``, wherever the answer is asked for."""
    entry = decode_call(composed(Completion("x"), wire=Wire(200, Body(text="\ue000", marked=True))))
    with pytest.raises(ValueError, match="1 marks for 0 values"):
        answer_of(entry)
    with pytest.raises(ValueError, match="marks for 0 values"):
        interaction_of(entry, {"prompt": "x"})


@given(completions, answers)
def test_equal_answers_at_other_moments_are_equal_evidence(completion: Completion, answer: Answer) -> None:
    """Headers, reason, protocol and cuts of an answer do not show in the evidence."""
    whole = (answer.content(),) if answer.content() else ()
    other = answer._replace(headers=(("Date", "today"),), reason="Else", http="HTTP/3", pieces=whole)
    one, another = (call_entry(outcome=completion, answer=found).data for found in (answer, other))
    assert evidence_bytes(one, 0) == evidence_bytes(another, 0)


def test_an_operation_is_stored() -> None:
    """The operation stands in the request's fields, and an empty one does not."""
    fields = request_fields(CompletionRequest("x", operation="messages"))
    assert fields == {"family": "llm", "prompt": "x", "operation": "messages"}
    assert request_from(fields) == CompletionRequest("x", operation="messages")
    assert "operation" not in request_fields(CompletionRequest("x"))
