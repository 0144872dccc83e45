"""
The rules a cassette was recorded under, as the one entry of their kind.

A key is computed under rules, so they stand with the calls: whoever replays finds them, and a review sees them change.
Layout: docs/format.md, "Rules entry".
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from playhead.core.canonical import MALFORMED, encode_normal
from playhead.core.matching import EXACT, Matching
from playhead.errors import CassetteDamaged, UsageError
from playhead.format.entries import Entry
from playhead.format.numbers import KEY_LENGTH, RULES_N

RULES_KEY = sha256(b"playhead rules\n").digest()[:KEY_LENGTH]
"""The place of the entry, the same in every cassette."""


class _Rules(msgspec.Struct, frozen=True):
    rules: Matching
    type: str


_DECODER = msgspec.json.Decoder(_Rules)


def rules_entry(matching: Matching) -> Entry | None:
    """Give the entry for rules; exact matching needs none."""
    if matching == EXACT:
        return None
    return Entry(RULES_KEY, RULES_N, encode_normal(_Rules(matching, "rules")))


def is_rules(entry: Entry) -> bool:
    """Tell the entry of the rules."""
    return entry.n == RULES_N and entry.key == RULES_KEY


def read_rules(data: bytes) -> Matching:
    """
    Read the rules out of their entry.

    Raises:
        CassetteDamaged: The bytes are not such an entry, or name a rule this release does not know.
    """
    try:
        return _DECODER.decode(data).rules
    except (*MALFORMED, UsageError) as error:
        raise CassetteDamaged(f"the rules for matching cannot be read: {error}") from None
