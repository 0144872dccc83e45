"""A refused call fails its test, whatever became of the exception."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import ONE, Suite


@pytest.mark.parametrize(
    "body",
    [
        "try:\n        ask(playhead, playhead_stub)\n    except BaseException:\n        pass",
        "try:\n        ask(playhead, playhead_stub)\n    except BaseException:\n        pytest.skip('swallowed')",
        "with pytest.raises(ReplayRefused):\n        ask(playhead, playhead_stub)",
        "try:\n        ask(playhead, playhead_stub)\n    except BaseException:\n        raise ValueError('other')",
    ],
    ids=["swallowed", "skipped", "expected", "replaced"],
)
def test_a_refused_call_fails_the_test(suite: Suite, body: str) -> None:
    """The failure holds the explanation, also where the code raised something else or nothing."""
    suite.write("test_a.py", f"@pytest.mark.playhead\ndef test_a(playhead, playhead_stub):\n    {body}\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing recorded matches this call*", "*hint: to record it: pytest*"])


def test_an_xfail_for_another_reason_does_not_hide_a_refusal(suite: Suite) -> None:
    """Only ``xfail(raises=playhead.ReplayRefused)`` expects one."""
    test = (
        "{mark}\n@pytest.mark.playhead\ndef test_{name}(playhead, playhead_stub):\n    ask(playhead, playhead_stub)\n"
    )
    suite.write(
        "test_a.py",
        test.format(name="plain", mark="@pytest.mark.xfail")
        + test.format(name="other", mark="@pytest.mark.xfail(raises=(ValueError, ReplayRefused))"),
    )
    suite.run().assert_outcomes(failed=1, xfailed=1)


def test_refusals_in_fixtures_count(suite: Suite) -> None:
    """A call of a fixture's set-up or teardown is the test's."""
    suite.write(
        "test_a.py",
        """
@pytest.fixture
def early(playhead, playhead_stub):
    try:
        ask(playhead, playhead_stub)
    except ReplayRefused:
        pass

@pytest.fixture
def late(playhead, playhead_stub):
    yield
    try:
        ask(playhead, playhead_stub)
    except ReplayRefused:
        pass

def test_early(early):
    pass

def test_late(late):
    pass
""",
    )
    suite.run().assert_outcomes(passed=1, errors=2)


def test_a_test_that_fails_keeps_the_golden_and_names_its_recording(recorded: Suite) -> None:
    """The recording of a failed test is kept apart; the cassette stays, byte for byte."""
    before = recorded.cassettes()
    recorded.write("test_a.py", ONE.replace('"hello" in', '"never" in'))
    result = recorded.run("--playhead-mode=record")
    result.assert_outcomes(failed=1)
    apart = "cassettes/test_a/test_one.failed.cassette"
    result.stdout.fnmatch_lines([f"*1 call recorded; kept apart in *{apart}*", f"  {apart}"])
    after = recorded.cassettes()
    assert after.pop(apart)
    assert after == before


def test_a_teardown_that_fails_keeps_the_golden_too(recorded: Suite) -> None:
    """A test has ended well when its teardown has, not before."""
    before = recorded.cassettes()
    broken = "\n@pytest.fixture\ndef broken():\n    yield\n    raise ValueError\n\n"
    recorded.write("test_a.py", broken + ONE.replace("test_one(", "test_one(broken, "))
    recorded.run("--playhead-mode=record").assert_outcomes(passed=1, errors=1)
    after = recorded.cassettes()
    assert after["cassettes/test_a/test_one.cassette"] == before["cassettes/test_a/test_one.cassette"]
    assert "cassettes/test_a/test_one.failed.cassette" in after


def test_a_call_refused_again_is_the_other_tests_failure_too(suite: Suite) -> None:
    """Two tests of one session that make the same refused call both fail."""
    suite.write(
        "test_a.py",
        """
pytestmark = pytest.mark.playhead(scope="module")

@pytest.mark.parametrize("n", range(2))
def test_a(playhead, n):
    try:
        playhead.begin(CompletionRequest("x"), "stub", once=True)
    except ReplayRefused:
        pass
""",
    )
    report = suite.report()
    assert report["totals"]["tests"]["refused"] == 2
    assert [len(test["refusals"]) for test in report["tests"]] == [1, 1]
