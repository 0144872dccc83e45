"""The end of a run: what its processes know, put together."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import ONE, Suite


def test_the_report_says_what_the_summary_says(recorded: Suite) -> None:
    """Written where it is asked for, also into a folder that is not there yet."""
    result = recorded.run("--playhead-report=out/report.json")
    result.stdout.fnmatch_lines(["1 test replayed", "1 call replayed", "report: out/report.json"])
    assert (recorded.path / "out/report.json").read_text().startswith("{")


def test_a_report_that_cannot_be_written_ends_the_run_with_an_error(recorded: Suite) -> None:
    """It is never left out in silence."""
    (recorded.path / "out").write_text("")
    result = recorded.run("--playhead-report=out/report.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "cannot be written" in result.stderr.str() + result.stdout.str()


def test_live_calls_are_counted(suite: Suite) -> None:
    """And store nothing."""
    suite.write("test_a.py", ONE)
    result = suite.run("--playhead-mode=live")
    result.stdout.fnmatch_lines(["1 test live", "1 call live"])
    assert suite.cassettes() == {}


def test_tokens_money_and_time_that_were_not_spent(suite: Suite) -> None:
    """By the answers that were played."""
    suite.write("test_a.py", "@pytest.mark.playhead\ndef test_a(playhead):\n    ask(playhead, Live())\n")
    suite.run("--playhead-record").stdout.no_fnmatch_line("not spent*")
    pytest.importorskip("genai_prices", reason="the extra `prices` is not installed")
    report = suite.report()
    assert report["totals"]["calls"]["tokens_saved"] == 1500
    # gpt-4o-mini: 0.15 and 0.60 US dollars a million tokens.
    assert report["totals"]["cost_usd"] == "0.00045"
    suite.run().stdout.fnmatch_lines(["not spent: 1,500 tokens, * s, $0.00045"])
