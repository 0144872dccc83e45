"""A suite over real recordings with the vendors' own SDKs: the same outcomes under pytest-recording and under ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("pytest_recording", reason="pytest-recording is not installed")

from tests.sdks.suite.build import CORPUS, build

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the recordings in ../shared/corpus")

UNDER = {
    "pytest-recording": ("-p", "no:playhead_vcr", "-p", "no:playhead"),
    "playhead": ("-p", "no:recording"),
    "playhead, cassettes of our own": ("-p", "no:recording", "--playhead-vcr-backend=cassette"),
}


def _outcomes(suite: Path, *args: str) -> dict[tuple[str, str], str]:
    """Run the suite in a process of its own, where warnings are errors."""
    kept = suite.parent / f"outcomes-{len(list(suite.parent.glob('outcomes-*')))}"
    kept.touch()
    options = ("-p", "no:randomly", "-p", "no:xdist", "-q")
    environment = {**os.environ, "OUTCOMES": str(kept), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *args, str(suite)],
        cwd=suite,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = [json.loads(line) for line in kept.read_text().splitlines()]
    return {(name, when): outcome for name, when, outcome, _ in found}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suite, written once."""
    folder = tmp_path_factory.mktemp("recorded") / "suite"
    folder.mkdir()
    assert build(folder) >= 60
    return folder


@pytest.fixture(scope="module")
def theirs(suite: Path) -> dict[tuple[str, str], str]:
    """What becomes of it under pytest-recording."""
    return _outcomes(suite, *UNDER["pytest-recording"])


def test_it_shows_something(theirs: dict[tuple[str, str], str]) -> None:
    """Most tests pass; those that are to fail, and those that are to have an error, do."""
    counts = Counter((when, outcome) for (_, when), outcome in theirs.items())
    assert counts["call", "passed"] >= 90
    assert {name.rpartition("::")[2] for (name, when), outcome in theirs.items() if outcome == "failed"} == {
        "test_fails_1",
        "test_unplayed_1",
    }


def _differing(
    one: dict[tuple[str, str], str], other: dict[tuple[str, str], str]
) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    pairs = {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys()}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def test_same_outcomes(suite: Path, theirs: dict[tuple[str, str], str]) -> None:
    """Each phase of each test has the outcome it has under pytest-recording."""
    assert _differing(theirs, _outcomes(suite, *UNDER["playhead"])) == {}


REFUSALS_STAY = "test_other_path_1"
"""It swallows what vcrpy raises for a call that is not recorded, which is not enough for a cassette of ours."""

BODIES_ARE_MATCHED = (
    "test_mistral.py::test_image_as_binary_content_tool_response",
    "test_mistral.py::test_fails_1",
)
"""Of one cassette: the SDK of today sends a field that the recorded request does not have, unseen by vcrpy."""


def test_cassettes_of_our_own(suite: Path, theirs: dict[tuple[str, str], str]) -> None:
    """With the same YAML read by our own backend, what differs is what it is for."""
    differing = _differing(theirs, _outcomes(suite, *UNDER["playhead, cassettes of our own"]))
    others = {key: pair for key, pair in differing.items() if not key[0].endswith(REFUSALS_STAY)}
    assert {name for name, _ in others} == set(BODIES_ARE_MATCHED)
    assert all(pair == ("passed", "failed") for pair in differing.values())
