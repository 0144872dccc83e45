"""Where a test's cassette is."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead.pytest_plugin.naming import place
from tests.pytest_plugin.conftest import ONE, Suite


def test_every_test_has_a_file_of_its_own(suite: Suite) -> None:
    """Classes, parameters, unicode and long ids neither collide nor break a file system."""
    suite.write(
        "sub/test_a.py",
        """
@pytest.mark.playhead
class TestA:
    def test_a(self, playhead, playhead_stub):
        ask(playhead, playhead_stub)

    class TestB:
        @pytest.mark.parametrize("x", ["a/b", "a-b", "A-b", "\u00e9", "x" * 400, "..", "CON", ""])
        def test_a(self, playhead, playhead_stub, x):
            ask(playhead, playhead_stub)
""",
    )
    suite.run("--playhead-record").assert_outcomes(passed=9)
    names = [Path(name) for name in suite.cassettes()]
    assert len({str(name).lower() for name in names}) == 9
    assert {str(name.parent) for name in names} == {"sub/cassettes/test_a"}
    assert all(len(name.name.encode()) <= 100 for name in names)
    suite.run().assert_outcomes(passed=9)


def test_names_by_hand_are_below_the_folder(suite: Suite) -> None:
    """A marker names its cassette, in a folder below, as text where the name says so."""
    suite.write("test_a.py", ONE.replace("mark.playhead", "mark.playhead(cassette='shop/greeting.cassette.json')"))
    suite.run("--playhead-record").assert_outcomes(passed=1)
    assert (suite.path / "cassettes/shop/greeting.cassette.json").read_text().startswith("{")
    suite.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("name", ["../../outside", "/elsewhere/x.cassette"])
def test_a_cassette_outside_the_root_is_refused(suite: Suite, name: str) -> None:
    """The run ends before a test does, and says what to do."""
    suite.write("test_a.py", ONE.replace("mark.playhead", f"mark.playhead(cassette={name!r})"))
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{name}* leads to *outside of*", "hint: *playhead_cassette_dir"])


def test_a_folder_of_the_projects_own_may_be_anywhere(tmp_path: Path) -> None:
    """What a project's fixture names is the project's choice; a name may not lead out of it."""
    assert place(tmp_path / "far", "a", tmp_path / "root", "t") == tmp_path / "far" / "a.cassette"
    with pytest.raises(pytest.UsageError):
        place(tmp_path / "far", "../a", tmp_path / "root", "t")
    with pytest.raises(pytest.UsageError):
        place(tmp_path / "far", "../root-beside/a", tmp_path / "root", "t")


def test_classes_and_modules_have_cassettes_of_their_names(suite: Suite) -> None:
    """A shared session without a name has that of its scope."""
    suite.write(
        "test_a.py",
        """
@pytest.mark.playhead(scope="class")
class TestA:
    def test_a(self, playhead, playhead_stub):
        ask(playhead, playhead_stub, "a")

    def test_b(self, playhead, playhead_stub):
        ask(playhead, playhead_stub, "b")

@pytest.mark.playhead(scope="module")
def test_c(playhead, playhead_stub):
    ask(playhead, playhead_stub)
""",
    )
    suite.run("--playhead-record").assert_outcomes(passed=3)
    assert len(suite.cassettes()) == 2
    suite.run("--playhead-strict").assert_outcomes(passed=3)
