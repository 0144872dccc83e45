"""The command group: fast help, errors without tracebacks, one exit code for each ending."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import playhead
from playhead import CassetteDamaged, cli
from playhead.cli import group
from playhead.cli.exit_codes import MEANINGS
from playhead.cli.group import COMMANDS
from tests.cli.conftest import SOURCES, Run, Start


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make ``playhead ls`` raise."""

    @click.command("ls")
    def command() -> None:
        raise error

    monkeypatch.setattr(sys.modules.get("playhead.cli.ls") or __import__("playhead.cli.ls").cli.ls, "command", command)


def test_help_names_every_command_and_every_exit_code(run: Run) -> None:
    """Who asks for help sees what there is and what the numbers mean."""
    result = run("--help")
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.output
    for code, meaning in MEANINGS.items():
        assert str(code.value) in result.output
        assert " ".join(meaning.split()[:4]) in result.output


def test_help_loads_nothing_heavy() -> None:
    """Help must not wait for an HTTP client, a table library or the commands themselves."""
    code = (
        "import sys; from playhead.cli import main; main(['--help'], standalone_mode=False); "
        "heavy = {'rich', 'httpx', 'zstandard', 'msgspec', 'filelock', 'playhead.cli.demo'} & set(sys.modules); "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_has_help(run: Run, name: str) -> None:
    """The table and the modules agree, and each command explains itself."""
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert f"playhead {name}" in result.output or f"main {name}" in result.output


@pytest.mark.parametrize("name", ["verify", "scan", "ls", "show", "stats", "convert", "recover", "replay"])
def test_reading_commands_load_no_http_client(name: str) -> None:
    """What only reads files starts without the network's libraries."""
    code = (
        f"import sys, playhead.cli.{name}; heavy = {{'rich', 'httpx', 'stamina'}} & set(sys.modules); "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_told(run: Run) -> None:
    """``--version`` gives the package's own."""
    assert run("--version").output == f"playhead, version {playhead.__version__}\n"


def test_the_entry_point_is_this_group() -> None:
    """The script that is installed runs the group tested here."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["scripts"]["playhead"] == "playhead.cli:main"
    assert isinstance(cli.main, group.CommandGroup)


def test_the_module_can_be_run(start: Start) -> None:
    """``python -m playhead`` is the same, for who has no script on the path."""
    process = start("--version")
    assert process.communicate(timeout=30) == (f"playhead, version {playhead.__version__}\n", "")
    assert process.returncode == 0


def test_an_unknown_command_is_a_usage_error(run: Run) -> None:
    """A slip of the fingers ends with 2."""
    result = run("recrod")
    assert result.exit_code == 2
    assert "No such command 'recrod'" in result.output


def test_an_error_of_ours_is_shown_with_its_hint_and_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """People see what is wrong and what to do next, on standard error."""
    fail_with(monkeypatch, CassetteDamaged("a checksum does not hold", path="x.cassette", hint="run recover"))
    result = run("ls")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr == "error: cassette 'x.cassette': a checksum does not hold\nhint: run recover\n"


def test_an_error_without_a_hint_has_no_hint_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No empty advice is given."""
    fail_with(monkeypatch, CassetteDamaged("broken"))
    assert run("ls").stderr == "error: broken\n"


def test_debugging_shows_the_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With PLAYHEAD_DEBUG=1 an error of ours travels on."""
    monkeypatch.setenv("PLAYHEAD_DEBUG", "1")
    fail_with(monkeypatch, CassetteDamaged("broken"))
    with pytest.raises(CassetteDamaged):
        run("ls")


def test_an_unexpected_error_is_not_hidden(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours must not look like one of the user's."""
    fail_with(monkeypatch, ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError):
        run("ls")


def test_an_interruption_ends_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is told in a word and by the number shells use."""
    fail_with(monkeypatch, KeyboardInterrupt())
    result = run("ls")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_a_reader_that_goes_away_ends_the_command_quietly(start: Start, golden: Path) -> None:
    """``playhead show ... | head`` prints no traceback."""
    process = start("show", golden, "--raw")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), said) == (141, "")


def test_no_colour_is_left_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR is obeyed, as https://no-color.org asks."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert group.paint("x", fg="red") != "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert group.paint("x", fg="red") == "x"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_text_that_the_output_cannot_hold_is_no_fault(start: Start, tmp_path: Path, encoding: str) -> None:
    """Recorded text with lone surrogates and emoji is printed whatever the output's encoding."""
    with playhead.use_cassette(tmp_path / "odd.cassette", mode="record") as session:
        provider = session.wrap(playhead.StubInferenceProvider("begin \ud800 \U0001f600 end"))
        provider.complete(playhead.CompletionRequest("a"))
    process = start("show", tmp_path / "odd.cassette", PYTHONIOENCODING=encoding)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    (line,) = (line for line in out.splitlines() if "begin" in line)
    assert line.endswith("end")
