"""Known secrets, found wherever they stand and in the forms that travel: as is, JSON, URL, base64."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from playhead.core.secret_names import NO_SECRETS
from playhead.core.secret_shapes import RUN_CHARACTERS, SHORTEST_TOKEN, Span

RULE = "value"

SHORTEST_VALUE = 3
"""A value of one or two characters says nothing: masking every ``1`` would destroy the text and hide no secret."""

SHORTEST_ANYWHERE = 4
"""Shorter values are masked as whole words only, as are words and numbers of less than ``SHORTEST_WORD``."""

SHORTEST_WORD = 8

# From here on every base64 form has 16 characters that do not depend on its neighbours.
_SHORTEST_BASE64 = 13
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_=-"
_BASE64_RUN = re.compile(f"[{re.escape(_BASE64)}]*")
_JSON_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    ord(character): "\\" + letter for character, letter in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)
}
# Written alike in JSON and in a URL (RFC 3986, section 2.3).
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]+\Z")
_RUN = re.compile(f"[{re.escape(RUN_CHARACTERS)}]{{{SHORTEST_TOKEN},}}".encode())


class LiteralValues:
    """A set of secrets; shows none of them."""

    __slots__ = ("_encoded", "_plain", "_values", "_words", "fragments", "literals")

    def __init__(self, values: Iterable[str]) -> None:
        self._values = frozenset(values)
        kept = {form for value in self._values for form in (value, value.strip()) if _is_secret(form)}
        words = {value for value in kept if _is_word(value)}
        self._words = tuple(sorted(words))
        self._plain = tuple(sorted({form for value in kept - words for form in _plain_forms(value)}))
        self._encoded = tuple(sorted({form for value in kept - words for form in _encoded_forms(value)}))
        forms = [_to_bytes(form) for form in (*self._words, *self._plain, *self._encoded)]
        runs = {form: max(_RUN.findall(form), key=len, default=b"") for form in forms}
        self.fragments = frozenset(run for run in runs.values() if run)
        """A run of key characters from each form that has one; no text without it holds the form."""
        self.literals = tuple(form for form, run in runs.items() if not run)
        """The other forms."""

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"LiteralValues({len(self)} hidden)"

    def plus(self, values: Iterable[str]) -> LiteralValues:
        """Give the union with more values; the same object if there is none new."""
        more = frozenset(values) - self._values
        return LiteralValues(self._values | more) if more else self

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where the values stand; a base64 text that holds one goes as a whole."""
        for form in self._plain:
            for start in _occurrences(form, text, len(form)):
                yield start, start + len(form), RULE
        for form in self._words:
            for start in _occurrences(form, text, 1):
                if not _touches_word(text, start, start + len(form)):
                    yield start, start + len(form), RULE
        for form in self._encoded:
            done = 0
            for start in _occurrences(form, text, len(form)):
                if start >= done:
                    run = _run_round(text, start)
                    done = run[1]
                    yield *run, RULE


def _is_secret(value: str) -> bool:
    return len(value) >= SHORTEST_VALUE and value.lower() not in NO_SECRETS


def _is_word(value: str) -> bool:
    return len(value) < SHORTEST_ANYWHERE or (len(value) < SHORTEST_WORD and (value.isalpha() or value.isdigit()))


def _plain_forms(value: str) -> Iterator[str]:
    if _UNRESERVED.match(value):
        yield value
        return
    plain = value.encode("utf-8", "surrogatepass")
    for once in (_in_json(value), ascii_json(value)):
        yield from (once, _in_json(once))
    yield from (value, quote(plain, safe=""), quote(plain), quote_plus(plain))


def _encoded_forms(value: str) -> Iterator[str]:
    """Give the part of the base64 of ``... value ...`` that is the same whatever surrounds the value."""
    data = value.encode("utf-8", "surrogatepass")
    if len(data) < _SHORTEST_BASE64:
        return
    for before in range(3):
        text = base64.b64encode(bytes(before) + data).decode("ascii")
        core = text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def in_json(form: bytes) -> bytes:
    """Give the bytes of a form as they stand inside a JSON string."""
    return _to_bytes(_in_json(form.decode("utf-8", "surrogatepass")))


def _in_json(text: str) -> str:
    return text.translate(_JSON_ESCAPES)


def ascii_json(text: str) -> str:
    """Give the text as JSON has it where everything beyond printable ASCII is escaped."""
    return "".join(c if c <= "~" else _escape(c) for c in _in_json(text))


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _occurrences(form: str, text: str, step: int) -> Iterator[int]:
    at = text.find(form)
    while at >= 0:
        yield at
        at = text.find(form, at + step)


def _touches_word(text: str, start: int, end: int) -> bool:
    around = (text[max(0, start - 1) : start], text[end : end + 1])
    return any(c.isalnum() or c == "_" for c in around)


def _run_round(text: str, start: int) -> tuple[int, int]:
    after = _BASE64_RUN.match(text, start)
    begin = start
    while begin:
        chunk = text[max(0, begin - 1024) : begin]
        rest = chunk.rstrip(_BASE64)
        begin -= len(chunk) - len(rest)
        if rest:
            break
    return begin, after.end() if after else start
