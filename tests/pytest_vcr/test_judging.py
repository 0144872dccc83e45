"""A refused call fails its test, whatever was done with the exception."""

from __future__ import annotations

import pytest

from tests.pytest_vcr import projects
from tests.pytest_vcr.projects import cassette

pytest_plugins = ("pytester",)

SUITE = {
    "test_a.py": """
import playhead

pytestmark = pytest.mark.vcr

def swallowed():
    try:
        get("/other")
    except Exception:
        pass

def test_swallowed():
    swallowed()

def test_expected():
    with pytest.raises(playhead.ReplayRefused):
        get("/other")

@pytest.mark.xfail(raises=playhead.ReplayRefused, strict=True)
def test_marked():
    get("/other")

@pytest.mark.xfail
def test_marked_for_something_else():
    swallowed()
    assert False

def test_fails_itself():
    swallowed()
    assert False, "for its own reason"

@pytest.fixture
def late(vcr):
    yield
    swallowed()

def test_late(late):
    pass

def test_fine():
    pass
"""
}


def test_outcomes(pytester: pytest.Pytester) -> None:
    """Only a refusal that the test marks as expected lets it be; one in a teardown is an error of the teardown."""
    projects.write(pytester, SUITE)
    ran = projects.run(pytester, *projects.CASSETTES)
    found = {name.rpartition("_")[2]: ran.reports[name, "call"] for name, when in ran.reports if when == "call"}
    assert found == {
        "swallowed": "failed",
        "expected": "failed",
        "marked": "skipped",
        "else": "failed",
        "itself": "failed",
        "late": "passed",
        "fine": "passed",
    }
    assert ran.reports["test_a.py::test_late", "teardown"] == "failed"


def test_words(pytester: pytest.Pytester) -> None:
    """The failure says which call it was and what to do, once."""
    projects.write(pytester, SUITE)
    result = pytester.runpytest_inprocess(*projects.QUIET, *projects.CASSETTES)
    text = result.stdout.str()
    for words in (
        "a call was refused, and the test went on",
        "pytest --record-mode=new_episodes 'test_a.py::test_swallowed'",
        "for its own reason",
        "playhead: refused calls",
        "a call was refused in the teardown",
    ):
        assert words in text


def test_a_failed_test_leaves_its_cassette(pytester: pytest.Pytester) -> None:
    """What a failed test recorded is kept apart; the cassette stays as it was."""
    projects.write(
        pytester,
        {
            "test_a.py": """
@pytest.mark.vcr
def test_one():
    get("/one", SERVER)
    if os.environ.get("FAILS"):
        get("/two", SERVER)
        assert False
"""
        },
    )
    with projects.loopback() as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv(projects.SERVER, address)
        assert projects.run(pytester, *projects.CASSETTES, "--record-mode=once").counts == (1, 0, 0)
        golden = (pytester.path / "cassettes/test_a/test_one.cassette").read_bytes()
        patch.setenv("FAILS", "1")
        assert projects.run(pytester, *projects.CASSETTES, "--record-mode=all").counts == (0, 1, 0)
    assert (pytester.path / "cassettes/test_a/test_one.cassette").read_bytes() == golden
    assert (pytester.path / "cassettes/test_a/test_one.failed.cassette").exists()


def test_nothing_is_judged_without_a_cassette(pytester: pytest.Pytester) -> None:
    """Tests without the mark are left alone."""
    projects.write(pytester, {"test_a.py": "def test_it():\n    pass\n", "cassettes/x.yaml": cassette()})
    assert projects.run(pytester, *projects.CASSETTES).counts == (1, 0, 0)
