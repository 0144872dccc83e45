"""Printing: numbers as people read them, and recorded text that cannot drive a terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.cli import output
from playhead.cli.output import one_line, plural, printable, say_json, show_table, size_text, time_text


@given(st.text())
def test_no_control_character_is_printed(text: str) -> None:
    """Whatever a model answers, no escape sequence and no mark that turns text round reaches the terminal."""
    shown = printable(text)
    assert not [c for c in shown if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 or c in "\u202e\u2066"]


def test_ordinary_text_is_printed_as_it_is() -> None:
    """Letters of all languages, tabs and line ends stay."""
    text = "na\xefve \u65e5\u672c\u8a9e \U0001f600\n\tindented"
    assert printable(text) is text or printable(text) == text
    assert printable("\x1b[31mred") == "\\u001b[31mred"


def test_a_long_text_is_cut_to_one_line() -> None:
    """Lines are joined, and what is left out is marked."""
    assert one_line("one\n  two", 20) == "one two"
    assert one_line("x" * 30, 10) == "xxxxxxx..."


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (1949, "1.9 KB"),
        (999_949, "999.9 KB"),
        (999_999, "1.0 MB"),
        (48_000_000, "48.0 MB"),
        (7_300_000_000_000, "7300.0 GB"),
    ],
)
def test_sizes_have_a_unit(count: int, text: str) -> None:
    """Bytes are written in the unit that keeps them short."""
    assert size_text(count) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.42, "0.4 ms"), (10, "10 ms"), (999, "999 ms"), (12_340, "12.3 s"), (1e7, "10,000.0 s")],
)
def test_times_have_a_unit(milliseconds: float, text: str) -> None:
    """Durations are written in the unit that keeps them short."""
    assert time_text(milliseconds) == text


def test_counts_agree_with_their_words() -> None:
    """One call, two calls."""
    assert [plural(n, "call") for n in (0, 1, 2, 1234)] == ["0 calls", "1 call", "2 calls", "1,234 calls"]


def test_a_table_is_plain_lines_where_a_program_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are aligned, and no line ends in spaces."""
    show_table(("NAME", "N"), [("a", "1"), ("long name", "10")], right=frozenset({1}))
    assert capsys.readouterr().out == "NAME        N\na           1\nlong name  10\n"


def test_a_table_in_a_terminal_does_not_obey_its_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Square brackets in a name are text, not markup."""
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    show_table(("NAME",), [("[red]alarm[/red]",)])
    assert "[red]alarm[/red]" in capsys.readouterr().out


def test_json_is_one_line_and_safe_to_print(capsys: pytest.CaptureFixture[str]) -> None:
    """A value comes out as one line of JSON that reads back the same, control characters escaped."""
    value = {"text": "a\nb\x1b\x9b", "count": 3}
    say_json(value)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert printable(printed) == printed
    assert json.loads(printed) == value
