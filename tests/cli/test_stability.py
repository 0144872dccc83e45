"""``playhead stability``: a line for each request, the least stable first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playhead import CompletionRequest, CyclingStubInferenceProvider, StubInferenceProvider, run_golden, use_cassette
from tests.cli.conftest import Run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Record three takes of three requests."""
    path = tmp_path / "takes.cassette"
    requests = [CompletionRequest(f"who {number}?", temperature=1) for number in range(3)]
    run_golden(requests, CyclingStubInferenceProvider(), path, takes=3)
    return path


def test_each_request_has_a_line(run: Run, path: Path) -> None:
    """What differs is counted, and what is worth more takes is said."""
    result = run("stability", path)
    assert result.exit_code == 0
    head, *rows, end = result.stdout.splitlines()
    assert head.split() == [
        "REQUEST",
        "TAKES",
        "SAME",
        "FORM",
        "TEXTS",
        "TOOLS",
        "SHAPES",
        "ENDS",
        "TOKENS",
        "FAILED",
        "MORE",
    ]
    assert [row.split()[2:6] for row in rows] == [["3", "33%", "33%", "3"]] * 3
    assert all(row.endswith("yes") for row in rows)
    assert end == "9 takes of 3 requests: agreement 33%, same form 33%; 3 requests worth more takes"


def test_the_least_stable_are_shown_first(run: Run, path: Path) -> None:
    """So many as are asked for; the others are counted."""
    result = run("stability", path, "--top", "1")
    assert "and 2 more, at least as stable" in result.stdout
    assert "more, at least" not in run("stability", path, "--top", "0").stdout


def test_a_program_gets_every_request(run: Run, path: Path) -> None:
    """The report as it is."""
    report = json.loads(run("stability", path, "--json").stdout)
    assert len(report["requests"]) == 3
    assert report["requests"][0]["texts"] == 3
    assert report["worth_more"] == 3


def test_a_cassette_without_calls_says_so(run: Run, tmp_path: Path) -> None:
    """A missing one ends with the code of cassettes, as everywhere."""
    assert run("stability", tmp_path / "none.cassette").exit_code == 3
    path = tmp_path / "captured.cassette"
    with use_cassette(path, mode="record") as session:
        session.wrap(StubInferenceProvider()).complete(CompletionRequest("hi"))
    assert run("stability", path).exit_code == 0
