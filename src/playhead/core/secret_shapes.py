"""
The shapes by which a credential is known whatever its name.

Two tables. A *token* has a distinctive prefix, a charset and a length of its own. A *context* is a credential because
of what stands before it: ``Bearer``, ``://user:``, ``-----BEGIN PRIVATE KEY-----``. Lengths are the shortest that the
issuer uses or used, rounded down, so that a test's shortened key is found as well.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from playhead.core.secret_names import has_both, is_issued, is_placeholder, is_random

Span = tuple[int, int, str]
"""Start, end and rule of a credential within a text."""

SHORTEST_TOKEN = 16
"""No token is shorter; the quick check looks for runs of that many ``RUN_CHARACTERS``."""

RUN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.+/=~"


class Shape(NamedTuple):
    """
    A credential that carries its own mark.

    Attributes:
        name: The rule's name.
        prefixes: The mark, in each of its spellings; of ``RUN_CHARACTERS`` only.
        tail: Pattern of what follows; ASCII, and bounded, so that no text takes quadratic time.
        accept: Whether what follows is no ordinary word, or ``None``.
    """

    name: str
    prefixes: tuple[str, ...]
    tail: str
    accept: Callable[[str], bool] | None = None


def _has_digit(tail: str) -> bool:
    return any(c.isdigit() for c in tail)


def _is_no_phrase(tail: str) -> bool:
    """Tell a key from hyphenated words: one has digits, capitals or a long unbroken part."""
    return tail.lower() != tail or _has_digit(tail) or max(map(len, re.split("[-_]", tail))) >= 16


SHAPES: tuple[Shape, ...] = (
    Shape("sk-key", ("sk-", "sk_"), r"[A-Za-z0-9_-]{13,200}", _is_no_phrase),  # OpenAI, Anthropic, Stripe, ...
    Shape("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{20,200}"),
    Shape("github-fine-grained-token", ("github_pat_",), r"[A-Za-z0-9_]{20,200}"),
    Shape("google-api-key", ("AIza",), r"[A-Za-z0-9_-]{30,45}(?![A-Za-z0-9_-])"),
    Shape("google-oauth-token", ("ya29.",), r"[A-Za-z0-9_-]{20,200}", has_both),
    Shape("slack-token", ("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"), r"[\w-]{11,200}", _has_digit),
    Shape("groq-key", ("gsk_",), r"[A-Za-z0-9]{20,200}"),
    Shape("aws-access-key-id", ("AKIA", "ASIA"), r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Shape("gitlab-token", ("glpat-",), r"[A-Za-z0-9_-]{16,200}(?:\.[A-Za-z0-9_-]{2,40}){0,3}"),
    Shape("hugging-face-token", ("hf_",), r"[A-Za-z0-9]{20,200}"),
    Shape("replicate-token", ("r8_",), r"[A-Za-z0-9]{20,200}"),
    Shape("xai-key", ("xai-",), r"[A-Za-z0-9]{20,200}"),
    Shape("perplexity-key", ("pplx-",), r"[A-Za-z0-9]{20,200}"),
    Shape("nvidia-key", ("nvapi-",), r"[A-Za-z0-9_-]{20,200}", has_both),
    Shape("together-key", ("tgp_v1_",), r"[A-Za-z0-9_-]{20,200}"),
    Shape("langsmith-key", ("lsv2_",), r"[a-z]{2}_[A-Za-z0-9_]{20,200}"),
    Shape("vault-token", ("hvs.", "hvb."), r"[A-Za-z0-9_-]{20,200}", has_both),
    Shape("databricks-token", ("dapi",), r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    Shape("npm-token", ("npm_",), r"[A-Za-z0-9]{30,200}"),
    Shape("pypi-token", ("pypi-",), r"[A-Za-z0-9_-]{30,200}", has_both),
    Shape("stripe-secret", ("rk_live_", "rk_test_", "whsec_"), r"[A-Za-z0-9+/=]{16,200}"),
    Shape("jwt", ("eyJ",), r"[\w-]{13,1024}\.eyJ[\w-]{7,8192}(?:\.[\w-]{1,4096})?"),
)

# What is judged is bounded, so that no text takes quadratic time; what is masked goes on to the end of the word.
_REST = re.compile(r"[A-Za-z0-9_-]*+")
_PREFIXES = "|".join(re.escape(prefix) for shape in SHAPES for prefix in shape.prefixes)
_PREFIX, _PREFIX_BYTES = re.compile(_PREFIXES), re.compile(_PREFIXES.encode())
_TAILS = {prefix: (shape, re.compile(shape.tail, re.ASCII)) for shape in SHAPES for prefix in shape.prefixes}
_TAILS_BYTES = {prefix.encode(): re.compile(shape.tail.encode()) for shape in SHAPES for prefix in shape.prefixes}
_MARKED_BYTES = re.compile(b"[^A-Za-z0-9](" + _PREFIXES.encode() + b")")
# What an escape starts with, or its second number; then its letters, and the longest mark, with room to spare.
_ESCAPING = b"\\%[;"
_LONGEST_START = 24
# After these a letter or digit does not belong to the token: \n in JSON text, %20 in a URL, a terminal's colour.
_ESCAPE = re.compile(r"(?:\\[nrtbf0]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|\[[0-9;]{0,5}m)\Z")


def starts_word(text: str, start: int) -> bool:
    """Say whether no ASCII letter or digit before ``start`` makes it the middle of a word."""
    if start == 0:
        return True
    before = text[start - 1]
    return not (before.isascii() and before.isalnum()) or bool(_ESCAPE.search(text, max(0, start - 8), start))


def token_spans(text: str) -> Iterator[Span]:
    """Yield the tokens in the text, leftmost first."""
    found = _PREFIX.search(text)
    while found:
        start = after = found.start()
        shape, pattern = _TAILS[found.group()]
        if starts_word(text, start):
            tail = pattern.match(text, found.end())
            if tail and (shape.accept is None or shape.accept(tail.group())):
                rest = _REST.match(text, tail.end())
                after = rest.end() if rest else tail.end()
                yield start, after, shape.name
        found = _PREFIX.search(text, max(after, start + 1))


def may_hold_token(data: bytes, start: int, end: int) -> bool:
    """Say whether a run of key characters may hold a token; in JSON an escape's letters may stand before it."""
    if start == 0 or data[start - 1] in _ESCAPING:
        near = min(end, start + _LONGEST_START)
        found = _PREFIX_BYTES.search(data, start, near)
        while found:
            if _TAILS_BYTES[found.group()].match(data, found.end()):
                return True
            found = _PREFIX_BYTES.search(data, found.start() + 1, near)
    found = _MARKED_BYTES.search(data, max(0, start - 1), end)
    while found:
        if _TAILS_BYTES[found.group(1)].match(data, found.end()):
            return True
        found = _MARKED_BYTES.search(data, found.start() + 1, end)
    return False


# --- contexts

_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-\"']|-(?!----)){1,65536}+-----END (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:\s|\\{1,4}[nrt]){0,16}[A-Za-z0-9+/=]{8}(?:[A-Za-z0-9+/=\s]|\\{1,4}[nrt]){0,65536}+)"
)
_USERINFO = re.compile(r"://([^\s\x00-\x20/?#:@\"'<>\\]{0,256}):([^\s\x00-\x20/?#@\"'<>\\]{1,256})@")
_USER_ONLY = re.compile(r"://([A-Za-z0-9_.~-]{20,256})@")
# Either of the two in bytes, where a character takes up to four.
_USER_BYTES = re.compile(rb"://[^\x00-\x20/?#\"'<>\\]{1,2100}?@")
_SCHEMES = ("bearer", "basic", "token", "secret", "apikey")
_SCHEME_ENDS = tuple(scheme[-4:].encode() for scheme in _SCHEMES)
_AFTER_SCHEME = re.compile(r"[A-Za-z] {1,2}([\w.~+/=-]{16,4096})", re.ASCII)
_SHORT_BASIC = re.compile(r"[Bb]asic {1,2}((?:[\w+/-]{4}){1,1024}(?:[\w+/-]{2}==|[\w+/-]{3}=)?)(?![\w+/=-])", re.ASCII)
_STANDARD = str.maketrans("-_", "+/")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_SHORT_BASIC_BYTES = re.compile(_SHORT_BASIC.pattern.encode())


def pem_spans(text: str) -> Iterator[Span]:
    """Yield the private keys in PEM form; a block without its end goes as far as its base64."""
    for found in _PEM.finditer(text):
        yield found.start(), found.end(), "private-key"


def userinfo_spans(text: str) -> Iterator[Span]:
    """Yield the passwords of URLs, and keys that stand in a user's place."""
    for found in _USERINFO.finditer(text):
        if not is_placeholder(found.group(2)) or found.group(2).isalpha():
            yield found.start(2), found.end(2), "url-password"
    for found in _USER_ONLY.finditer(text):
        if is_random(found.group(1)):
            yield found.start(1), found.end(1), "url-password"


def may_hold_userinfo(data: bytes) -> bool:
    """Say whether a URL with a user may stand in the bytes."""
    return b"@" in data and b"://" in data and _USER_BYTES.search(data) is not None


def scheme_spans(text: str) -> Iterator[Span]:
    """Yield what follows ``Bearer``, ``Basic``, ``token`` and ``secret`` if it is a credential."""
    for found in _AFTER_SCHEME.finditer(text):
        words = text[max(0, found.start() - 5) : found.start() + 1].lower()
        scheme = next((scheme for scheme in _SCHEMES if words.endswith(scheme)), "")
        value = found.group(1).rstrip(".")
        if (
            scheme
            and starts_word(text, found.start() + 1 - len(scheme))
            and is_after_scheme(scheme, value, SHORTEST_TOKEN)
        ):
            yield found.start(1), found.start(1) + len(value), f"{scheme}-credential"
    for found in _SHORT_BASIC.finditer(text):
        if starts_word(text, found.start()) and is_basic(found.group(1)):
            yield found.start(1), found.end(1), "basic-credential"


def may_follow_scheme(data: bytes, start: int) -> bool:
    """Say whether a scheme's name and a blank or two stand before ``start``."""
    return data[max(0, start - 8) : start].rstrip(b" ").lower().endswith(_SCHEME_ENDS)


def may_hold_basic(data: bytes) -> bool:
    """Say whether ``Basic`` and the base64 of ``user:password`` may stand in the bytes, however short."""
    at = data.find(b"asic ")
    while at >= 0:
        found = _SHORT_BASIC_BYTES.match(data, at - 1) if at else None
        if found and is_basic(found.group(1).decode()):
            return True
        at = data.find(b"asic ", at + 5)
    return False


def is_after_scheme(scheme: str, value: str, shortest: int) -> bool:
    """Say whether the value is what the scheme announces, not the next word of a sentence."""
    if len(value) < shortest or is_placeholder(value):
        return False
    if scheme == "basic":
        return is_basic(value)
    if scheme == "bearer":
        return _has_digit(value) or max(map(len, re.split(r"[^A-Za-z0-9]", value))) >= 16
    return is_issued(value, 8)


def is_basic(value: str) -> bool:
    """Say whether the value is base64 of ``user:password``."""
    data = value.rstrip("=").translate(_STANDARD)
    try:
        text = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except binascii.Error:
        return False
    return b":" in text and not _CONTROL.search(text)


CONTEXT_RULES = ("private-key", "url-password", "bearer-credential", "basic-credential", "token-credential")
"""The rules of this module beside ``SHAPES``; ``secret-`` and ``apikey-credential`` follow the last."""
