"""The report as a page: complete, harmless whatever an answer says, and shown by a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.comparing_parts import QUESTIONS, but, record, with_fields

from playhead import CompletionRequest, ToolCall, Usage, UsageError
from playhead.engine.comparison import Fact, Grade
from playhead.harness.comparing import compare
from playhead.harness.comparison import Asked, Comparison, Row
from playhead.harness.drift_page import MAX_CALLS, MAX_VALUE, drift_page, write_page

HOSTILE = (
    "</p><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u202egnp.exe \x1b[2J"
)

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    """Compare recordings with one change of every kind, one of them hostile."""
    golden = record(tmp_path / "golden.cassette")
    fresh = record(
        tmp_path / "fresh.cassette",
        but(
            question_0=with_fields(text=f"The ink is {HOSTILE}"),
            question_1=with_fields(tool_calls=(ToolCall("c", "mix", '{"a":1}'),), finish_reason="length"),
            question_2=with_fields(model="m-2"),
            question_3=with_fields(usage=Usage(5, 5, 10)),
        ),
        [*QUESTIONS[:5], CompletionRequest("Question 5 about inks?", model="m"), CompletionRequest("5 + 5", model="m")],
    )
    return compare(golden, fresh)


class _Parser(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.said += data


def read(page: str) -> _Parser:
    """Read a page as a browser does."""
    parser = _Parser()
    parser.feed(page)
    return parser


def page_of(*facts: Fact) -> str:
    """Give the page of one call."""
    return drift_page(Comparison("golden", "fresh", (Row(Asked("0" * 32, 0), facts[0].grade, facts),)))


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["text", "model"]))
def test_whatever_an_answer_says_stays_text(old: str, new: str, kind: str) -> None:
    """No tag, no attribute and no control character of an answer's reaches the page, and the page can be written."""
    page = page_of(Fact(Grade.REWORDED, kind, kind, old, new))
    parser, plain = read(page), read(page_of(Fact(Grade.REWORDED, kind, kind, "a", "b")))
    assert parser.tags <= plain.tags | {"del", "ins"}
    assert parser.attributes == plain.attributes
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)
    page.encode()


def test_the_page_is_one_file_that_loads_and_runs_nothing(comparison: Comparison) -> None:
    """No script, no image, no address: what the page needs stands in it, and its policy forbids the rest."""
    page = drift_page(comparison)
    parser = read(page)
    assert not parser.tags & {"script", "img", "link", "iframe", "object", "embed"}
    assert not {name for name in parser.attributes if name.startswith("on") or name == "src"}
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page
    assert "\\u202e" in parser.said
    for word in ("structural", "reworded", "provenance", "usage", "changed", "added"):
        assert f'<section id="{word}">' in page
    assert '<section id="removed">' not in page


def test_words_that_changed_are_marked() -> None:
    """A reader sees what went and what came without looking for it."""
    page = page_of(Fact(Grade.REWORDED, "text", "text", "the <b>blue</b> ink", "the <b>black</b> ink"))
    assert "the &lt;b&gt;<del>blue</del><ins>black</ins>&lt;/b&gt; ink" in page


def test_a_page_stays_one_that_a_browser_can_show() -> None:
    """Thousands of calls and megabytes of text are cut, and the page says by how much."""
    fact = Fact(Grade.REWORDED, "model", "model", "a", "b")
    rows = tuple(Row(Asked(f"{n:032x}", 0), Grade.REWORDED, (fact,)) for n in range(MAX_CALLS + 5))
    page = drift_page(Comparison("a", "b", rows))
    assert page.count("<article>") == MAX_CALLS
    assert "and 5 more calls" in page
    assert f"({MAX_CALLS + 5:,})" in page
    long = page_of(Fact(Grade.REWORDED, "model", "model", "x" * (3 * MAX_VALUE), "y"))
    assert len(long) < 2 * MAX_VALUE
    assert f"({3 * MAX_VALUE:,} characters)" in long


def test_a_page_that_cannot_be_written_is_an_error_of_ours(comparison: Comparison, tmp_path: Path) -> None:
    """A folder that is not there is a mistake on the command line."""
    with pytest.raises(UsageError, match="cannot write the report"):
        write_page(comparison, tmp_path / "none" / "page.html")


@pytest.fixture
def browser() -> Iterator[Any]:
    """Start the machine's Chromium, without a screen."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


def test_a_browser_shows_every_call_and_runs_nothing(browser: Any, comparison: Comparison, tmp_path: Path) -> None:
    """In a real browser the hostile answer is text, nothing is asked of the network, and the page fits its width."""
    path = tmp_path / "report.html"
    write_page(comparison, path)
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    assert page.title().startswith("Drift: ")
    assert page.locator("article").count() == 5
    assert page.locator("#reworded ins").first.is_visible()
    assert "<script>" in page.locator("#reworded .said").inner_text()
    assert page.locator("#structural .badge").first.inner_text() == "structural"
    assert page.locator("#added li").inner_text().endswith("5 + 5")
    page.locator('a[href="#usage"]').click()
    assert page.locator("#usage article").is_visible()
    for width in (1000, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert asked == [path.as_uri()]
    assert complaints == []


def test_a_browser_prints_it(browser: Any, comparison: Comparison, tmp_path: Path) -> None:
    """The report can be put into a file for people without a browser at hand."""
    path = tmp_path / "report.html"
    write_page(comparison, path)
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.pdf(format="A4").startswith(b"%PDF-")
