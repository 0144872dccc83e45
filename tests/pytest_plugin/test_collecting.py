"""What is checked before the first test runs."""

from __future__ import annotations

import os

import pytest

from tests.pytest_plugin.conftest import ONE, Suite

BOTH = ONE.replace("mark.playhead", "mark.playhead(cassette='shared')")


def test_two_tests_that_would_record_into_one_cassette_are_refused(suite: Suite) -> None:
    """Before a call is paid for; replaying it is fine."""
    suite.write("test_a.py", BOTH + BOTH.replace("test_one", "test_two"))
    result = suite.run("--playhead-record")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: test_a.py::test_one and test_a.py::test_two both record into *shared.cassette*",
            "hint: *scope='module'*",
        ]
    )
    suite.run("--playhead-record", "-k", "test_one").assert_outcomes(passed=1, deselected=1)
    suite.run().assert_outcomes(passed=2)


def test_two_tests_that_are_named_one_cassette_by_a_fixture_are_refused_too(suite: Suite) -> None:
    """Then it is known when the second one starts."""
    own = "@pytest.fixture\ndef playhead_cassette_name():\n    return 'one'\n\n"
    suite.write("test_a.py", own + ONE + ONE.replace("test_one", "test_two"))
    result = suite.run("--playhead-record")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*both record into*"])


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX")
def test_a_folder_that_cannot_be_written_to_is_refused(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a call is paid for. The answer is given here, since root may write anywhere."""
    suite.write("test_a.py", ONE)
    monkeypatch.setattr(os, "access", lambda *_: False)
    result = suite.run("--playhead-record")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: test_a.py::test_one cannot record into *", "hint: make it writable*"])
    suite.run().assert_outcomes(failed=1)


def test_a_file_in_the_place_of_the_folder_is_refused(suite: Suite) -> None:
    """Likewise."""
    suite.write("test_a.py", ONE)
    (suite.path / "cassettes").write_text("")
    assert suite.run("--playhead-record").ret == pytest.ExitCode.USAGE_ERROR


def test_a_session_comes_before_other_fixtures(suite: Suite) -> None:
    """Their calls are in it, whatever order the test names them in."""
    suite.write(
        "test_a.py",
        """
from playhead.sessions import routing

@pytest.fixture
def client():
    assert routing.current() is not None

@pytest.fixture(autouse=True)
def automatic():
    assert routing.current() is not None

@pytest.mark.playhead
def test_a(client):
    pass
""",
    )
    suite.run().assert_outcomes(passed=1)


def test_takes_are_recorded_and_run_one_by_one(suite: Suite) -> None:
    """A number records so many; a replay runs as many as there are, each alone."""
    suite.write(
        "test_a.py",
        """
@pytest.mark.playhead(each_take=3)
def test_a(playhead, playhead_cycling_stub, request, record_property):
    print("answer", ask(playhead, playhead_cycling_stub))
""",
    )
    result = suite.run("--playhead-mode=record")
    result.assert_outcomes(passed=3)
    assert len(suite.cassettes()) == 1
    before = suite.cassettes()
    result = suite.run("-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*test_a?take0? PASSED*", "*test_a?take1? PASSED*", "*test_a?take2? PASSED*"])
    assert suite.cassettes() == before
    assert suite.report("-k", "take1")["totals"]["calls"]["played"] == 1


def test_enough_takes_have_to_pass(suite: Suite) -> None:
    """A share of them: a take that fails is no failure of its own, too many are one of the run."""
    test = """
@pytest.mark.playhead(each_take=3, pass_rate={rate})
def test_a(playhead, playhead_cycling_stub, request):
    ask(playhead, playhead_cycling_stub)
    assert "take0" not in request.node.name
"""
    suite.write("test_a.py", test.format(rate=0.9))
    result = suite.run("--playhead-mode=record")
    result.stdout.fnmatch_lines(["kept apart*", "FAILED test_a.py::test_a: 2 of 3 takes passed, 90% are needed"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    suite.write("test_a.py", test.format(rate=0.6))
    for mode in ("record", "replay"):
        result = suite.run(f"--playhead-mode={mode}")
        result.assert_outcomes(passed=2, xfailed=1)
        assert result.ret == pytest.ExitCode.OK
        result.stdout.fnmatch_lines(["takes: test_a.py::test_a: 2 of 3 passed (67%, 60% needed)"])
    suite.write("test_a.py", test.format(rate=0.9))
    assert suite.run().ret == pytest.ExitCode.TESTS_FAILED


def test_takes_of_a_test_with_parameters_need_a_name(suite: Suite) -> None:
    """Else each parameter has a cassette of its own, whose takes nobody can count."""
    suite.write(
        "test_a.py", "@pytest.mark.parametrize('n', [1])\n@pytest.mark.playhead(each_take=True)\ndef test_a(n): pass"
    )
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*has parameters*", "hint: with each_take, name one cassette*"])


def test_a_cassette_whose_takes_cannot_be_counted_ends_the_run(suite: Suite) -> None:
    """A damaged file is never taken for an absent one."""
    suite.write("test_a.py", "@pytest.mark.playhead(each_take=True)\ndef test_a(playhead): pass")
    place = suite.path / "cassettes" / "test_a" / "test_a.cassette"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"no cassette")
    assert suite.run().ret == pytest.ExitCode.USAGE_ERROR
