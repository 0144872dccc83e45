"""The quick look before the rules."""

from __future__ import annotations

import base64
import random

import msgspec
import pytest

from playhead.core import secret_cues
from playhead.core.secret_cues import Cues, NameCues
from playhead.core.secret_names import Names
from playhead.core.secret_values import LiteralValues, in_json

from .fake_keys import PARTS, fill
from .test_secret_assignments import FOUND
from .test_secret_shapes import ALL_EXAMPLES

CUES = Cues(NameCues(Names()))
PROSE = (
    "It is a truth: the understanding of a text needs no key, no token limit and no password. See https://a.example, "
    "mail a@b.example, or call f(x=1, max_tokens=4096) at 12:30. {hex} "
    "123e4567-e89b-12d3-a456-426614174000 chatcmpl-{mixed}"
)


@pytest.mark.parametrize("text", [fill(text) for _, text in ALL_EXAMPLES])
def test_tokens_are_seen(text: str) -> None:
    """No token passes, at the start of the bytes, behind an escape or deep in a run."""
    for around in ("%s", " %s", "\n%s", "\x1b[31m%s", "%%20%s", "x" * 99 + "/%s", "\u043a%s"):
        plain = around % text
        assert CUES.find(plain.encode()) & secret_cues.TOKEN
        assert CUES.find(msgspec.json.encode([plain]), in_json=True) & secret_cues.TOKEN


@pytest.mark.parametrize("text", [fill(text).replace("<", "").replace(">", "") for text in FOUND])
def test_assignments_are_seen(text: str) -> None:
    """No assignment passes, as text or in JSON."""
    for data in (text.encode(), msgspec.json.encode({"a": text}), msgspec.json.encode([f"\n{text}\n"])):
        assert CUES.find(data) & secret_cues.ASSIGNED


@pytest.mark.parametrize(
    ("text", "bit"),
    [
        ("Bearer {mixed}", secret_cues.SCHEME),
        ("BEARER  {lower}", secret_cues.SCHEME),
        ("Basic {basic}", secret_cues.SCHEME),
        ("a basic {basic_long}", secret_cues.SCHEME),
        ("secret {mixed}", secret_cues.SCHEME),
        ("x://u:{short}@h", secret_cues.USERINFO),
        ("x://\u00fc:\u00e4@h", secret_cues.USERINFO),
        ("x://{mixed}@h", secret_cues.USERINFO),
        ("{dashes}BEGIN PRIVATE KEY{dashes}", secret_cues.PRIVATE_KEY),
    ],
)
def test_contexts_are_seen(text: str, bit: int) -> None:
    """Nor does a context."""
    assert CUES.find(fill(text).encode()) & bit
    assert CUES.find(msgspec.json.encode([fill(text)]), in_json=True) & bit


def test_ordinary_texts_pass() -> None:
    """Prose with ids, digests, addresses and calls raises no doubt, nor does an entry with a plain key."""
    assert CUES.find(fill(PROSE).encode()) == 0
    entry = {"key": PARTS["mixed"], "signature": PARTS["mixed"], "function": "f", "usage": {"prompt_tokens": 1}}
    assert CUES.find(msgspec.json.encode([entry, fill(PROSE)]), in_json=True) == 0


def test_random_bytes_as_base64_pass() -> None:
    """An image in base64 raises no doubt."""
    data = random.Random(3).randbytes(300_000)
    assert CUES.find(msgspec.json.encode({"url": base64.b64encode(data).decode()}), in_json=True) == 0


def test_a_plain_key_counts_if_the_user_says_so() -> None:
    """The exemption of ``key`` ends where a user names it."""
    data = msgspec.json.encode({"key": "x"})
    assert CUES.find(data) == 0
    assert Cues(NameCues(Names(["key"]))).find(data) == secret_cues.ASSIGNED


@pytest.mark.parametrize("value", [PARTS["mixed"], PARTS["short"], "p\u00e4ss", 'q"\\u', "x" * 15 + "!" + "y" * 15])
def test_values_are_seen(value: str) -> None:
    """A known secret passes in no form, wherever in a run it stands."""
    values = LiteralValues([value])
    cues = Cues(
        NameCues(Names()),
        fragments=values.fragments,
        literals=values.literals,
        json_literals=[in_json(literal) for literal in values.literals],
    )
    for before in range(40):
        text = "x" * before + value + "y" * 20
        assert cues.find(text.encode()) & secret_cues.VALUE
        assert cues.find(msgspec.json.encode([text]), in_json=True) & secret_cues.VALUE
    assert cues.find(b"x" * 1000) == 0


def test_what_is_remembered_of_tails_is_bounded_and_changes_nothing() -> None:
    """Thousands of different texts before a colon neither grow the memory without end nor hide a name."""
    cues = Cues(NameCues(Names()))
    for start in range(0, 10_000, 500):
        cues.find(":".join(f"x{number:05}q" for number in range(start, start + 500)).encode())
    assert cues.find(b"x00001q:api_key:abc") == secret_cues.ASSIGNED
