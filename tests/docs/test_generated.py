"""What the pages take from the code is what the code says, and nothing of it is left out."""

from __future__ import annotations

import re
from pathlib import Path

import click
import msgspec
import pytest

import playhead
from playhead import errors
from playhead.cli import main
from playhead.cli.exit_codes import ExitCode
from playhead.cli.group import COMMANDS
from playhead.core.modes import Mode
from playhead.engine.ledger import Report
from playhead.engine.takes import Takes
from playhead.harness.golden_requests import _Line
from playhead.sessions.settings import SECRET_SUFFIXES, SessionOptions
from tests.docs import generated
from tests.docs.blocks import pages

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = pages(ROOT)


def _text(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_up_to_date(page: Path) -> None:
    """Every table between markers is the one that would be written now; if not: ``python -m tests.docs.generated``."""
    text = page.read_text(encoding="utf-8")
    assert generated.filled(text) == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_marker_is_a_pair_that_is_filled(page: Path) -> None:
    """A marker that is misspelt would leave its table to grow old."""
    text = page.read_text(encoding="utf-8")
    starts = re.findall(r"<!-- ((?:table|bench):\S+)", text)
    assert starts == [found[1] for found in generated.MARKED.findall(text)]


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_is_in_the_table(mode: Mode) -> None:
    """The page of modes has a row for each."""
    assert f"\n| `{mode.value}` |" in _text("modes.md")


@pytest.mark.parametrize("policy", Takes)
def test_every_policy_is_on_its_page(policy: Takes) -> None:
    """The page of policies has a row for each."""
    assert f"\n| `{policy.value}`" in _text("takes.md")


def test_every_public_name_has_its_line() -> None:
    """The page of names holds all of ``playhead.__all__``, once each, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| \S.*\.", _text("names.md"), flags=re.MULTILINE)
    assert sorted(rows) == sorted(playhead.__all__)


def test_every_error_is_in_the_tree() -> None:
    """The page of errors draws every class of ``playhead.errors`` below the one it derives from."""
    drawn = re.search(r"```text\n(PlayheadError.*?)```", _text("errors.md"), flags=re.DOTALL)
    assert drawn is not None
    above: list[str] = []
    found: dict[str, str] = {}
    for line in drawn.group(1).splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        above = [*above[:depth], name]
        found[name] = above[depth - 1] if depth else "Exception"
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.PlayheadError)]
    assert found == {one.__name__: one.__bases__[0].__name__ for one in classes}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    """The page of the command line has a section for each command that names each of its long options."""
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", _text("command-line.md"), flags=re.MULTILINE | re.DOTALL)
    assert section is not None
    command = main.get_command(click.Context(main), name)
    assert command is not None
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}`" not in section.group(1)] == []


@pytest.mark.parametrize("option", [option for parameter in main.params for option in parameter.opts])
def test_every_option_of_the_program_is_documented(option: str) -> None:
    """So have the options before the command."""
    assert option in _text("command-line.md")


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    """The page of the command line has a row for each."""
    assert f"\n| {int(code)} |" in _text("command-line.md")


@pytest.mark.parametrize("field", _Line.__struct_fields__)
def test_every_field_of_a_request_line_is_documented(field: str) -> None:
    """What a line of a file of requests may hold stands in the table."""
    assert re.search(rf"^\| .*`{field}`", _text("command-line.md"), flags=re.MULTILINE)


@pytest.mark.parametrize("field", msgspec.structs.fields(SessionOptions), ids=lambda field: field.name)
def test_every_option_of_a_session_is_documented(field: msgspec.structs.FieldInfo) -> None:
    """The page of settings has a row with words for each."""
    assert re.search(rf"^\| `{field.name}` \| \S.* \| \S.* \|$", _text("settings.md"), flags=re.MULTILINE)


@pytest.mark.parametrize("field", Report.__struct_fields__)
def test_every_number_of_a_report_is_documented(field: str) -> None:
    """The page of settings names each."""
    assert f"`{field}`" in _text("settings.md")


def test_every_environment_variable_is_documented() -> None:
    """What the sources read of ours, and by whose endings secrets are known, stands on the page of settings."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r'"(PLAYHEAD_[A-Z_]+|NO_COLOR|PYTEST_CURRENT_TEST)"', sources))
    written = _text("settings.md")
    # The codes of errors are words of the same form.
    codes = {cls.default_code for _, cls in generated._tree(errors.PlayheadError)}
    assert [name for name in sorted(read - codes) if f"`{name}`" not in written] == []
    assert all(f"`{suffix}`" in written for suffix in SECRET_SUFFIXES)


def test_figures_come_from_the_last_benchmark_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there was a run its figures are shown with the machine and the verdict; where there was none, nothing."""
    place = tmp_path / "latest.json"
    monkeypatch.setattr(generated, "LATEST", place)
    marked = "<!-- bench:summary -->\n<!-- /bench:summary -->"
    assert generated.filled(marked) == marked
    bars = [{"state": state} for state in ("met", "met", "NOT MET", "not judged")]
    row = {"case": "N = 1,000", "contender": "vcrpy YAML", "unit": "us", "median": 1425.0}
    skipped = {"case": "N = 1,000", "contender": "cassetter", "unit": "us", "skipped": "takes minutes"}
    measures = [{"name": "wire_replaying", "rows": [row, skipped, {**row, "case": "N = 1", "contender": "Playhead"}]}]
    document = {"machine": {"cpu": "two cores"}, "bars": bars, "measures": measures}
    place.write_bytes(msgspec.json.encode(document))
    assert "| replay one call of 1,000 |  | 1.43 ms |  |  |" in generated.filled(marked)
    assert "2 are met and 1 are not" in generated.filled(marked)
    assert "two cores" in generated.filled(marked)
