"""An answer over the wire: every byte comes back, and what is of the moment is no evidence."""

from __future__ import annotations

import array
import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playhead.core.bodies import EMPTY_BODY, Body
from playhead.core.canonical import encode_normal
from playhead.core.wire import (
    KINDS,
    Answer,
    Wire,
    WireError,
    WireFacts,
    put_together,
    take_apart,
    with_body,
)
from tests.strategies import answers, cut_up, event_streams, float_texts, wire_bodies


def back(answer: Answer, *, volatile: bool = True) -> Answer:
    """Take an answer apart, through the bytes of a file, and put it together."""
    wire, facts = take_apart(answer, volatile=volatile)
    read_wire = msgspec.json.decode(encode_normal(wire), type=Wire)
    read_facts = msgspec.json.decode(encode_normal(facts), type=WireFacts)
    assert (read_wire, read_facts) == (wire, facts)
    return put_together(read_wire, read_facts)


def body_of(text: str | bytes, *, volatile: bool = True) -> Body:
    """Give the kept form of a body."""
    data = text.encode() if isinstance(text, str) else text
    return take_apart(Answer(200, pieces=(data,)), volatile=volatile)[0].body


def values_of(text: str) -> tuple[str | int, ...]:
    """Give what the marks of a body stand for."""
    return take_apart(Answer(200, pieces=(text.encode(),)), volatile=True)[1].values


# --- every byte comes back


@given(answers, st.booleans())
def test_answers_come_back(answer: Answer, volatile: bool) -> None:
    """Status, headers in order and case, reason, protocol, pieces, error: what came comes again, whatever it is."""
    assert back(answer, volatile=volatile) == answer


@given(st.lists(st.binary(max_size=6), max_size=6), st.booleans())
@example(pieces=[b""], volatile=True)
@example(pieces=[b"", b""], volatile=True)
@example(pieces=[b"a", b"", b"\xff", b""], volatile=True)
@example(pieces=["\ue000\ue001\ue010\uf8ff".encode()], volatile=True)
@example(pieces=['\ue000"id": 1'.encode()], volatile=True)
@example(pieces=[b'"id":"a"', b"\xed\xa0\x80"], volatile=True)
def test_any_bytes_in_any_pieces_come_back(pieces: list[bytes], volatile: bool) -> None:
    """Bytes that are no UTF-8, pieces of nothing, characters of private use: all come back with their boundaries."""
    assert back(Answer(200, pieces=tuple(pieces)), volatile=volatile).pieces == tuple(pieces)


@given(st.one_of(event_streams, wire_bodies), st.data())
def test_texts_of_providers_come_back_however_they_are_cut(data: bytes, drawn: st.DataObject) -> None:
    """Event streams and JSON with ids, vectors and odd characters come back, cut between any two bytes."""
    pieces = cut_up(data, drawn.draw)
    again = back(Answer(200, pieces=pieces))
    assert again.pieces == pieces
    assert again.content() == data


@given(float_texts)
def test_vectors_come_back_in_their_spelling(text: str) -> None:
    """However numbers are spelt and separated, each digit and each space comes back."""
    data = f'{{"object":"list","data":[{{"embedding":{text},"index":0}}],"id":"e-1"}}'.encode()
    assert back(Answer(200, pieces=(data,))).content() == data


@given(st.sampled_from(KINDS), st.text(max_size=20), st.booleans())
def test_errors_come_back(kind: str, message: str, begun: bool) -> None:
    """How an exchange broke comes back, after the bytes that came or before any."""
    error = WireError("httpx.ReadError", kind, message)
    answer = Answer(200, (("A", "b"),), (b"x",), error) if begun else Answer(error=error)
    assert back(answer) == answer


# --- what is evidence


def chunk(id_: str, created: int, padding: str, text: str) -> str:
    """Write a piece of an event stream as OpenAI sends them."""
    value = {"id": id_, "created": created, "choices": [{"delta": {"content": text}}], "obfuscation": padding}
    return f"data: {json.dumps(value)}\n\n"


facts_of_the_moment = st.tuples(
    st.text(max_size=8), st.integers(0, 2**40), st.lists(st.text(max_size=2), min_size=3, max_size=3)
)


@given(facts_of_the_moment, facts_of_the_moment, st.data())
def test_equal_answers_are_equal_evidence(
    one: tuple[str, int, list[str]], other: tuple[str, int, list[str]], drawn: st.DataObject
) -> None:
    """Ids, times, padding, headers and cuts change with every answer and are no evidence, whichever happen to agree."""
    wires: list[Wire] = []
    for id_, created, paddings in (one, other):
        words = ("Hel", "lo", '\\"id\\": "x"')
        text = "".join(chunk(id_, created, padding, word) for padding, word in zip(paddings, words, strict=True))
        pieces = cut_up(text.encode(), drawn.draw)
        answer = Answer(200, (("x-request-id", id_.encode("unicode_escape").decode()),), pieces, http="HTTP/2")
        wire, facts = take_apart(answer, volatile=True)
        assert put_together(wire, facts) == answer
        wires.append(wire)
    assert wires[0] == wires[1]


@given(facts_of_the_moment, facts_of_the_moment)
def test_other_facts_are_other_facts(one: tuple[str, int, list[str]], other: tuple[str, int, list[str]]) -> None:
    """What is no evidence is kept all the same: two answers that differ in it have other facts."""
    text = [chunk(id_, created, paddings[0], "x") for id_, created, paddings in (one, other)]
    facts = [take_apart(Answer(200, pieces=(said.encode(),)), volatile=True)[1] for said in text]
    assert (facts[0] == facts[1]) == (text[0] == text[1])


@pytest.mark.parametrize(
    "text",
    [
        '{"id": %s}',
        '{"id":%s,"object":"x"}',
        '{"created": %s}',
        '{"created_at" : %s}',
        '{"completed_at":%s}',
        '{"responseId":%s}',
        '{"response_id":%s}',
        '{"request_id":%s}',
        '{"item_id":%s}',
        '{"call_id":%s}',
        '{"system_fingerprint":%s}',
        '{"timings":%s}',
        '{"obfuscation":%s}',
        '{"createTime":%s}',
        '{"total_duration":%s}',
        '{"load_duration":%s}',
        '{"prompt_eval_duration":%s}',
        '{"eval_duration":%s}',
        'event: a\ndata: {"type":"a","item_id":%s}\n\n',
    ],
)
def test_fields_of_the_moment(text: str) -> None:
    """Ids and times of the vendors are taken out, whether they are texts, numbers or objects."""
    bodies = {body_of(text % value) for value in ('"a"', '"b\\"\\\\"', "1732", "-1.5e+3", '{"ms": 3}', "{}")}
    assert len(bodies) == 1
    assert bodies.pop().marked


@pytest.mark.parametrize(
    "text",
    ['{"ids": "a"}', '{"text": "id"}', '{"x": "\\"id\\": 3"}', '{"id": null}', '{"id": ["a"]}', '{"model": "m-1"}'],
)
def test_what_looks_alike_stays(text: str) -> None:
    """A name that only resembles, a text that speaks of an id, an id that is none: all of that is evidence."""
    assert body_of(text) == Body(text=text)


def test_an_answer_that_says_something_else_is_other_evidence() -> None:
    """Status, text, error and an early end are evidence."""
    answer = Answer(200, pieces=(b'{"id":"a","text":"x"}',))
    others = [
        answer._replace(status=201),
        answer._replace(pieces=(b'{"id":"a","text":"y"}',)),
        answer._replace(error=WireError("httpx.ReadError", "read")),
        answer._replace(left=True),
    ]
    wires = [take_apart(one, volatile=True)[0] for one in (answer, *others)]
    assert len(set(wires)) == len(wires)


@given(st.text(max_size=8), st.text(max_size=8))
def test_plain_http_keeps_its_ids(one: str, other: str) -> None:
    """Of traffic that is no model's answer nothing is known, so every byte of it is evidence."""
    texts = [json.dumps({"data": [{"id": id_, "created": 1}]}) for id_ in (one, other)]
    bodies = [body_of(text, volatile=False) for text in texts]
    assert bodies == [Body(text=text) for text in texts]
    assert (bodies[0] == bodies[1]) == (one == other)


def test_a_repeated_value_is_kept_once() -> None:
    """A stream's id stands in every piece of it, and in the file once."""
    text = "".join(chunk("chatcmpl-1", 17, padding, "x") for padding in ("a", "b", "a"))
    assert values_of(text) == ('"chatcmpl-1"', "17", '"a"', 0, 1, '"b"', 0, 1, 2)


def test_vectors_are_kept_in_single_precision() -> None:
    """A vector whose numbers have four bytes takes four bytes a number, and comes back as it was spelt."""
    numbers = array.array("f", [n / 7 for n in range(64)])
    for separator in (",", ", ", " ,\n  "):
        body = body_of("[" + separator.join(map(repr, numbers)) + "]")
        assert body.floats == ((base64.b64encode(numbers.tobytes()).decode(), separator),)
        assert body.text == "[\ue001]"


@pytest.mark.parametrize(
    "numbers",
    [
        ["0.1"] * 64,  # needs eight bytes
        ["1.50"] * 64,  # another spelling
        ["1e3"] * 64,
        ["1"] * 64,  # whole numbers, such as tokens
        ["1e400"] * 64,
        ["0.5"] * 15,  # too few to be worth it
    ],
)
def test_numbers_that_would_change_stay_text(numbers: list[str]) -> None:
    """What single precision, or its one spelling, would change is kept as it is written."""
    text = json.dumps({"note": "x" * 200}) + f"[{','.join(numbers)}]"
    assert body_of(text) == Body(text=text)


def test_text_with_marks_of_its_own_is_kept_as_it_is() -> None:
    """A body that holds the characters marks are made of is kept without marks."""
    for mark in "\ue000\ue001":
        text = f'{{"id":"a","text":"{mark}"}}'
        assert body_of(text) == Body(text=text)


def test_other_characters_of_private_use_do_no_harm() -> None:
    """Icon fonts use the same area; ids are taken out beside them."""
    assert body_of('{"id":"a","text":"\ue002\uf8ff"}').text == '{"id":\ue000,"text":"\ue002\uf8ff"}'


def test_bytes_that_are_no_text_are_base64() -> None:
    """Compressed and binary bodies are kept as bytes."""
    assert body_of(b"\x1f\x8b\xff") == Body(base64="H4v/")


def test_an_empty_body_has_none() -> None:
    """A 204 leaves nothing behind but its status."""
    wire, facts = take_apart(Answer(204), volatile=True)
    assert (wire, facts) == (Wire(204), WireFacts())
    assert wire.body is EMPTY_BODY
    assert put_together(wire, facts) == Answer(204)


# --- damage

GOOD = take_apart(
    Answer(200, pieces=(b'{"id":"a","created":1,"e":[' + b",".join([b"0.5"] * 99), b'],"n":{"id":"a"}}')), volatile=True
)


def test_the_example_has_every_kind_of_mark() -> None:
    """The damage below is done to marks for values, repeated values and vectors, and to cuts."""
    wire, facts = GOOD
    assert (len(facts.values), len(wire.body.floats), len(facts.cuts)) == (3, 1, 2)
    assert facts.values[2] == 0


@pytest.mark.parametrize(
    "body",
    [
        Body(base64="?"),
        Body(base64="H4v"),
        Body(text="\ue000", marked=True),
        Body(text="\ue001", marked=True),
        Body(text="", floats=(("AAAA", ","),), marked=True),
        Body(text="\ue001", floats=(("AAA", ","),), marked=True),
        Body(text="\ue001", floats=(("????", ","),), marked=True),
        Body(text="\ue001", floats=(("AAA=", ","),), marked=True),
        Body(text="\ud800"),
    ],
)
def test_a_damaged_body_is_told(body: Body) -> None:
    """A body whose marks, vectors or letters do not hold raises ``ValueError``."""
    with pytest.raises(ValueError, match=r"."):
        put_together(Wire(200, body), WireFacts())


@pytest.mark.parametrize(
    "changes",
    [
        {"cuts": (1,)},
        {"cuts": (-1, 1)},
        {"cuts": (10**30,)},
        {"values": ()},
        {"values": ('"a"', "1")},
        {"values": ('"a"', "1", 0, 0)},
        {"values": ('"a"', "1", 2)},
        {"values": ('"a"', "1", -1)},
        {"values": ('"a"', "1", 10**9)},
        {"values": (0, 0, 0)},
        {"values": ('"a"', 0, 1)},
        {"values": ("\ud800", "1", 0)},
    ],
)
def test_facts_that_do_not_fit_are_told(changes: dict[str, Any]) -> None:
    """Cuts that do not come to the body, values missing, left over or naming each other raise ``ValueError``."""
    wire, facts = GOOD
    with pytest.raises(ValueError, match=r"."):
        put_together(wire, msgspec.structs.replace(facts, **changes))


def test_negative_cuts_do_not_pass_for_pieces() -> None:
    """Cuts that come to the body's length, one of them below zero, are damage."""
    with pytest.raises(ValueError, match="cuts of a body"):
        put_together(Wire(200, Body(text="abcd")), WireFacts(cuts=(5, -1)))


@given(
    st.builds(
        Body,
        text=st.text(st.characters(exclude_categories=()), max_size=4) | st.text("\ue000\ue001ab", max_size=6),
        base64=st.text(max_size=4) | st.just(""),
        floats=st.lists(st.tuples(st.text("AB=", max_size=8), st.text(max_size=1)), max_size=2).map(tuple),
        marked=st.booleans(),
    ),
    st.lists(st.integers(-2, 6), max_size=3).map(tuple),
    st.lists(st.integers(-2, 6) | st.text(max_size=2), max_size=4).map(tuple),
)
def test_any_parts_give_an_answer_or_a_value_error(
    body: Body, cuts: tuple[int, ...], values: tuple[str | int, ...]
) -> None:
    """Whatever stands in a file gives an answer, its pieces as long as its cuts, or ``ValueError``."""
    try:
        answer = put_together(Wire(200, body), WireFacts(cuts=cuts, values=values))
    except ValueError:
        return
    assert not cuts or tuple(map(len, answer.pieces)) == cuts


# --- headers and bodies


def test_headers_are_found_whatever_their_case() -> None:
    """The first of several counts."""
    answer = Answer(200, (("X-A", "1"), ("x-a", "2")))
    assert (answer.header("x-A"), answer.header("x-b")) == ("1", None)


def test_another_body_is_no_longer_encoded() -> None:
    """A body that took another's place has its own length, no content encoding, and no pieces of nothing."""
    headers = (("Content-Encoding", "gzip"), ("content-length", "99"), ("X-A", "1"), ("Content-Length", "99"))
    answer = with_body(Answer(200, headers, (b"old",)), (b"ab", b"", b"c"))
    assert answer.headers == (("content-length", "3"), ("X-A", "1"), ("Content-Length", "3"))
    assert answer.pieces == (b"ab", b"c")


def test_words_of_kinds() -> None:
    """The words that stand in files are these, each once."""
    assert len(set(KINDS)) == len(KINDS)
    assert {"connect", "connect-timeout", "read-timeout", "tls", "proxy", "read", "protocol", "other"} <= set(KINDS)
