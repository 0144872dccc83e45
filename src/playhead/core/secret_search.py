"""One engine that finds the credentials in a text, by shape, by the name they are given to and by value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from playhead.core import secret_cues
from playhead.core.secret_assignments import assigned_spans
from playhead.core.secret_cues import Cues, NameCues
from playhead.core.secret_names import LONGEST_NAME, MASK, Names, Strength
from playhead.core.secret_shapes import Span, pem_spans, scheme_spans, token_spans, userinfo_spans
from playhead.core.secret_values import SHORTEST_VALUE, LiteralValues, in_json
from playhead.errors import UsageError

CUSTOM_RULE = "custom"

_MOST_KEYS = 1024

_RULES: tuple[tuple[int, Callable[[str], Iterator[Span]]], ...] = (
    (secret_cues.TOKEN, token_spans),
    (secret_cues.SCHEME, scheme_spans),
    (secret_cues.USERINFO, userinfo_spans),
    (secret_cues.PRIVATE_KEY, pem_spans),
)
# Escape forms of canonical JSON that hide a text from a search of the bytes; a user's own such key has two "$".
_HIDING = (b'$bytes"', b'$wtf8"', b'$map"')


class Search:
    """
    All rules together: the built-in ones and a user's.

    Args:
        names: Names whose value is always a credential.
        shapes: A user's patterns.
        values: Known secrets.
        name_cues: The quick look for the names, where there is one already.
    """

    __slots__ = ("_cues", "_keys", "_name_cues", "names", "shapes", "values")

    def __init__(
        self,
        names: Names,
        shapes: tuple[re.Pattern[str], ...],
        values: LiteralValues,
        *,
        name_cues: NameCues | None = None,
    ) -> None:
        self.names = names
        self.shapes = shapes
        self.values = values
        self._keys: dict[str, tuple[Strength, str | None]] = {}
        self._name_cues = name_cues or NameCues(names)
        self._cues = Cues(
            self._name_cues,
            fragments=values.fragments,
            literals=values.literals,
            json_literals=map(in_json, values.literals),
        )

    def with_values(self, values: LiteralValues) -> Search:
        """Give the same rules with other known secrets."""
        return Search(self.names, self.shapes, values, name_cues=self._name_cues)

    def could_match(self, canonical_json: bytes) -> bool:
        """Say whether a rule might match in the value that the bytes encode; ``False`` is certain."""
        if self.shapes or self._cues.find(canonical_json, in_json=True):
            return True
        # A search for one byte is thirty times as fast as one for two.
        if b"$" not in canonical_json or b'"$' not in canonical_json:
            return False
        return any(form in canonical_json for form in _HIDING)

    def key(self, name: str) -> tuple[Strength, str | None]:
        """Give the strength of a JSON key, and the key masked or ``None``; the same few come again in every entry."""
        known = self._keys.get(name)
        if known is None:
            masked = self.masked(name)
            # A mask cuts words off, and what is left may be a stronger name to the next reader.
            strength = max(self.names.strength(name), self.names.strength(masked))
            known = strength, None if masked is name else masked
            if len(name) <= LONGEST_NAME:
                if len(self._keys) >= _MOST_KEYS:
                    self._keys.clear()
                self._keys[name] = known
        return known

    def masked(self, text: str) -> str:
        """Give the text with a mask for each span; the same object if there is none."""
        spans = self.spans(text)
        if not spans:
            return text
        parts: list[str] = []
        at = 0
        for first, last, _ in spans:
            parts += (text[at:first], MASK)
            at = last
        return "".join(parts) + text[at:]

    def spans(self, text: str) -> list[Span]:
        """
        Give what is to be masked, in order and apart from one another, each with a rule that found it.

        What is masked already stands outside every span. The text between spans has been searched again on its own,
        as a later reader of the masked text would see it.
        """
        if len(text) < SHORTEST_VALUE and not self.shapes:
            return []
        found: list[Span] = []
        gaps = _outside_masks(text)
        while gaps:
            start, end = gaps.pop()
            spans = _united(self._scan(text if end - start == len(text) else text[start:end]))
            for first, last, rule in spans:
                found.append((start + first, start + last, rule))
            if spans:
                edges = [start, *(start + edge for span in spans for edge in span[:2]), end]
                gaps.extend((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)
        return _united(found)

    def _scan(self, text: str) -> list[Span]:
        cues = self._cues.find(text.encode("utf-8", "surrogatepass"))
        found: list[Span] = []
        for cue, rule in _RULES:
            if cues & cue:
                found.extend(rule(text))
        if cues & secret_cues.ASSIGNED:
            found.extend(assigned_spans(text, self.names))
        if cues & secret_cues.VALUE:
            found.extend(self.values.spans(text))
        for shape in self.shapes:
            group = "secret" if "secret" in shape.groupindex else 0
            found.extend((*match.span(group), CUSTOM_RULE) for match in shape.finditer(text))
        return [span for span in found if span[0] < span[1]]


def compile_shapes(shapes: Iterable[str | re.Pattern[str]]) -> tuple[re.Pattern[str], ...]:
    """
    Give the patterns compiled.

    Raises:
        UsageError: One is not a regular expression over text.
    """
    compiled: list[re.Pattern[str]] = []
    for shape in shapes:
        try:
            pattern = re.compile(shape)
        except (re.error, TypeError) as error:
            raise UsageError(f"{shape!r} is not a regular expression: {error}") from error
        if not isinstance(pattern.pattern, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"{shape!r} is a pattern over bytes", hint="give a str pattern")
        compiled.append(pattern)
    return tuple(compiled)


def _outside_masks(text: str) -> list[tuple[int, int]]:
    gaps: list[tuple[int, int]] = []
    start = 0
    for piece in text.split(MASK):
        if piece:
            gaps.append((start, start + len(piece)))
        start += len(piece) + len(MASK)
    return gaps


def _united(spans: list[Span]) -> list[Span]:
    """Give the spans in order, those that overlap or touch as one."""
    if len(spans) < 2:
        return spans
    united: list[Span] = []
    for span in sorted(spans):
        if united and span[0] <= united[-1][1]:
            first, last, rule = united[-1]
            united[-1] = (first, max(last, span[1]), rule)
        else:
            united.append(span)
    return united
