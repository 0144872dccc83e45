"""
Credentials that a text gives to a name: ``api_key=...``, ``"password": "..."``, ``Authorization: Basic ...``.

Prose, code and configuration share the two marks ``=`` and ``:``, so each place is judged by its name
(``secret_names``), its value and what stands round them. ``password = getpass()`` and ``auth: Auth`` are code;
``key:value`` and ``token limit: 4096`` are prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from playhead.core.secret_names import (
    LONGEST_NAME,
    SCHEMES,
    Names,
    Strength,
    has_both,
    is_issued,
    is_parameter,
    is_placeholder,
    is_random,
    last_words,
)
from playhead.core.secret_shapes import Span, is_after_scheme

FILLER = " \"'`\\]*"
"""What may stand between a name and its mark: closing quotes, an index's bracket, Markdown's bold."""

LONGEST_FILLER = 8

_LONGEST_LINE = 4096
_NAME_REVERSED = re.compile(r"[A-Za-z0-9_. -]*")
_OPENING = re.compile(r"[=:>]{0,2}\*{0,2}( {0,4})(?:[bBfFrRuU]{0,2}(\\{0,7})([\"'`]))?")
_BARE = re.compile(r"[^\s\"'`,;&|<>(){}\[\]\\]{1,512}+")
_REST_OF_LINE = re.compile(r"[^\r\n\"'`\\]{1,512}+")
_PARAMETER_VALUE = re.compile(r"[^\s\"'`&<>#\\(){}\[\]|]{1,512}+")
# What is judged is bounded, so that no text takes quadratic time; what is masked goes on to here.
_JUDGED = 512
_REST_OF_VALUE = re.compile(r"[^\s\"'`,;&|<>(){}\[\]\\]*+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,20}) {1,4}(\S[^\r\n]*)")
_WORD = re.compile(r"[^\s,;]+")
_COOKIE = re.compile(r"=[^\s;]")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z", re.ASCII)
_PHRASE = re.compile(r"[A-Za-z]+(?:[-/'.][A-Za-z]+)*\Z")
_PUNCTUATION = ".,:!?*"


def assigned_spans(text: str, names: Names) -> Iterator[Span]:
    """Yield the values in the text that a name and their own look make credentials."""
    before = names.last_characters.union(FILLER, "0123456789-_.")
    for mark in "=:":
        done = 0
        at = text.find(mark, 1)
        while at >= 0:
            if at > done and text[at - 1] in before:
                span = _assigned(text, at, names)
                if span is not None:
                    start, done, rule = span
                    if done - start >= _JUDGED:
                        rest = _REST_OF_VALUE.match(text, done)
                        done = rest.end() if rest else done
                    yield start, done, rule
            at = text.find(mark, at + 1)


def _assigned(text: str, at: int, names: Names) -> Span | None:
    window = text[max(0, at - LONGEST_NAME - LONGEST_FILLER) : at]
    stripped = window.rstrip(FILLER)
    filler = len(window) - len(stripped)
    if filler > LONGEST_FILLER:
        return None
    backwards = _NAME_REVERSED.match(stripped[: -LONGEST_NAME - 1 : -1])
    words = backwards.group()[::-1] if backwards else ""
    start = at - filler - len(words.rpartition(" ")[2])
    if text[at] == "=" and not filler and start > 0 and text[start - 1] in "?&;":
        found = _parameter(text, at, text[start:at], names)
        if found is not None:
            return found
    strength = names.strength_before(words, quoted=any(quote in window[len(stripped) :] for quote in "\"'"))
    if strength is Strength.NONE:
        return None
    span = _value(text, at, strength, (last_words(words) or [""])[-1])
    return None if span is None else (*span, "assignment")


def _parameter(text: str, at: int, name: str, names: Names) -> Span | None:
    found = _PARAMETER_VALUE.match(text, at + 1)
    if not found or not is_parameter(name, names):
        return None
    value = found.group().rstrip(_PUNCTUATION)
    if len(value) < 8 or is_placeholder(value) or not (has_both(value) or len(value) >= 16):
        return None
    return at + 1, at + 1 + len(value), "url-parameter"


def _value(text: str, at: int, strength: Strength, last_word: str) -> tuple[int, int] | None:
    opening = _OPENING.match(text, at + 1)
    if opening is None:  # pragma: no cover - every part of the pattern may be empty
        return None
    start, quote = opening.end(), opening.group(3)
    if quote:
        end = _closing(text, start, quote, len(opening.group(2)))
        if end is not None:
            return _quoted(text[start:end], start, strength, last_word, text[at])
    if last_word in ("authorization", "cookie"):
        line = _REST_OF_LINE.match(text, start)
        return None if line is None else _header_value(line.group(), start, last_word)
    bare = _BARE.match(text, start)
    if bare is None:
        return None
    value = bare.group().rstrip(_PUNCTUATION)
    after = text[bare.end() : bare.end() + 1]
    json_number = value.isdigit() and '"' in text[max(0, at - LONGEST_FILLER) : at]
    if json_number or after == "(" or not _is_bare_secret(value, strength, text[at], after, not opening.group(1)):
        return None
    return start, start + len(value)


def _closing(text: str, start: int, quote: str, backslashes: int) -> int | None:
    """Find where the quoted value ends, on its line; a quote behind more backslashes belongs to the value."""
    limit = min(len(text), start + _LONGEST_LINE)
    newline = text.find("\n", start, limit)
    if newline >= 0:
        limit = newline
    at = text.find(quote, start, limit)
    while at >= 0:
        before = text[max(start, at - 8) : at]
        behind = len(before) - len(before.rstrip("\\"))
        if behind <= backslashes:
            return at - behind
        if backslashes == 0 and behind % 2 == 0:
            return at
        at = text.find(quote, at + 1, limit)
    return None


def _quoted(value: str, start: int, strength: Strength, last_word: str, mark: str) -> tuple[int, int] | None:
    if last_word in ("authorization", "cookie"):
        return _header_value(value, start, last_word)
    if strength is Strength.SURE:
        # Validation messages and labels ("Password is required") have blanks and no digits.
        phrase = any(c.isspace() for c in value) and not any(c.isdigit() for c in value)
        # In JSON the quote may end a prompt ("Passphrase:"), and the value be what stands before the next string.
        written = any(c.isalnum() for c in value)
        secret = len(value) >= 3 and written and not phrase and not is_placeholder(value)
    else:
        secret = _is_lesser_secret(value, strength, 6 if mark == "=" else 8)
    return (start, start + len(value)) if secret else None


def _header_value(line: str, start: int, last_word: str) -> tuple[int, int] | None:
    line = line.rstrip()
    if last_word == "cookie":
        return (start, start + len(line)) if _COOKIE.search(line) and not is_placeholder(line) else None
    found = _SCHEME.match(line)
    if found is None:
        value = line.rstrip(_PUNCTUATION)
        secret = _is_bare_secret(value, Strength.SURE, ":", "", tight=False)
        return (start, start + len(value)) if secret else None
    scheme, rest = found.group(1).lower(), found.group(2)
    if scheme not in SCHEMES:
        return (start, start + len(line)) if "=" in rest and not is_placeholder(rest) else None
    word = _WORD.match(rest)
    value = word.group().rstrip(_PUNCTUATION) if word else ""
    shortest = 4 if scheme == "basic" else 16
    # A short word after the scheme is a credential if it has a digit or ends the value; else it goes on as prose.
    short = len(value) >= 4 and (_has_digit(value) or len(value) == len(rest))
    if is_placeholder(value) or not (short or is_after_scheme(scheme, value, shortest)):
        return None
    return start + found.start(2), start + found.start(2) + len(value)


def _is_bare_secret(value: str, strength: Strength, mark: str, after: str, tight: bool) -> bool:
    """Judge a value without quotes, which may as well be a variable, a type or a word."""
    if strength is not Strength.SURE:
        return after != "[" and _is_lesser_secret(value, strength, 6 if mark == "=" and tight else 8)
    if len(value) < 4 or is_placeholder(value) or "://" in value or _DOTTED.match(value):
        return False
    if _has_digit(value):
        return after != "["
    if not tight or after in ("[", ")", ","):
        # A long unbroken word in this place is no word.
        return len(value) >= 16 and value.isalnum()
    return not (_IDENTIFIER.match(value) and last_words(value) and _names_itself(value)) and (
        mark == "=" or not _PHRASE.match(value) or value.isalpha()
    )


def _is_lesser_secret(value: str, strength: Strength, shortest: int) -> bool:
    return is_issued(value, shortest) if strength is Strength.LIKELY else is_random(value)


def _names_itself(value: str) -> bool:
    return last_words(value)[-1] in ("auth", "key", "passwd", "password", "pwd", "secret", "token")


def _has_digit(value: str) -> bool:
    return any(c.isdigit() for c in value)
