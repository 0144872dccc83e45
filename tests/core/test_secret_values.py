"""Known secrets in the forms that travel."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.secret_values import LiteralValues, ascii_json, in_json

from .fake_keys import PARTS

secrets = st.text(min_size=8, max_size=40).filter(lambda value: len(value.strip()) >= 8)  # no whole-word rule


def masked(values: LiteralValues, text: str) -> str:
    """Give the text with a bar for every span."""
    for start, end, rule in sorted(set(values.spans(text)), reverse=True):
        assert rule == "value"
        text = f"{text[:start]}|{text[end:]}"
    return text


def could_hold(values: LiteralValues, data: bytes) -> bool:
    """Look for what the quick check looks for."""
    return any(part in data for part in (*values.fragments, *values.literals))


@given(secrets, st.text(max_size=5), st.text(max_size=5))
def test_every_form_is_found(value: str, before: str, after: str) -> None:
    """A secret is found as it is, in JSON, in JSON in JSON, and in a URL, wherever it stands."""
    values = LiteralValues([value])
    plain = value.encode("utf-8", "surrogatepass")
    once = json.dumps(value)[1:-1]
    forms = [value, once, json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(once, ensure_ascii=False)[1:-1]]
    forms += [quote(plain, safe=""), quote(plain), quote_plus(plain), value.strip()]
    for form in forms:
        text = before + form + after
        core = text.index(form.strip())
        assert any(start <= core < end for start, end, _ in values.spans(text))
        assert could_hold(values, text.encode("utf-8", "surrogatepass"))


@given(st.text(min_size=13, max_size=40), st.binary(max_size=7), st.binary(max_size=7))
def test_base64_goes_as_a_whole(value: str, before: bytes, after: bytes) -> None:
    """A base64 text that holds the secret, at any offset and in either alphabet, is masked to both ends."""
    values = LiteralValues([value])
    data = before + value.encode("utf-8", "surrogatepass") + after
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        assert masked(values, f"a {text} b") == "a | b"
        assert could_hold(values, text.encode())


def test_long_base64_is_masked_to_its_start() -> None:
    """The masked part reaches back over any length."""
    data = bytes(range(256)) * 40 + PARTS["mixed"].encode()
    assert masked(LiteralValues([PARTS["mixed"]]), f'"{base64.b64encode(data).decode()}"') == '"|"'


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("", "abc", "abc"),
        ("1", "take 1 of 2", "take 1 of 2"),
        ("ab", "ab", "ab"),
        ("abc", "abc abcd xabc abc_ (abc)", "| abcd xabc abc_ (|)"),
        ("abc", "\u043aabc abc\u043a", "\u043aabc abc\u043a"),
        ("a-a", "xa-a-a", "xa-|"),
        ("test", "a test, the latest", "a |, the latest"),
        ("1234", "1234 12345", "| 12345"),
        ("te5t", "late5t", "la|"),
        ("abcdefgh", "xabcdefghx", "x|x"),
        (" abcdefgh\n", "abcdefgh", "|"),
        ("EMPTY", "an EMPTY box", "an EMPTY box"),
        ("ollama", "ollama/llama3", "ollama/llama3"),
    ],
)
def test_short_values_and_words(value: str, text: str, expected: str) -> None:
    """Short values and words count as whole words only, one or two characters and placeholders not at all."""
    assert masked(LiteralValues([value]), text) == expected


def test_plus_adds() -> None:
    """More values make a new set that knows all of them; none new gives the same object."""
    one = LiteralValues([PARTS["short"]])
    two = one.plus([PARTS["word"]])
    assert one.plus([PARTS["short"]]) is one
    assert (len(one), len(two)) == (1, 2)
    assert masked(two, f"{PARTS['short']} {PARTS['word']}") == "| |"
    assert masked(one, PARTS["word"]) == PARTS["word"]


def test_nothing_is_shown() -> None:
    """Neither the text form nor the attributes' names give a value away."""
    shown = f"{LiteralValues([PARTS['mixed']])!r} {LiteralValues([PARTS['mixed']])}"
    assert PARTS["mixed"] not in shown
    assert "1" in shown


def test_common_keys_cost_no_search_of_their_own() -> None:
    """Every form of an ordinary key has a run of key characters, which the quick check finds without searching."""
    assert LiteralValues(["sk-" + PARTS["mixed"], PARTS["hex"]]).literals == ()


@given(st.text(max_size=20))
def test_json_forms(text: str) -> None:
    """The forms in JSON are what a JSON writer makes of the text."""
    assert json.loads(f'"{ascii_json(text)}"') == text
    assert ascii_json(text).isascii()
    assert b'"' + in_json(text.encode()) + b'"' == msgspec.json.encode(text)
    assert json.loads(f'"{ascii_json(chr(0xD800) + text)}"') == chr(0xD800) + text
