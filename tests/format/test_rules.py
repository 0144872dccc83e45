"""The entry of the rules: one a cassette, kept by every way a cassette is written anew."""

from __future__ import annotations

import msgspec
import pytest

from playhead.core.matching import EXACT, Matching
from playhead.errors import CassetteDamaged
from playhead.format.assembly import assemble, whole_entries
from playhead.format.limits import DEFAULT_LIMITS
from playhead.format.rules import RULES_KEY, is_rules, read_rules, rules_entry
from playhead.format.salvage import salvage_sealed, salvage_text
from playhead.format.sealed import SealedReader
from playhead.format.soundness import faults_of
from playhead.format.text import decode_text, encode_text

RULES = Matching(volatile=("uuid",), patterns={"order": "order [0-9]+"}, ignore=("user",), drift={"system": "warn"})


def sealed() -> bytes:
    """Give a sealed file with rules and no call."""
    entry = rules_entry(RULES)
    assert entry is not None
    data = bytearray()
    assemble([entry]).write(data.extend)
    return bytes(data)


def test_rules_come_back() -> None:
    """What was declared is what a reader finds."""
    entry = rules_entry(RULES)
    assert entry is not None
    assert is_rules(entry)
    assert not entry.is_call
    assert read_rules(entry.data) == RULES


def test_exact_matching_has_no_entry() -> None:
    """A cassette without rules spends no byte on them."""
    assert rules_entry(EXACT) is None


def test_they_pass_through_every_profile() -> None:
    """Sealed to text and back loses nothing, and the digest covers them."""
    reader = SealedReader(sealed())
    text = encode_text(whole_entries(reader))
    assert [read_rules(entry.data) for entry in decode_text(text)] == [RULES]
    other = bytearray()
    assemble(decode_text(text)).write(other.extend)
    assert SealedReader(bytes(other)).digest == reader.digest
    assert list(faults_of(reader)) == []
    assert len(reader) == 0
    assert reader.other(RULES_KEY, 0xFFFFFF01) is not None


def test_they_are_salvaged() -> None:
    """A file that lost its index, or that a conflict runs through, still gives its rules."""
    assert [entry for entry in salvage_sealed(sealed()[:-30], DEFAULT_LIMITS).entries if is_rules(entry)]
    text = encode_text(whole_entries(SealedReader(sealed())))
    assert [entry for entry in salvage_text(text[:-8]).entries if is_rules(entry)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"rules":{"volatile":["nothing"]},"type":"rules"}',
        b'{"rules":{"drift":{"x":"warn"}},"type":"rules"}',
        b'{"rules":3,"type":"rules"}',
    ],
)
def test_rules_that_mean_nothing_are_damage(data: bytes) -> None:
    """A rule that this release does not know is never passed over: keys would mean something else."""
    with pytest.raises(CassetteDamaged, match="the rules for matching cannot be read"):
        read_rules(data)


def test_every_cut_and_flipped_byte_is_told_or_harmless() -> None:
    """No damage gives other rules in silence."""
    entry = rules_entry(RULES)
    assert entry is not None
    for length in range(len(entry.data)):
        with pytest.raises(CassetteDamaged):
            read_rules(entry.data[:length])


def test_an_unknown_field_of_a_newer_release_is_passed_over() -> None:
    """Fields are only added."""
    fields = msgspec.json.decode(msgspec.json.encode(RULES))
    data = msgspec.json.encode({"rules": {**fields, "newer": 1}, "type": "rules", "more": []})
    assert read_rules(data) == RULES
