"""
A comparison as a page to look at and to print: one HTML file that loads nothing and runs nothing.

Answers are untrusted: everything is escaped, control characters are spelt out, no script is there and the page's own
policy forbids one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from playhead.engine.comparison import Fact, Grade
from playhead.engine.comparison_words import Change, word_runs
from playhead.errors import UsageError
from playhead.harness.comparison import Asked, Changed, Comparison, Row
from playhead.harness.drift_report import has_words, label_of

MAX_CALLS = 300
"""Calls of one kind that a page shows: more nobody reads, and a browser shows them slowly."""

MAX_VALUE = 20_000
"""Characters of one value that a page shows."""

_MEANING = {
    Grade.STRUCTURAL: "tool calls, the shape of JSON, how the answer ended: what code relies on",
    Grade.REWORDED: "other words or values in the same shape",
    Grade.PROVENANCE: "another model, version or origin says the same",
    Grade.USAGE: "only token counts differ",
    Grade.IDENTICAL: "the same evidence, though not to the last digit or byte",
}

# C0 without tab and line feed, DEL, C1, and the marks that turn the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_STYLE = """
:root { color-scheme: light; --line: #d9dde3; --soft: #f5f7f9; --dim: #59626e; }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #1b2026; background: #fff;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .86em;
  overflow-wrap: anywhere; }
.dim { color: var(--dim); } p { margin: .25rem 0; }
table.counts { border-collapse: collapse; margin: 1rem 0; }
table.counts td, table.counts th { padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line);
  text-align: left; font-weight: normal; }
a { text-decoration: none; }
table.counts td.n { text-align: right; font-variant-numeric: tabular-nums; }
article { border: 1px solid var(--line); border-radius: .4rem; margin: .75rem 0; overflow: hidden; }
article > header { background: var(--soft); padding: .5rem .8rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
.fact { padding: .5rem .8rem; } .fact + .fact { border-top: 1px solid var(--line); }
.name { color: var(--dim); margin-bottom: .15rem; overflow-wrap: anywhere; }
.badge { display: inline-block; border-radius: .25rem; padding: 0 .45rem; font-size: .8rem; font-weight: 600;
  border: 1px solid currentColor; }
.structural, .removed { color: #a3141f; } .reworded, .changed { color: #7a4d00; } .provenance { color: #0b4fa8; }
.usage { color: #4a5561; } .identical, .added { color: #14632e; }
.said, .value { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; margin: 0; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; }
.pair > div { min-width: 0; } .old { border-left: 3px solid #e2a3a8; padding-left: .5rem; }
.new { border-left: 3px solid #93c7a4; padding-left: .5rem; }
del { background: #fbe3e4; color: #8a0f19; text-decoration: line-through; text-decoration-thickness: 1px; }
ins { background: #dcf3e2; color: #0f5526; text-decoration: none; border-bottom: 1px solid #0f5526; }
ul.alone { padding-left: 1.2rem; margin: .3rem 0; } ul.alone li { overflow-wrap: anywhere; }
@media (max-width: 40rem) { .pair { grid-template-columns: 1fr; } }
@media print { body { margin: 0; max-width: none; font-size: 11px; } article { break-inside: auto; }
  article > header { break-after: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def write_page(comparison: Comparison, path: Path) -> None:
    """
    Write a comparison as one HTML file.

    Raises:
        UsageError: The file cannot be written.
    """
    data = drift_page(comparison).encode()
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot write the report {str(path)!r}: {error.strerror or error}") from error


def drift_page(comparison: Comparison) -> str:
    """Give a comparison as a whole HTML document."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            # Nothing is loaded and nothing runs, whatever an answer says.
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Drift: {_safe(comparison.golden)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            *_head(comparison),
            *_graded(comparison),
            *_section("changed", "the request is another one now", [_changed(pair) for pair in comparison.changed]),
            *_alone("removed", "the golden alone has these", comparison.removed),
            *_alone("added", "the fresh recording alone has these", comparison.added),
            "</body></html>\n",
        ]
    )


def _safe(text: str) -> str:
    spelt = _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
    return escape(spelt if len(spelt) <= MAX_VALUE else f"{spelt[:MAX_VALUE]}... ({len(spelt):,} characters)")


def _head(comparison: Comparison) -> Iterator[str]:
    yield "<header><h1>Drift</h1>"
    yield f'<p><span class="dim">golden</span> <code>{_safe(comparison.golden)}</code></p>'
    yield f'<p><span class="dim">fresh</span> <code>{_safe(comparison.fresh)}</code></p>'
    yield from (f'<p class="dim">{_safe(line)}</p>' for line in comparison.notes)
    yield '<table class="counts">'
    for grade, count in comparison.counts.items():
        yield _count(grade.word, count, "the same evidence" if grade is Grade.IDENTICAL else _MEANING[grade])
    for word, calls, meaning in (
        ("changed", comparison.changed, "the request is another one now"),
        ("removed", comparison.removed, "the golden alone has these"),
        ("added", comparison.added, "the fresh recording alone has these"),
    ):
        yield _count(word, len(calls), meaning)
    yield "</table></header>"


def _count(word: str, count: int, meaning: str) -> str:
    badge = f'<span class="badge {word}">{word}</span>'
    linked = f'<a href="#{word}">{badge}</a>' if count and word != "identical" else badge
    return f'<tr><th>{linked}</th><td class="n">{count:,}</td><td class="dim">{meaning}</td></tr>'


def _graded(comparison: Comparison) -> Iterator[str]:
    for grade in reversed(Grade):
        rows = [row for row in comparison.rows if row.grade is grade and row.facts]
        yield from _section(grade.word, _MEANING[grade], [_card(row) for row in rows[:MAX_CALLS]], len(rows))


def _section(word: str, meaning: str, cards: list[str], count: int | None = None) -> Iterator[str]:
    total = len(cards) if count is None else count
    if not total:
        return
    yield f'<section id="{word}"><h2>{word.capitalize()} <span class="dim">({total:,})</span></h2>'
    yield f'<p class="dim">{meaning}</p>'
    yield from cards[:MAX_CALLS]
    if total > MAX_CALLS:
        yield f'<p class="dim">and {total - MAX_CALLS:,} more calls</p>'
    yield "</section>"


def _alone(word: str, meaning: str, calls: tuple[Asked, ...]) -> Iterator[str]:
    if calls:
        items = "\n".join(f"<li>{_asked(asked)}</li>" for asked in calls[:MAX_CALLS])
        yield from _section(word, meaning, [f'<ul class="alone">{items}</ul>'], len(calls))


def _asked(asked: Asked) -> str:
    facts = " ".join(_safe(fact) for fact in (asked.provider, asked.model) if fact)
    question = f'<div class="value">{_safe(asked.question)}</div>' if asked.question else ""
    return f'<code>{asked.call[:12]}</code> <span class="dim">take {asked.take}</span> {facts}{question}'


def _card(row: Row) -> str:
    badge = f'<span class="badge {row.grade.word}">{row.grade.word}</span>'
    facts = "\n".join(_fact(fact) for fact in row.facts)
    return f"<article><header>{badge} {_asked(row.asked)}</header>\n{facts}</article>"


def _changed(pair: Changed) -> str:
    places = "\n".join(_place(one.path, "", one.recorded, one.asked) for one in pair.differences)
    head = f'<header><span class="badge changed">changed</span> {_asked(pair.old)}</header>'
    return f'<article>{head}\n<div class="fact dim">is now {_asked(pair.new)}</div>\n{places}</article>'


def _fact(fact: Fact) -> str:
    name = f'<span class="{fact.grade.word}">{_safe(label_of(fact))}</span>'
    if has_words(fact):
        return f'<div class="fact"><div class="name">{name}</div><p class="said">{_words(fact)}</p></div>'
    near = "" if fact.cosine is None else f" not exact: cosine {fact.cosine:.12g}"
    return _place("", f"{name}{near}", fact.old, fact.new)


def _place(path: str, name: str, old: str, new: str) -> str:
    shown = name or f"<code>{_safe(path)}</code>"
    sides = "".join(
        f'<div class="{side}"><pre class="value">{_safe(value)}</pre></div>'
        for side, value in (("old", old), ("new", new))
    )
    return f'<div class="fact"><div class="name">{shown}</div><div class="pair">{sides}</div></div>'


_TAGS = {Change.SAME: "{}", Change.DELETED: "<del>{}</del>", Change.INSERTED: "<ins>{}</ins>"}


def _words(fact: Fact) -> str:
    return "".join(_TAGS[run.change].format(_safe(run.text)) for run in word_runs(fact.old, fact.new))
