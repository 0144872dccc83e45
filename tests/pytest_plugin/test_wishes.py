"""What a marker may say."""

from __future__ import annotations

from typing import Any

import pytest

from playhead.core.modes import Mode
from playhead.errors import UsageError
from playhead.pytest_plugin.wishes import narrowed, read_marks
from tests.pytest_plugin.conftest import ONE, Suite


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("casette='x'", "no argument 'casette'"),
        ("'x'", "takes no 'x'"),
        ("mode='rekord'", "'rekord'"),
        ("mode=1", "1 is no mode"),
        ("strict=1", "strict must be True or False"),
        ("takes='all'", "'all'"),
        ("matching=3", "matching must be"),
        ("matching={'volatil': True}", "volatil"),
        ("max_age='soon'", "'soon' is no age"),
        ("expired='ignore'", "expired must be one of warn, fail, record"),
        ("scope='package'", "scope must be one of"),
        ("scope='session'", "needs a name"),
        ("pass_rate=0.5", "pass_rate counts takes"),
        ("seed=True", "seed must be an int, got True"),
        ("inject='reset'", "inject must be a list of faults"),
        ("inject=['flood']", "unknown fault 'flood'"),
        ("inject=[{'kind': 'reset', 'at': 0}]", "calls are counted from 1, got 0"),
        ("pass_rate=2, each_take=True", "pass_rate must be"),
        ("each_take=-1", "each_take must be"),
        ("each_take=True, scope='module'", "exclude each other"),
        ("cassette=''", "cassette must be a name"),
        ("allowed_hosts='localhost'", "allowed_hosts"),
    ],
)
def test_an_argument_that_makes_no_sense_ends_the_run(suite: Suite, argument: str, says: str) -> None:
    """Before any test runs, naming the test and what is wrong."""
    suite.write("test_a.py", ONE.replace("mark.playhead", f"mark.playhead({argument})"))
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    shown = result.stderr.str()
    assert says in shown
    assert "test_a.py::test_one" in shown
    result.assert_outcomes()


def test_the_nearest_marker_wins_argument_by_argument() -> None:
    """A test's marker adds to its module's."""
    wish = read_marks([((), {"strict": False}), ((), {"strict": True, "cassette": "shared"})])
    assert (wish.strict, wish.cassette) == (False, "shared")


def test_positions_and_unknown_names_are_refused() -> None:
    """The error says which names there are."""
    with pytest.raises(UsageError) as caught:
        read_marks([((), {"name": "x"})])
    assert "cassette" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("run", "wish", "mode"),
    [
        (Mode.RECORD, Mode.REPLAY, Mode.REPLAY),
        (Mode.REPLAY, Mode.RECORD, Mode.REPLAY),
        (Mode.RECORD, Mode.ONCE, Mode.ONCE),
        (Mode.ONCE, Mode.RECORD, Mode.ONCE),
        (Mode.RECORD_MISSING, None, Mode.RECORD_MISSING),
        (Mode.LIVE, Mode.RECORD, Mode.LIVE),
        (Mode.RECORD, Mode.LIVE, Mode.LIVE),
        (Mode.REPLAY, Mode.LIVE, Mode.REPLAY),
    ],
)
def test_a_marker_only_narrows(run: Mode, wish: Any, mode: Mode) -> None:
    """No marker makes a run record or go out that was not told to."""
    assert narrowed(run, wish) is mode


def test_a_test_marked_replay_is_never_recorded(suite: Suite) -> None:
    """Whatever the command line says."""
    suite.write("test_a.py", ONE.replace("mark.playhead", "mark.playhead(mode='replay')"))
    suite.run("--playhead-mode=record").assert_outcomes(failed=1)
    assert suite.cassettes() == {}


def test_the_network_marker_takes_hosts_alone(suite: Suite) -> None:
    """Another argument ends the run."""
    suite.write("test_a.py", "@pytest.mark.playhead_block_network('x')\ndef test_a(): pass\n")
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*takes allowed_hosts= alone*"])
