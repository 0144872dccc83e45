"""
Comparing two cassettes, call by call.

Calls are paired by fingerprint and take. A pair whose stored evidence is the same to the byte is identical and is not
decoded, so comparing large goldens of which little has changed takes little.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from playhead.core.calls import CallEntry, answer_of, decode_call
from playhead.core.canonical import MALFORMED
from playhead.core.difference import differences
from playhead.core.evidence import Interaction
from playhead.core.matching import Matching
from playhead.core.model import CompletionRequest, Family
from playhead.core.wire import Answer
from playhead.engine.comparison import Fact, Grade, Side, compare_answers, gravest
from playhead.engine.comparison_pairing import likely_pairs
from playhead.engine.comparison_values import NEAR
from playhead.engine.explain import matched_fields
from playhead.engine.recordings import Outline
from playhead.errors import CassetteDamaged, UsageError
from playhead.format.content import decode_content
from playhead.format.index import Row as Place
from playhead.format.numbers import FIRST_RESERVED_N
from playhead.format.sealed import evidence_bytes
from playhead.harness.comparison import Asked, Changed, Comparison, Row
from playhead.harness.drift_report import drift_message
from playhead.store.cassette import Cassette, located, open_cassette

MAX_QUESTION = 100

Source = str | os.PathLike[str] | Cassette


def compare(golden: Source, fresh: Source, *, near: float = NEAR) -> Comparison:
    """
    Compare a fresh recording with a golden, call by call.

    Args:
        golden: A cassette, or its path.
        fresh: The other.
        near: Cosine from which two vectors count as the same.

    Raises:
        UsageError: They were recorded under other rules for matching, so their keys cannot be compared.
        CassetteError: One is missing or damaged.
    """
    if not 0 < near <= 1:
        raise UsageError(f"near must be a cosine above 0, at most 1, got {near!r}")
    old, new = _opened(golden), _opened(fresh)
    rules = old.matching()
    if not rules.same_keys(new.matching()):
        raise UsageError(
            f"{_name(old)!r} and {_name(new)!r} were recorded under different rules for matching",
            hint="record the fresh one under the golden's rules: use_cassette(..., matching=golden.matching())",
        )
    ours, theirs = _places(old), _places(new)
    rows = [_row(old, new, ours[at], theirs[at], near) for at in ours if at in theirs]
    changed, removed, added = _unpaired(
        old, new, [at for at in ours if at not in theirs], [at for at in theirs if at not in ours], rules
    )
    return Comparison(
        golden=_name(old),
        fresh=_name(new),
        rows=tuple(sorted(rows, key=_row_order)),
        changed=tuple(sorted(changed, key=lambda pair: _order(pair.old))),
        removed=tuple(sorted(removed, key=_order)),
        added=tuple(sorted(added, key=_order)),
        notes=tuple(_notes(old, new)),
    )


def assert_no_drift(golden: Source, fresh: Source, *, fail_on: str | Grade = "reworded", near: float = NEAR) -> None:
    """
    Assert that a fresh recording says what a golden says.

    Args:
        golden: A cassette, or its path.
        fresh: The other.
        fail_on: The least grave difference that fails: ``usage``, ``provenance``, ``reworded`` or ``structural``.
            At a temperature above zero answers are worded anew each time, and ``structural`` is what to ask for.
        near: Cosine from which two vectors count as the same.

    Raises:
        AssertionError: Something differs by that much; the message names the calls and what differs.
        UsageError, CassetteError: As for ``compare``.
    """
    comparison = compare(golden, fresh, near=near)
    if comparison.drifted(fail_on):
        raise AssertionError(drift_message(comparison, fail_on=fail_on))


def _opened(source: Source) -> Cassette:
    return source if isinstance(source, Cassette) else open_cassette(source)


def _name(cassette: Cassette) -> str:
    return "(in memory)" if cassette.path is None else str(cassette.path)


def _notes(old: Cassette, new: Cassette) -> Iterator[str]:
    if old.path is not None and new.path is not None and _same_file(old.path, new.path):
        yield "both are the same file"
    for word, cassette in (("golden", old), ("fresh recording", new)):
        if not len(cassette):
            yield f"the {word} holds no call"


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False  # a mapped file that was removed since


Key = tuple[bytes, int]


def _places(cassette: Cassette) -> dict[Key, Place]:
    with located(cassette.path):
        return {(row.key, row.n): row for row in cassette.reader.rows() if row.n < FIRST_RESERVED_N}


def _row(old: Cassette, new: Cassette, ours: Place, theirs: Place, near: float) -> Row:
    same = Row(Asked(ours.key.hex(), ours.n), Grade.IDENTICAL)
    if _same_frames(old, new, ours, theirs):
        return same
    before, after = _entry(old, ours), _entry(new, theirs)
    if evidence_bytes(before, ours.n) == evidence_bytes(after, theirs.n):
        return same
    call, other = _decoded(before, old), _decoded(after, new)
    interaction = old.interaction(call)
    plain = interaction.request.family is Family.HTTP
    facts = compare_answers(_side(call, old, plain=plain), _side(other, new, plain=plain), near=near)
    return Row(_asked(ours.key, interaction), gravest(facts), facts) if facts else same


def _same_frames(old: Cassette, new: Cassette, ours: Place, theirs: Place) -> bool:
    one, other = old.reader, new.reader
    if ours.length != theirs.length or one.dictionary_id != other.dictionary_id or one.dictionary != other.dictionary:
        return False
    if one.frame(ours) != other.frame(theirs):
        return False
    _entry(old, ours)  # equal bytes prove nothing of a frame that is damaged in both
    return True


def _entry(cassette: Cassette, place: Place) -> bytes:
    with located(cassette.path):
        return cassette.reader.entry(place)


def _decoded(data: bytes, cassette: Cassette) -> CallEntry:
    try:
        return decode_call(data)
    except MALFORMED as error:
        raise CassetteDamaged(f"a call cannot be read: {error}", path=cassette.path) from None


def answer_facts(golden: Cassette, old: CallEntry, new: CallEntry, *, near: float = NEAR) -> tuple[Fact, ...]:
    """
    Give what differs between two answers to one question, the gravest first.

    Args:
        golden: The cassette that the question is read from.
        old: Its entry.
        new: An entry of any cassette.
        near: Cosine from which two vectors count as the same.

    Raises:
        CassetteError: An entry cannot be read.
    """
    plain = golden.interaction(old).request.family is Family.HTTP
    return compare_answers(_side(old, golden, plain=plain), _side(new, golden, plain=plain), near=near)


def _side(entry: CallEntry, cassette: Cassette, *, plain: bool) -> Side:
    """Give an answer as it is compared: placeholders stand for volatile values on both sides, so they stay."""
    call = entry.call
    try:
        answer = answer_of(entry)
    except ValueError as error:
        raise CassetteDamaged(f"an answer cannot be read: {error}", path=cassette.path, record=entry.key) from None
    if answer is None:
        return Side(call.outcome, call.provider, call.origin, plain=plain)
    return Side(
        call.outcome,
        call.provider,
        call.origin,
        status=answer.status,
        broke="" if answer.error is None else answer.error.kind,
        left=answer.left,
        body=_body(answer),
        plain=plain,
    )


def _body(answer: Answer) -> str:
    data = answer.content()
    content = decode_content(answer.header("content-encoding"), data)
    try:
        return (data if content is None else content).decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


# --- calls that only one cassette has


class _Lone(NamedTuple):
    """The calls of one cassette that the other has not, by request."""

    cassette: Cassette
    takes: Mapping[bytes, list[int]]

    def asked(self, key: bytes, n: int) -> tuple[Asked, Interaction]:
        entry = self.cassette.get(key, n)
        if entry is None:
            raise CassetteDamaged("a call that the index names is missing", path=self.cassette.path, record=key.hex())
        interaction = self.cassette.interaction(entry)
        return _asked(key, interaction), interaction


def _unpaired(
    old: Cassette, new: Cassette, gone: Iterable[Key], come: Iterable[Key], rules: Matching
) -> tuple[list[Changed], list[Asked], list[Asked]]:
    ours, theirs = _Lone(old, _by_request(gone)), _Lone(new, _by_request(come))
    changed: list[Changed] = []
    paired: tuple[set[Key], set[Key]] = set(), set()
    if ours.takes and theirs.takes:
        for one, other in likely_pairs(_outlines(ours, new), _outlines(theirs, old)).items():
            for n, m in zip(ours.takes[one], theirs.takes[other], strict=False):
                changed.append(_changed(ours.asked(one, n), theirs.asked(other, m), rules))
                paired[0].add((one, n))
                paired[1].add((other, m))
    return changed, *(
        [lone.asked(key, n)[0] for key, takes in lone.takes.items() for n in takes if (key, n) not in taken]
        for lone, taken in zip((ours, theirs), paired, strict=True)
    )  # type: ignore[return-value]


def _by_request(keys: Iterable[Key]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for key, n in keys:
        found.setdefault(key, []).append(n)
    return found


def _outlines(lone: _Lone, other: Cassette) -> dict[bytes, Outline]:
    """Give the outlines of requests that the other cassette has no take of; one take more is no other request."""
    return {
        key: outline
        for key, n, outline in lone.cassette.outlines()
        if key in lone.takes and n == lone.takes[key][0] and not other.takes(key)
    }


def _changed(old: tuple[Asked, Interaction], new: tuple[Asked, Interaction], rules: Matching) -> Changed:
    before, after = (_matched(interaction, rules) for _, interaction in (old, new))
    return Changed(old[0], new[0], tuple(differences(before, after)))


def _matched(interaction: Interaction, rules: Matching) -> dict[str, object]:
    request = rules.settle(interaction.request).request if rules.settles else interaction.request
    return {"provider": interaction.provider, "operation": request.operation, **matched_fields(request)}


# --- a call in a line


def _asked(key: bytes, interaction: Interaction) -> Asked:
    request = interaction.request
    return Asked(key.hex(), interaction.sequence, interaction.provider, request.model or "", question_of(request))


def question_of(request: CompletionRequest) -> str:
    """Give the beginning of what is asked, on one line: the last message, or the params where there is none."""
    messages = request.conversation()
    asked: Any = request.params
    if messages:
        last = messages[-1]
        asked = last.get("content", last.get("parts", last))
    text = " ".join(_text_in(asked).split())
    return text if len(text) <= MAX_QUESTION else f"{text[: MAX_QUESTION - 3]}..."


def _text_in(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        parts = [_text_in(part) for part in cast("Iterable[Any]", value) if isinstance(part, (str, Mapping))]
        return " ".join(part for part in parts if part)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        for name in ("text", "input", "prompt", "url"):
            if isinstance(fields.get(name), (str, list)):
                return _text_in(fields[name])
        return msgspec.json.encode(fields).decode()
    return ""


def _order(asked: Asked) -> tuple[str, str, str, str, int]:
    return asked.provider, asked.model, asked.question, asked.call, asked.take


def _row_order(row: Row) -> tuple[int, tuple[str, str, str, str, int]]:
    return -row.grade, _order(row.asked)
