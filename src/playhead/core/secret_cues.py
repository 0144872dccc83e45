"""
A quick look at bytes that says which rules can match at all.

The rules cost about 100 us for 6 KB, this look 15, and nearly every recorded text holds no secret. Each step is one
pass of a C function over the whole: a search for one byte, a translation into classes and a search for a run.
What it finds is checked more closely; what it lets pass holds nothing. It reads UTF-8 of a text, or of JSON
that holds the text: an escape may stand before a credential there, never within the part that is looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from playhead.core.secret_assignments import FILLER, LONGEST_FILLER
from playhead.core.secret_names import LONGEST_NAME, PARAMETER_ENDINGS, Names
from playhead.core.secret_shapes import (
    RUN_CHARACTERS,
    SHORTEST_TOKEN,
    may_follow_scheme,
    may_hold_basic,
    may_hold_token,
    may_hold_userinfo,
)

# Plain numbers, one bit each: members of an IntFlag cost a microsecond to combine.
TOKEN: Final = 1
SCHEME: Final = 2
USERINFO: Final = 4
PRIVATE_KEY: Final = 8
ASSIGNED: Final = 16
VALUE: Final = 32
ALL: Final = 63

_CLASSES = bytes(chr(byte) in RUN_CHARACTERS for byte in range(256))
_RUN = b"\x01" * SHORTEST_TOKEN
_BLANK = ord(" ")

_GRAM = 8

_SKIPPED = FILLER.encode() + b"-_.0123456789"
# Every entry of a cassette has a "key".
_PLAIN_KEYS = (b'"key"', b'\\"key\\"')
_SHORT_TAIL = 6
_LONG_TAIL = LONGEST_NAME + LONGEST_FILLER
_MOST_KNOWN = 4096
_LONGEST_KNOWN_RUN = 64


class _Tails:
    """Tells which pieces of bytes end in a name that announces a credential."""

    __slots__ = ("_clean", "_doubtful", "_endings", "_exempt", "_parts")

    def __init__(self, endings: tuple[bytes, ...], exempt: tuple[bytes, ...]) -> None:
        self._endings = endings
        self._exempt = exempt
        self._parts = frozenset(end[at:] for end in endings for at in range(1, len(end) + 1))
        self._clean: set[bytes] = set()
        self._doubtful: set[bytes] = set()

    def end(self, pieces: list[bytes]) -> bool:
        """Say whether a name ends one of the pieces; the last has no mark behind it and does not count."""
        del pieces[-1]
        # The same few tails come again in every entry, so nearly all of them are known to be clean.
        clean, doubtful = self._clean, self._doubtful
        for piece in pieces:
            tail = piece[-_SHORT_TAIL:]
            if tail in clean:
                continue
            if (tail in doubtful or self._is_doubtful(tail)) and self._ends_name(piece):
                return True
        return False

    def _is_doubtful(self, tail: bytes) -> bool:
        rest = tail.lower().translate(None, _SKIPPED)
        is_doubtful = not rest or rest in self._parts or rest.endswith(self._endings)
        known = self._doubtful if is_doubtful else self._clean
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known.add(tail)
        return is_doubtful

    def _ends_name(self, piece: bytes) -> bool:
        if piece.endswith(self._exempt):
            return False
        tail = piece[-_LONG_TAIL:]
        rest = tail.lower().translate(None, _SKIPPED)
        return rest.endswith(self._endings) or (len(tail) == _LONG_TAIL and rest in self._parts)


class NameCues:
    """The part of the look that depends on names alone, shared by redactors that differ in values."""

    __slots__ = ("after_colon", "after_equals")

    def __init__(self, names: Names) -> None:
        exempt = () if names.strength("key") else _PLAIN_KEYS
        self.after_colon = _Tails(names.endings, exempt)
        self.after_equals = _Tails((*names.endings, *PARAMETER_ENDINGS), exempt)


class Cues:
    """
    The quick look for one set of rules.

    Args:
        names: The look for names.
        fragments: Runs of key characters, of which every long literal form holds one.
        literals: The other literal forms, as they stand in a text.
        json_literals: The same as they stand in JSON.
    """

    __slots__ = ("_clean_runs", "_grams", "_json_literals", "_literals", "_names", "_stride")

    def __init__(
        self,
        names: NameCues,
        *,
        fragments: Collection[bytes] = (),
        literals: Iterable[bytes] = (),
        json_literals: Iterable[bytes] = (),
    ) -> None:
        self._names = names
        # Any run of n characters holds a whole group of 8 that starts at a multiple of n - 7.
        self._grams = frozenset(run[at : at + _GRAM] for run in fragments for at in range(len(run) - _GRAM + 1))
        self._stride = min(map(len, fragments), default=_GRAM) - _GRAM + 1
        self._clean_runs: set[bytes] = set()
        self._literals = tuple(literals)
        self._json_literals = tuple(json_literals)

    def find(self, data: bytes, *, in_json: bool = False) -> int:
        """Give the bits of the rules that may match in UTF-8, of a text or of the JSON that holds it."""
        found = 0
        if (b"=" in data and self._names.after_equals.end(data.split(b"="))) or (
            b":" in data and self._names.after_colon.end(data.split(b":"))
        ):
            found = ASSIGNED
        classes = data.translate(_CLASSES)
        at = classes.find(_RUN)
        if at >= 0:
            found |= self._in_runs(data, classes, at)
        if may_hold_basic(data):
            found |= SCHEME
        if may_hold_userinfo(data):
            found |= USERINFO
        # A search for one byte is thirty times as fast, and few texts hold a capital V.
        if b"V" in data and b"PRIVATE KEY" in data:
            found |= PRIVATE_KEY
        for literal in self._json_literals if in_json else self._literals:
            if literal in data:
                return found | VALUE
        return found

    def _in_runs(self, data: bytes, classes: bytes, at: int) -> int:
        found, clean = 0, self._clean_runs
        while at >= 0:
            end = classes.find(b"\x00", at + SHORTEST_TOKEN)
            if end < 0:
                end = len(data)
            if at and data[at - 1] == _BLANK and may_follow_scheme(data, at):
                found |= SCHEME
            # The same names of fields and models come again in every entry. What stands before a run counts too.
            run = data[max(0, at - 1) : end]
            if run not in clean:
                cues = self._in_run(data, at, end)
                found |= cues
                if not cues and len(run) <= _LONGEST_KNOWN_RUN:
                    if len(clean) >= _MOST_KNOWN:
                        clean.clear()
                    clean.add(run)
            at = classes.find(_RUN, end)
        return found

    def _in_run(self, data: bytes, start: int, end: int) -> int:
        found, grams = 0, self._grams
        if may_hold_token(data, start, end):
            found = TOKEN
        if grams and not grams.isdisjoint(
            [data[at : at + _GRAM] for at in range(start, end - _GRAM + 1, self._stride)]
        ):
            found |= VALUE
        return found
