"""The plugin as a whole: what a user's run does."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.pytest_plugin.conftest import ONE, PLUGIN, Suite

LOADING = """
import sys, time, pytest, _pytest.config
for name in _pytest.config.default_plugins:
    __import__("_pytest." + name)
before = set(sys.modules)
start = time.process_time()
import playhead.pytest_plugin.plugin
print((time.process_time() - start) * 1000)
print(*sorted(set(sys.modules) - before))
"""


def test_the_plugin_loads_quickly_and_brings_nobody_along() -> None:
    """Loading costs at most 25 ms and imports no third party, whatever the machine has installed."""
    spent: list[float] = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True)
        milliseconds, modules = done.stdout.splitlines()
        spent.append(float(milliseconds))
        foreign = {name.partition(".")[0] for name in modules.split()} - set(sys.stdlib_module_names) - {"playhead"}
        assert not foreign
    # Without cached bytecode (PYTHONDONTWRITEBYTECODE) each start compiles; that is Python's time and 4 times as much.
    assert min(spent) <= (25 if not sys.dont_write_bytecode else 100)


def test_a_run_without_the_marker_is_left_alone(suite: Suite) -> None:
    """A suite that uses nothing of the plugin sees nothing of it."""
    suite.write("test_a.py", "def test_a():\n    assert True\n")
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*playhead*")


def test_replay_is_the_default_and_records_nothing(suite: Suite) -> None:
    """Without an act a missing call fails the test, says why and how to record it, and leaves no file."""
    suite.write("test_a.py", ONE)
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*nothing recorded matches this call*", "*pytest --playhead-record *test_a.py::test_one*"]
    )
    assert suite.cassettes() == {}


def test_a_refusal_ends_where_the_code_made_the_call(suite: Suite) -> None:
    """The traceback holds no frame of ours."""
    suite.write("test_a.py", ONE)
    assert "playhead/sessions" not in suite.run().stdout.str()


def test_what_was_recorded_is_replayed(recorded: Suite) -> None:
    """A recorded test passes again, and the file is not touched."""
    before = recorded.cassettes()
    recorded.run().assert_outcomes(passed=1)
    assert recorded.cassettes() == before


def test_a_mode_that_may_go_out_is_said_at_the_top(recorded: Suite) -> None:
    """Whoever reads the log of a run sees that it was no replay."""
    recorded.run("--playhead-mode=live").stdout.fnmatch_lines(["playhead: mode live"])
    recorded.run().stdout.no_fnmatch_line("playhead: mode*")


def test_markers_are_declared(suite: Suite) -> None:
    """``--strict-markers`` knows them, and ``--markers`` lists the arguments."""
    suite.write("test_a.py", "@pytest.mark.playhead\n@pytest.mark.playhead_block_network\ndef test_a(): pass\n")
    suite.run("--strict-markers").assert_outcomes(passed=1)
    suite.run("--markers").stdout.fnmatch_lines(["@pytest.mark.playhead(cassette,*scope*)*"])


@pytest.mark.parametrize(
    ("plugin", "options", "test"),
    [
        ("pytest_asyncio.plugin", ("--asyncio-mode=auto",), "async def test_a(playhead):"),
        ("anyio.pytest_plugin", (), "@pytest.mark.anyio\nasync def test_a(playhead):"),
    ],
)
def test_async_tests_have_their_session(suite: Suite, plugin: str, options: tuple[str, ...], test: str) -> None:
    """Calls awaited in a test of pytest-asyncio or anyio are in its session, also over HTTP clients."""
    suite.write(
        "test_a.py",
        f"""
class Answers:
    async def complete(self, request):
        return library.Completion("hi", provider="p", model="m")

@pytest.fixture
def anyio_backend():
    return "asyncio"

{test}
    provider = playhead.wrap(Answers(), name="p")
    assert (await provider.complete(CompletionRequest("a"))).text == "hi"
""",
    )
    suite.run_apart("-p", plugin, *options, "--playhead-record").assert_outcomes(passed=1)
    assert len(suite.cassettes()) == 1
    suite.run_apart("-p", plugin, *options).assert_outcomes(passed=1)


def test_a_random_order_changes_nothing(suite: Suite) -> None:
    """Under pytest-randomly the report is the same whatever the order."""
    each = "@pytest.mark.parametrize('n', range(5))"
    suite.write("test_a.py", each + ONE.replace("test_one(", "test_one(n, "))
    suite.run("--playhead-record").assert_outcomes(passed=5)
    reports = [
        suite.report("-p", "pytest_randomly", "-p", "no:xdist", f"--randomly-seed={seed}", run=suite.run_apart)
        for seed in (1, 2)
    ]
    assert reports[0] == reports[1]
    assert reports[0]["totals"]["tests"]["replayed"] == 5


def test_the_header_of_help_names_every_option(suite: Suite) -> None:
    """Every option is in ``--help``."""
    shown = suite.run("--help").stdout.str()
    for option in ("mode", "record", "strict", "report", "orphans", "mutate", "block-network", "allowed-hosts"):
        assert f"--playhead-{option}" in shown


def test_last_failed_runs_are_partial_and_right(suite: Suite) -> None:
    """``-x`` and ``--lf`` run fewer tests; nobody is blamed for what the others did not play."""
    suite.write("test_a.py", ONE + "\n\ndef test_two():\n    raise ValueError\n\n\ndef test_three():\n    pass\n")
    suite.run("--playhead-record").assert_outcomes(passed=2, failed=1)
    result = suite.pytester.runpytest_subprocess("-p", PLUGIN, "-x", "--playhead-orphans")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["orphans were not looked for: the run was cut short"])
    result = suite.pytester.runpytest_subprocess("-p", PLUGIN, "--lf", "--playhead-orphans")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["orphans were not looked for: *"])
