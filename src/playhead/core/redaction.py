"""
No secret reaches the disk: redaction by name, by shape and by value, and the search for what is left.

Everything here works on texts and JSON-like values in memory; the secrets themselves are arguments. One engine finds
(``secret_search``), so what ``redact`` leaves ``find_secrets`` accepts, and redacting twice is redacting once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard, cast
from urllib.parse import unquote_plus

from playhead.core import canonical
from playhead.core.secret_names import (
    MASK,
    Names,
    Strength,
    is_masked,
    is_parameter,
    is_random,
    is_secret_under,
)
from playhead.core.secret_search import Search, compile_shapes
from playhead.core.secret_values import LiteralValues
from playhead.errors import RecordingError

NAME_RULE = "name"

_SCALARS = frozenset({bool, int, float, type(None)})
_FORMS = frozenset({"$bytes", "$wtf8", "$map"})
_AUTHORITY = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)@")
_PARAMETER = re.compile(r"([?&;#])([^=&;#?]+)=([^&;#]*)")
_PAIR = re.compile(r"([^=;\s]+)=[^;]*(.*)", re.DOTALL)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$-]+\Z")


class Finding(NamedTuple):
    """
    A place where a credential stands.

    Attributes:
        path: As in ``$.request.messages[0].content``; credentials in keys are masked in it.
        rule: What found it: a shape's name, ``assignment``, ``url-parameter``, ``name``, ``value`` or ``custom``.
            Never the value.
    """

    path: str
    rule: str


class Redactor:
    """
    A set of rules, immutable; what the user gives adds to the built-in rules and replaces none of them.

    Args:
        names: Further names of headers, parameters and JSON keys whose text is always a credential. Case, ``-``
            and ``_`` do not matter.
        shapes: Further regular expressions. A group named ``secret`` is masked alone, else the whole match.
        values: Known secrets, masked wherever they stand, also inside JSON text, URLs and base64. Values of one or
            two characters are not looked for (they would mask every ``1``); three characters, and words or numbers
            below eight, count as whole words only; the words that servers without keys are given (``EMPTY``,
            ``ollama``; ``secret_names.NO_SECRETS``) are none.

    Raises:
        UsageError: A name has characters no name has, or a shape is not a regular expression.
    """

    __slots__ = ("_search",)

    def __init__(
        self,
        *,
        names: Iterable[str] = (),
        shapes: Iterable[str | re.Pattern[str]] = (),
        values: Iterable[str] = (),
    ) -> None:
        self._search = Search(Names(names), compile_shapes(shapes), LiteralValues(values))

    def __repr__(self) -> str:
        return f"Redactor({len(self._search.shapes)} further shapes, {len(self._search.values)} values)"

    def with_values(self, values: Iterable[str]) -> Redactor:
        """Give a redactor that knows these secrets too; itself if it knows them all."""
        mine = self._search
        known = mine.values.plus(values)
        if known is mine.values:
            return self
        other = object.__new__(Redactor)
        other._search = mine.with_values(known)
        return other

    def could_match_bytes(self, canonical_json: bytes) -> bool:
        """
        Say whether ``redact`` might change the value that these canonical JSON bytes encode.

        ``False`` is certain: names, shapes and values are all looked for. ``True`` is not, and is the answer
        whenever there are further shapes, which are not written for JSON's escapes.
        """
        return self._search.could_match(canonical_json)

    # --- texts

    def redact_text(self, text: str) -> str:
        """Mask every credential in the text; the same object if there is none."""
        return self._search.masked(text)

    def redact_pieces(self, pieces: Sequence[str]) -> Sequence[str]:
        """
        Mask credentials in a text that comes in pieces, also those that a cut runs through.

        The number of pieces stays. The mask stands in the piece where the credential starts; what the next pieces
        hold of it is dropped. The same object comes back if there is none.
        """
        spans = self._search.spans("".join(pieces))
        if not spans:
            return pieces
        masked: list[str] = []
        start = 0
        for piece in pieces:
            end = start + len(piece)
            kept: list[str] = []
            at = start
            while spans and spans[0][0] < end:
                first, last, _ = spans[0]
                if first >= start:
                    kept += (piece[at - start : first - start], MASK)
                at = min(last, end)
                if last > end:
                    break
                del spans[0]
            kept.append(piece[at - start :])
            masked.append("".join(kept))
            start = end
        return masked

    def redact_url(self, url: str) -> str:
        """
        Mask the password, the parameters that carry a credential, and whatever else ``redact_text`` finds.

        A masked password leaves ``[`` in the authority, which URL parsers take for an IPv6 address: redact last.
        """
        masked = _PARAMETER.sub(self._mask_parameter, _AUTHORITY.sub(_mask_userinfo, url))
        masked = self.redact_text(masked)
        return url if masked == url else masked

    def _mask_parameter(self, found: re.Match[str]) -> str:
        mark, name, value = found.groups()
        if is_masked(value) or not is_parameter(unquote_plus(name), self._search.names):
            return found.group()
        return f"{mark}{name}={MASK}"

    def redact_headers(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Mask the values of headers that carry a credential, and credentials in the others; order and case stay."""
        return [(name, self._redact_header(name, value)) for name, value in pairs]

    def _redact_header(self, name: str, value: str) -> str:
        if self.strength(name) >= Strength.LIKELY and not is_masked(value):
            pair = _PAIR.fullmatch(value) if name.lower() == "set-cookie" else None
            # A client looks up by name what it was given to keep, and finds that it holds nothing of use.
            return MASK if pair is None else f"{self.redact_text(pair[1])}={MASK}{self.redact_text(pair[2])}"
        return self.redact_url(value) if "://" in value else self.redact_text(value)

    # --- values

    def redact(self, value: Any) -> Any:
        """
        Mask every credential in a JSON-like value; the same object if there is none.

        Texts are searched wherever they stand, keys included; bytes likewise, as UTF-8. Under a name that
        announces a credential the whole text goes (of a list, each text): for ``api_key`` or ``password`` always
        (but not a reference such as ``env:NAME``), for ``token``, ``secret``, ``auth`` or ``mistral_key`` if it looks
        like a credential; a plain ``key`` is none. A mapping under such a name is searched as any other (it may be a
        tool's schema), and numbers stay.

        Raises:
            RecordingError: The value is nested deeper than canonical JSON may be.
        """
        return self._redact(value, canonical.MAX_DEPTH, Strength.NONE)

    def _redact(self, value: Any, depth: int, strength: Strength) -> Any:
        if isinstance(value, str):
            text = value if type(value) is str else str.__str__(value)
            masked = self._redact_leaf(text, strength)
            return value if masked is text else masked
        if type(value) in _SCALARS:
            return value
        _check_depth(depth)
        if _is_mapping(value):
            form = _restored(value)
            if form is None:
                return self._redact_mapping(value, depth - 1)
            masked = self._redact(form, depth, strength)
            return value if masked is form else canonical.normalise(masked)
        if isinstance(value, (list, tuple)):
            return self._redact_sequence(cast("Sequence[Any]", value), depth - 1, strength)
        if _is_binary(value):
            text = _text_of(value)
            masked = self._redact_leaf(text, strength)
            return value if masked is text else masked.encode("utf-8", "surrogateescape")
        return value

    def _redact_leaf(self, text: str, strength: Strength) -> str:
        return MASK if strength and is_secret_under(strength, text) else self.redact_text(text)

    def _redact_mapping(self, value: Mapping[Any, Any], depth: int) -> Mapping[Any, Any]:
        changed: dict[Any, Any] = {}
        same = True
        for key, item in value.items():
            strength, masked_key = self._search.key(key) if isinstance(key, str) else (Strength.NONE, None)
            masked = item if type(item) in _SCALARS else self._redact(item, depth, strength)
            name = key if masked_key is None else _free_key(masked_key, value, changed)
            same = same and masked is item and masked_key is None
            changed[name] = masked
        return value if same else changed

    def _redact_sequence(self, value: Sequence[Any], depth: int, strength: Strength) -> Sequence[Any]:
        changed: list[Any] | None = None
        for index, item in enumerate(value):
            if type(item) in _SCALARS:
                continue
            masked = self._redact(item, depth, strength)
            if masked is not item:
                changed = list(value) if changed is None else changed
                changed[index] = masked
        if changed is None:
            return value
        return changed if isinstance(value, list) else tuple(changed)

    def strength(self, name: str) -> Strength:
        """Say how far a header or JSON key of that name makes its value a credential."""
        return self._search.key(name)[0]

    def rules_in(self, text: str, *, strength: Strength = Strength.NONE) -> list[str]:
        """Give the rules that find something in the text of a value whose name has that strength."""
        if strength and is_secret_under(strength, text):
            return [NAME_RULE]
        return [rule for _, _, rule in self._search.spans(text)]


DEFAULT = Redactor()
"""The built-in rules alone."""


def redact_text(text: str, *, values: Collection[str] = ()) -> str:
    """Mask every credential in the text, and every given value in whatever form it stands there."""
    return DEFAULT.with_values(values).redact_text(text)


def find_secrets(value: Any, redactor: Redactor = DEFAULT) -> list[Finding]:
    """
    Give every place of a JSON-like value that ``redactor.redact`` would mask, in the value's order.

    Raises:
        RecordingError: The value is nested deeper than canonical JSON may be.
    """
    return list(dict.fromkeys(_find(value, redactor, "$", canonical.MAX_DEPTH, Strength.NONE)))


def _find(value: Any, redactor: Redactor, path: str, depth: int, strength: Strength) -> Iterator[Finding]:
    if isinstance(value, str):
        text = str.__str__(value)
        yield from (Finding(path, rule) for rule in redactor.rules_in(text, strength=strength))
        return
    if type(value) in _SCALARS:
        return
    _check_depth(depth)
    if _is_mapping(value):
        form = _restored(value)
        if form is None:
            yield from _find_in_mapping(value, redactor, path, depth - 1)
        else:
            yield from _find(form, redactor, path, depth, strength)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from _find(item, redactor, f"{path}[{index}]", depth - 1, strength)
    elif _is_binary(value):
        text = _text_of(value)
        yield from (Finding(path, rule) for rule in redactor.rules_in(text, strength=strength))


def _find_in_mapping(value: Mapping[Any, Any], redactor: Redactor, path: str, depth: int) -> Iterator[Finding]:
    for key, item in value.items():
        below, strength = f"{path}[{type(key).__name__}]", Strength.NONE
        if isinstance(key, str):
            strength, name = redactor.strength(key), redactor.redact_text(key)
            below = f"{path}.{name}" if _PLAIN_KEY.match(name) else f"{path}[{name!r}]"
            yield from (Finding(below, rule) for rule in redactor.rules_in(key))
        yield from _find(item, redactor, below, depth, strength)


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_binary(value: Any) -> TypeGuard[bytes]:
    return isinstance(value, (bytes, bytearray, memoryview))


def _text_of(value: bytes) -> str:
    # Any bytes make a text this way, and the same bytes come back.
    return bytes(value).decode("utf-8", "surrogateescape")


def _restored(value: Mapping[Any, Any]) -> Any:
    """Give what an escape form of canonical JSON hides, ``None`` for any other mapping."""
    if len(value) != 1:
        return None
    key = next(iter(value))
    if type(key) is not str or key not in _FORMS:
        return None
    try:
        return canonical.restore(dict(value))
    except ValueError:
        return None


def _check_depth(depth: int) -> None:
    if depth == 0:
        raise RecordingError(f"cannot redact a value that is nested deeper than {canonical.MAX_DEPTH}")


def _free_key(name: str, *taken: Mapping[Any, Any]) -> str:
    """Give the masked key, numbered where a second key was masked to the same text."""
    free, number = name, 1
    while any(free in keys for keys in taken):
        number += 1
        free = f"{name} ({number})"
    return free


def _mask_userinfo(found: re.Match[str]) -> str:
    scheme, userinfo = found.group(1) or "", found.group(2)
    user, colon, password = userinfo.partition(":")
    if (colon and is_masked(password)) or not (colon or is_random(user)):
        return found.group()
    return f"{scheme}//{user}:{MASK}@" if colon else f"{scheme}//{MASK}@"
