"""The fixtures, and what a project may override."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import ONE, Suite

OVERRIDES = """
import pathlib

@pytest.fixture
def playhead_cassette_dir(tmp_path_factory):
    return pathlib.Path(__file__).parent / "tapes"

@pytest.fixture
def playhead_cassette_name(request):
    return f"own-{request.node.name}"

@pytest.fixture(scope="session")
def playhead_settings():
    return {"takes": "repeat-last"}

@pytest.fixture(scope="session")
def playhead_redactor():
    return library.Redactor(shapes=["codename [a-z]+"])

@pytest.fixture(scope="session")
def playhead_matching():
    return library.Matching(volatile=["uuid"])

@pytest.mark.playhead
def test_a(playhead, playhead_stub):
    ask(playhead, playhead_stub, "codename falcon 7b7d1e9e-8a43-4a26-9d0c-6a7bd7b5f5a1")
    assert playhead.options.takes == "repeat-last"
    assert playhead.matching.volatile == ("uuid",)
"""


def test_each_part_can_be_overridden(suite: Suite) -> None:
    """Folder, name, settings, redaction and matching."""
    suite.write("test_a.py", OVERRIDES)
    suite.run("--playhead-record").assert_outcomes(passed=1)
    assert set(suite.cassettes()) == {"tapes/own-test_a.cassette"}
    suite.write("test_a.py", OVERRIDES.replace("7b7d1e9e", "11111111"))
    suite.run().assert_outcomes(passed=1)


def test_a_conftest_overrides_for_its_folder_alone(suite: Suite) -> None:
    """As pytest's own rules say."""
    suite.write(
        "sub/conftest.py", "import pytest\n@pytest.fixture\ndef playhead_cassette_name(): return 'ours'\n", head=""
    )
    suite.write("sub/test_a.py", ONE)
    suite.write("test_b.py", ONE)
    suite.run("--playhead-record").assert_outcomes(passed=2)
    assert set(suite.cassettes()) == {"sub/cassettes/ours.cassette", "cassettes/test_b/test_one.cassette"}


def test_an_unknown_setting_ends_the_test_with_the_known_ones(suite: Suite) -> None:
    """The fixture's name is said."""
    suite.write("test_a.py", "@pytest.fixture(scope='session')\ndef playhead_settings(): return {'take': 1}\n" + ONE)
    result = suite.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*playhead_settings has no setting 'take'*"])


def test_the_fixture_needs_no_marker(suite: Suite) -> None:
    """Asking for the session is enough, and so is ``usefixtures``."""
    suite.write("test_a.py", ONE.replace("@pytest.mark.playhead", "@pytest.mark.usefixtures('playhead')"))
    suite.run("--playhead-record").assert_outcomes(passed=1)
    assert set(suite.cassettes()) == {"cassettes/test_a/test_one.cassette"}


@pytest.mark.parametrize("marker", ["@pytest.mark.playhead", ""])
def test_providers_at_hand(suite: Suite, marker: str) -> None:
    """A stub that echoes, one that goes round, and the way to wrap one's own."""
    suite.write(
        "test_a.py",
        f"""
{marker}
def test_a(playhead_provider, playhead_stub, playhead_cycling_stub):
    echo = playhead_provider(playhead_stub, name="echo")
    assert "x" in echo.complete(CompletionRequest("x")).text
    around = playhead_provider(playhead_cycling_stub, name="around")
    assert len({{around.complete(CompletionRequest("x")).text for _ in range(6)}}) == 3
""",
    )
    suite.run("--playhead-record").assert_outcomes(passed=1)
    suite.run("--playhead-strict").assert_outcomes(passed=1)


def test_a_unittest_case_may_be_marked(suite: Suite) -> None:
    """Under pytest the marker serves ``unittest.TestCase`` too: calls of HTTP clients are in its session."""
    suite.write(
        "test_a.py",
        """
import unittest
from playhead.sessions import routing

@pytest.mark.playhead
class TestA(unittest.TestCase):
    def test_a(self):
        session = routing.current()
        session.wrap(library.StubInferenceProvider(), name="s").complete(CompletionRequest("x"))
""",
    )
    suite.run("--playhead-record").assert_outcomes(passed=1)
    assert len(suite.cassettes()) == 1
    suite.run().assert_outcomes(passed=1)
