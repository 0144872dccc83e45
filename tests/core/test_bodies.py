"""Bodies with marks: every byte comes back, many values and pieces stand as one text each, and damage is told."""

from __future__ import annotations

import array
import itertools
import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playhead.core.bodies import EMPTY_BODY, MANY, NO_VALUES, Body, Values, cut, pack, unpack
from playhead.core.canonical import encode_normal
from tests.strategies import clean_text, odd_text


def events(pieces: list[str], paddings: list[Any], *, id_: str = "chatcmpl-12345", name: str = "content") -> bytes:
    """Write a stream of one event a piece, each with the stream's id, a time, and a padding of its own."""
    chunks = [
        {"id": id_, "created": 1801592503, "choices": [{"delta": {name: piece}}], "obfuscation": padding}
        for piece, padding in zip(pieces, paddings, strict=True)
    ]
    written = (json.dumps(chunk, separators=(",", ":"), ensure_ascii=False) for chunk in chunks)
    return "".join(f"data: {one}\n\n" for one in written).encode("utf-8", "surrogatepass")


def through_a_file(body: Body, values: Values) -> bytes:
    """Give the bytes of a body that has been written and read again."""
    again = msgspec.json.decode(encode_normal(body), type=Body)
    assert again == body
    return unpack(again, values)


one_padding = st.one_of(
    st.text("|=*0aZ", max_size=3),
    clean_text,
    odd_text,
    st.integers(-9, 9),
    st.just({"ms": 1.5}),
    st.just("same padding"),
)


@given(st.lists(st.tuples(st.one_of(clean_text, odd_text), one_padding), min_size=1, max_size=40))
@example(said=[("word", "p")] * MANY)
@example(said=[("", "")] * (MANY - 1))
@example(said=[('"id": "x"', "=")] * MANY)
@example(said=[("word", "a|b")] * MANY)
def test_every_byte_of_a_stream_comes_back(said: list[tuple[str, Any]]) -> None:
    """Few events or many, whatever they say and whatever their values of the moment are."""
    data = events([piece for piece, _ in said], [padding for _, padding in said])
    assert through_a_file(*pack(data, volatile=True)) == data
    assert through_a_file(*pack(data, volatile=False)) == data


@given(st.lists(st.sampled_from(["a" * 9, "b" * 9, "c", 3, {"d": 4}]), min_size=3 * MANY, max_size=3 * MANY))
def test_many_values_stand_once_each(paddings: list[Any]) -> None:
    """A value long enough to be named stands once in the joined text, in whatever order values come again."""
    data = events(["x"] * len(paddings), paddings)
    body, values = pack(data, volatile=True)
    assert values.values == ()
    assert len(values.order) == 3 * len(paddings)
    for value in ("chatcmpl-12345", "=1801592503", *(p for p in paddings if isinstance(p, str) and len(p) > 8)):
        assert values.joined.split("|").count(value) == 1
    assert unpack(body, values) == data


def test_more_values_than_have_names_come_back() -> None:
    """The 63rd value that comes again has no name, and stands again."""
    paddings = [f"a longer padding {number}" for number in range(80)] * 2
    data = events(["x"] * len(paddings), paddings)
    body, values = pack(data, volatile=True)
    assert set("*Zz") <= set(values.order)
    assert unpack(body, values) == data


def test_values_that_cannot_be_joined_stand_in_a_list() -> None:
    """One that holds what is put between them leaves all of them in the other form."""
    data = events(["x"] * MANY, ["a|b", *["c"] * (MANY - 1)])
    body, values = pack(data, volatile=True)
    assert (values.joined, values.order, len(values.values)) == ("", "", 3 * MANY)
    assert unpack(body, values) == data


@pytest.mark.parametrize("name", ["content", "text", "delta", "thinking", "partial_json", "arguments", "response"])
def test_what_a_stream_says_stands_in_one_piece(name: str) -> None:
    """The text can be read at a glance in the file, and every event is the same text."""
    words = [f"word{number} \\u00e9\n" for number in range(MANY)]
    body, values = pack(events(words, ["p"] * MANY, name=name), volatile=True)
    assert body.said == json.dumps("".join(words), ensure_ascii=False)[1:-1]
    assert len(set(body.text.strip().split("\n\n"))) == 1
    assert unpack(body, values) == events(words, ["p"] * MANY, name=name)


@given(
    st.lists(st.text("ab", max_size=3), min_size=MANY, max_size=MANY + 3),
    st.lists(st.integers(0, 9), min_size=2, max_size=2),
)
def test_values_of_the_moment_are_no_evidence_beside_pieces(pieces: list[str], given_paddings: list[int]) -> None:
    """Two streams that say the same in the same pieces are equal evidence, others are not."""
    one, other = (
        pack(events(pieces, [str(padding)] * len(pieces), id_=f"id-{padding}"), volatile=True)[0]
        for padding in given_paddings
    )
    assert one == other
    assert pack(events([*pieces[:-1], "c"], ["1"] * len(pieces)), volatile=True)[0] != one


def test_few_pieces_and_plain_http_are_left_alone() -> None:
    """Below 16 pieces a body is as it was in earlier releases; plain HTTP is, whatever it holds."""
    few = events(["x"] * (MANY - 1), ["p"] * (MANY - 1))
    assert pack(few, volatile=True)[0].lengths == ()
    many = events(["x"] * MANY, ["p"] * MANY)
    assert pack(many, volatile=False) == (Body(text=many.decode()), NO_VALUES)


def test_a_stream_takes_a_tenth_of_its_bytes() -> None:
    """What 250 events of 250 bytes say and what is of the moment in them comes to a tenth before compression."""
    rng = random.Random(3)
    hidden = ["".join(rng.choices("abcdefgh", k=6)) for _ in range(250)]
    body, values = pack(events(["word "] * 250, hidden), volatile=True)
    assert len(body.said) == 1250
    assert len(values.joined) + len(values.order) < 250 * 11


# --- numbers

SMALL = ("4.5e-5", "0.000045", "1.0E-7", "-3e-05")


@given(
    st.lists(st.floats(2**-8, 1, width=32), min_size=MANY, max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.sampled_from(SMALL)), max_size=6),
    st.sampled_from([",", ", "]),
)
@example(numbers=[0.5] * 40, odd=[(20, "4.5e-5")], separator=",")
def test_numbers_in_another_spelling_leave_the_others_packed(
    numbers: list[float], odd: list[tuple[int, str]], separator: str
) -> None:
    """A vector with some numbers spelt otherwise comes back to the byte, those between them packed."""
    spelt = list(map(repr, numbers))
    for at, text in odd:
        spelt.insert(at, text)
    data = f'{{"embedding":[{separator.join(spelt)}],"object":"a vector of many numbers, padded {"x" * 200}"}}'.encode()
    body, values = pack(data, volatile=True)
    assert through_a_file(body, values) == data
    runs = [sum(1 for _ in run) for same, run in itertools.groupby(text not in SMALL for text in spelt) if same]
    assert len(body.floats) == sum(1 for length in runs if length >= MANY)


def test_one_small_number_costs_a_list_of_its_own() -> None:
    """The number stays as text between two marks."""
    half = ",".join(map(repr, array.array("f", [n / 7 for n in range(1, 65)])))
    text = f"[{half},4.5e-5,{half}]"
    body, values = pack(text.encode(), volatile=True)
    assert (body.text, len(body.floats)) == ("[\ue001,4.5e-5,\ue001]", 2)
    assert unpack(body, values) == text.encode()


# --- damage

GOOD, FACTS = pack(events(list("abcdefghijklmnopqrst"), ["pad"] * 20), volatile=True)


def test_the_example_has_both_forms() -> None:
    """The damage below is done to pieces and to joined values."""
    assert (GOOD.said, len(GOOD.lengths), FACTS.order) == ("abcdefghijklmnopqrst", 20, "***" + "01*" * 19)


@pytest.mark.parametrize(
    "changes",
    [
        {"lengths": ()},
        {"lengths": (1,) * 19},
        {"lengths": (1,) * 21},
        {"lengths": (2, -1, *(1,) * 19)},
        {"lengths": (10**30, *(1,) * 19)},
        {"said": "abc"},
        {"said": ""},
        {"floats": (("AAAA", ","),)},
        {"text": "\ue001"},
        {"text": GOOD.text + "\ue000"},
    ],
)
def test_pieces_that_do_not_fit_are_told(changes: dict[str, Any]) -> None:
    """Pieces missing, left over, or longer than the text raise ``ValueError``."""
    with pytest.raises(ValueError, match=r"."):
        unpack(msgspec.structs.replace(GOOD, **changes), FACTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"order": ""},
        {"joined": ""},
        {"order": FACTS.order[:-1]},
        {"order": FACTS.order + "*"},
        {"order": "0" + FACTS.order[1:]},
        {"order": FACTS.order.replace("1", "z")},
        {"order": FACTS.order.replace("1", "-")},
        {"order": FACTS.order.replace("1", "é")},
        {"joined": FACTS.joined + "|more"},
        {"values": ('"a"',)},
    ],
)
def test_values_that_do_not_fit_are_told(changes: dict[str, Any]) -> None:
    """Values missing, left over, named before they come, or by no name raise ``ValueError``."""
    with pytest.raises(ValueError, match=r"."):
        unpack(GOOD, FACTS._replace(**changes))


@given(
    st.builds(
        Body,
        text=st.text("\ue000\ue001ab", max_size=6),
        said=st.text(max_size=4),
        lengths=st.lists(st.integers(-2, 4), max_size=3).map(tuple),
        marked=st.just(True),
    ),
    st.builds(Values, joined=st.text("a|=", max_size=5), order=st.text("*01z?", max_size=4)),
)
def test_any_parts_give_bytes_or_a_value_error(body: Body, values: Values) -> None:
    """Whatever stands in a file gives bytes without marks, or ``ValueError``."""
    try:
        data = unpack(body, values)
    except ValueError:
        return
    assert "\ue000" not in data.decode()


def test_what_an_earlier_reader_would_do_is_refuse() -> None:
    """The marks count against forms it knows: without ``lengths`` and ``order`` it finds marks for no values."""
    for changes in ({"lengths": (), "said": ""}, {}):
        body = msgspec.structs.replace(GOOD, **changes)
        with pytest.raises(ValueError, match="marks for 0 values"):
            unpack(body, NO_VALUES)


@given(st.binary(max_size=9), st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_cuts_come_to_the_whole(whole: bytes, lengths: list[int]) -> None:
    """Pieces have the lengths asked for and give the whole, or the lengths are refused."""
    if sum(lengths) != len(whole):
        with pytest.raises(ValueError, match="cuts of a body"):
            list(cut(whole, lengths))
        return
    pieces = list(cut(whole, lengths))
    assert (list(map(len, pieces)), b"".join(pieces)) == (lengths, whole)


def test_nothing_is_nothing() -> None:
    """An empty body is the one empty body."""
    assert pack(b"", volatile=True) == (EMPTY_BODY, NO_VALUES)
    assert unpack(EMPTY_BODY, NO_VALUES) == b""
