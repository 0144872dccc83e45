"""A comparison in words for an assertion, and as plain values for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playhead.core.difference import excerpts
from playhead.engine.comparison import NEVER, Fact, Grade, grade_of
from playhead.engine.comparison_words import Change, word_runs
from playhead.harness.comparison import Asked, Changed, Comparison, Row

MAX_ROWS, MAX_FACTS = 10, 4
"""Calls, and facts of each, that an assertion names."""

MAX_WORDED = 200
"""Calls of which plain values hold the words that changed: aligning a page of words takes some 5 ms."""


def summary_of(comparison: Comparison) -> str:
    """Give a comparison on one line: ``120 calls: 118 identical, 1 reworded, 1 structural; 1 removed``."""
    counts = [f"{count:,} {grade.word}" for grade, count in comparison.counts.items() if count]
    alone = [
        f"{len(calls):,} {word}"
        for word, calls in (
            ("changed", comparison.changed),
            ("removed", comparison.removed),
            ("added", comparison.added),
        )
        if calls
    ]
    calls = "1 call in both" if len(comparison.rows) == 1 else f"{len(comparison.rows):,} calls in both"
    return "; ".join(part for part in (": ".join(filter(None, (calls, ", ".join(counts)))), ", ".join(alone)) if part)


def fact_text(fact: Fact) -> str:
    """Give a fact on one line, its values shortened round the first character that differs."""
    old, new = excerpts(fact.old, fact.new)
    near = "" if fact.cosine is None else f", not exact: cosine {fact.cosine:.12g}"
    return f"{label_of(fact)}: {old} became {new}{near}"


def label_of(fact: Fact) -> str:
    """Give kind and path of a fact, each word once."""
    kind, path = fact.kind, fact.path
    if path.replace("_", " ") == kind:
        return kind
    return path if path.startswith(kind.replace(" ", "_")) else f"{kind} {path}"


def asked_text(asked: Asked) -> str:
    """Name a call on one line."""
    facts = [f"{asked.call[:12]} take {asked.take}", asked.provider, asked.model]
    return ", ".join(fact for fact in facts if fact) + (f": {asked.question!r}" if asked.question else "")


def drift_message(comparison: Comparison, *, fail_on: str | Grade) -> str:
    """Give the message of an assertion: what drifted, call by call, and what shows all of it."""
    lines = [f"{comparison.fresh!r} drifted from {comparison.golden!r}", f"{summary_of(comparison)}"]
    drifted = list(_drifted(comparison, fail_on))
    for head, facts in drifted[:MAX_ROWS]:
        lines += [head, *(f"  {fact}" for fact in facts[:MAX_FACTS])]
        if len(facts) > MAX_FACTS:
            lines.append(f"  and {len(facts) - MAX_FACTS} more")
    if len(drifted) > MAX_ROWS:
        lines.append(f"and {len(drifted) - MAX_ROWS:,} more calls")
    return "\n".join([*lines, f"hint: playhead diff {comparison.golden} {comparison.fresh}"])


def _drifted(comparison: Comparison, fail_on: str | Grade) -> Iterator[tuple[str, list[str]]]:
    wanted = Grade.STRUCTURAL if fail_on == NEVER else grade_of(fail_on)
    for row in comparison.rows:
        if row.grade >= wanted:
            yield f"{row.grade.word}: {asked_text(row.asked)}", [fact_text(fact) for fact in row.facts]
    for pair in comparison.changed:
        head = f"changed: {asked_text(pair.old)} is now {asked_text(pair.new)}"
        yield head, [f"{one.path}: {one.recorded} became {one.asked}" for one in pair.differences]
    yield from ((f"removed: {asked_text(asked)}", []) for asked in comparison.removed)
    yield from ((f"added: {asked_text(asked)}", []) for asked in comparison.added)


# --- plain values


def as_json(comparison: Comparison, *, fail_on: str | Grade = Grade.REWORDED) -> dict[str, Any]:
    """Give a comparison as plain values, identical calls too; of the first ``MAX_WORDED`` the words that changed."""
    return {
        "golden": comparison.golden,
        "fresh": comparison.fresh,
        "drifted": comparison.drifted(fail_on),
        "fail_on": fail_on.word if isinstance(fail_on, Grade) else fail_on,
        "gravest": comparison.gravest.word,
        "counts": {
            **{grade.word: count for grade, count in comparison.counts.items()},
            "changed": len(comparison.changed),
            "removed": len(comparison.removed),
            "added": len(comparison.added),
        },
        "calls": [row_json(row, words=at < MAX_WORDED) for at, row in enumerate(comparison.rows)],
        "changed": [_changed_json(pair) for pair in comparison.changed],
        "removed": [asked_json(asked) for asked in comparison.removed],
        "added": [asked_json(asked) for asked in comparison.added],
        "notes": list(comparison.notes),
    }


def asked_json(asked: Asked) -> dict[str, Any]:
    """Give a call's name as plain values; what was not read is left out."""
    return {name: value for name, value in asked._asdict().items() if value != ""}


def row_json(row: Row, *, words: bool = True) -> dict[str, Any]:
    """Give a call that both cassettes have as plain values, with the words that changed where they are wanted."""
    facts = [fact_json(fact, words=words) for fact in row.facts]
    return {**asked_json(row.asked), "grade": row.grade.word, "facts": facts}


def fact_json(fact: Fact, *, words: bool = True) -> dict[str, Any]:
    """Give a fact as plain values, a text with its runs of words: ``[change, words]``."""
    found: dict[str, Any] = {
        "grade": fact.grade.word,
        "kind": fact.kind,
        "path": fact.path,
        "old": fact.old,
        "new": fact.new,
    }
    if fact.cosine is not None:
        found["cosine"] = fact.cosine
    if words and fact.kind == "text":
        found["words"] = [[run.change.value, run.text] for run in word_runs(fact.old, fact.new)]
    return found


def _changed_json(pair: Changed) -> dict[str, Any]:
    differing = [{"path": one.path, "old": one.recorded, "new": one.asked} for one in pair.differences]
    return {"old": asked_json(pair.old), "new": asked_json(pair.new), "differences": differing}


def has_words(fact: Fact) -> bool:
    """Tell whether a fact is best shown by words: a text, not one JSON value against another."""
    return fact.kind == "text" or (fact.kind == "json" and fact.path == "text")


def marked(fact: Fact, *, deleted: str = "[-{}-]", inserted: str = "{{+{}+}}") -> str:
    """Give the words of a fact on one text, marked as ``git diff --word-diff`` marks them."""
    marks = {Change.SAME: "{}", Change.DELETED: deleted, Change.INSERTED: inserted}
    return "".join(marks[run.change].format(run.text) for run in word_runs(fact.old, fact.new))
