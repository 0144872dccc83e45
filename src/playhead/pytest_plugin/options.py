"""
What a run is told: on the command line, in the environment, in ``pyproject.toml``.

The one table below makes the options, the variables, the keys of the file and the page that documents them. The first
two are acts and win over the file; what a test says of itself (``wishes.py``) is weighed against the result.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from playhead.core.hosts import checked_hosts
from playhead.core.modes import Mode, parse_mode
from playhead.errors import UsageError

TABLE_NAME = "tool.playhead"
ELSEWHERE = ("vcr-backend", "plugins")
"""Keys of the file that are read elsewhere: by the plugin beside this one, ``pytest_vcr``, and by ``plugins``."""

EXPIRED = ("warn", "fail", "record")
"""What to do about a cassette that is older than its ``max_age``."""


class Option(NamedTuple):
    """
    One setting of a run.

    Attributes:
        name: Its key in the file; the option and the variable are made from it.
        read: Makes the value, or raises ``UsageError``.
        meaning: A line of help.
        flag: Whether the option takes no value.
        places: Where it can be set: of ``option``, ``variable`` and ``file``.
        metavar: What help shows for the value.
        default: The value where nothing is said.
        repeated: Whether the option may be given several times, and then has a list of values.
    """

    name: str
    read: Callable[[str, Any], Any]
    meaning: str
    flag: bool = False
    places: tuple[str, ...] = ("option", "variable", "file")
    metavar: str | None = None
    default: Any = None
    repeated: bool = False

    @property
    def option(self) -> str:
        """The command line's word."""
        return f"--playhead-{self.name}"

    @property
    def variable(self) -> str:
        """The environment's word."""
        return f"PLAYHEAD_{self.dest.upper()}"

    @property
    def dest(self) -> str:
        """The name as Python writes it."""
        return self.name.replace("-", "_")


def _mode(_: str, value: Any) -> Mode:
    if not isinstance(value, str):
        raise UsageError(f"{value!r} is no mode", hint=f"one of {', '.join(mode.value for mode in Mode)}")
    return parse_mode(value)


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _truth(name: str, value: Any) -> bool:
    known = value if isinstance(value, bool) else _WORDS.get(str(value).strip().lower())
    if known is None:
        raise UsageError(f"{name} must be true or false, got {value!r}")
    return known


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError(f"{name} must be a text, got {value!r}")
    return value


def _hosts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [host.strip() for host in value.split(",") if host.strip()]
    return checked_hosts(name, value)


def _days(_: str, value: Any) -> int:
    return parse_age(value)


_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def _variables(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    found = [_VARIABLE.fullmatch(one) for one in value]
    # What was given is not shown: it may be a key.
    pairs = tuple((one[1], one[2]) for one in found if one is not None)
    if len(pairs) != len(found):
        raise UsageError(f"{name} must be a variable's name and its value: KEY=VALUE")
    return pairs


def _expired(name: str, value: Any) -> str:
    if value not in EXPIRED:
        raise UsageError(f"{name} must be one of {', '.join(EXPIRED)}, got {value!r}")
    return cast("str", value)


def parse_age(value: Any) -> int:
    """
    Read an age as days: ``"30d"``, ``"4w"``, or a number of days.

    Raises:
        UsageError: It is something else.
    """
    if type(value) is int and value > 0:
        return value
    text = value.strip().lower() if isinstance(value, str) else ""
    unit = {"d": 1, "w": 7, "y": 365}.get(text[-1:])
    if unit is None or not text[:-1].isdigit() or int(text[:-1]) == 0:
        raise UsageError(f"{value!r} is no age", hint="days or weeks: max_age='30d', max_age='4w'")
    return int(text[:-1]) * unit


OPTIONS: tuple[Option, ...] = (
    Option("mode", _mode, "What sessions do with calls.", metavar="MODE", default=Mode.REPLAY),
    Option(
        "record",
        _truth,
        "Record what is missing: short for the mode record-missing.",
        flag=True,
        places=("option",),
        default=False,
    ),
    Option(
        "strict",
        _truth,
        "Fail tests that leave recorded calls unplayed.",
        flag=True,
        default=False,
    ),
    Option("report", _text, "Write what was played, recorded and refused to a JSON file.", metavar="FILE"),
    Option(
        "orphans",
        _truth,
        "After a run of the whole suite, list cassettes that no test claims; 'playhead prune' removes them.",
        flag=True,
        default=False,
    ),
    Option(
        "mutate",
        _truth,
        "Change each field of each request that is played and tell which changes the recordings would not notice.",
        flag=True,
        default=False,
    ),
    Option("block-network", _truth, "Shut the network for tests without a cassette too.", flag=True, default=False),
    Option(
        "allowed-hosts",
        _hosts,
        "Hosts that may be reached while the network is shut: name, name:port or *.name, with commas between.",
        metavar="HOSTS",
        default=(),
    ),
    Option(
        "ignore-hosts",
        _hosts,
        "Hosts whose traffic sessions let pass by: neither recorded nor refused.",
        places=("variable", "file"),
        default=(),
    ),
    Option("max-age", _days, "Age from which a cassette is expired: 30d, 4w.", places=("variable", "file")),
    Option(
        "expired",
        _expired,
        "What to do about an expired cassette: warn, fail, or record (in a mode that records).",
        places=("variable", "file"),
        default="warn",
    ),
    Option(
        "env",
        _variables,
        "Set a variable of the environment for the run; may be given several times.",
        places=("option",),
        metavar="KEY=VALUE",
        default=(),
        repeated=True,
    ),
)


class Run(NamedTuple):
    """
    What a run was told.

    Attributes:
        mode: What sessions do with calls.
        strict: Whether tests fail that leave recorded calls unplayed.
        strict_act: Whether that was said by an act, which no test can take back.
        report: Where the report goes.
        orphans: Whether to list cassettes that no test claims.
        mutate: Whether to test the sensitivity of the matching.
        block_network: Whether the network is shut for tests without a cassette.
        allowed_hosts: Hosts that may be reached.
        ignore_hosts: Hosts whose traffic passes by.
        max_age: Days from which a cassette is expired.
        expired: What to do about it.
        root: The root folder of the run.
        env: Variables of the environment that are set for the run.
    """

    mode: Mode
    strict: bool
    strict_act: bool
    report: str | None
    orphans: bool
    mutate: bool
    block_network: bool
    allowed_hosts: tuple[str, ...]
    ignore_hosts: tuple[str, ...]
    max_age: int | None
    expired: str
    root: Path
    env: tuple[tuple[str, str], ...] = ()


def add_options(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("playhead", "record and replay of AI model calls")
    for option in OPTIONS:
        if "option" not in option.places:
            continue
        if option.flag:
            group.addoption(
                option.option, action="store_true", default=None, dest=f"playhead_{option.dest}", help=option.meaning
            )
        else:
            words = f" One of {', '.join(mode.value for mode in Mode)}." if option.name == "mode" else ""
            group.addoption(
                option.option,
                action="append" if option.repeated else "store",
                default=None,
                metavar=option.metavar,
                dest=f"playhead_{option.dest}",
                help=option.meaning + words,
            )


def resolve(given: Mapping[str, Any], environment: Mapping[str, str], table: Mapping[str, Any], root: Path) -> Run:
    """
    Weigh what the command line, the environment and the file say.

    Args:
        given: The command line's values by name; ``None`` where an option was not given.
        environment: The variables.
        table: What ``pyproject.toml`` says under ``[tool.playhead]``.
        root: The root folder.

    Raises:
        UsageError: A value or a key of the file is unknown, or options contradict each other.
    """
    known = [option.name for option in OPTIONS if "file" in option.places]
    unknown = sorted(key for key in table if key.replace("_", "-") not in (*known, *ELSEWHERE))
    if unknown:
        raise UsageError(f"[{TABLE_NAME}] has no setting {unknown[0]!r}", hint=f"one of {', '.join(known)}")
    in_file = {key.replace("-", "_"): value for key, value in table.items()}
    values: dict[str, Any] = {}
    acts: set[str] = set()
    for option in OPTIONS:
        place, word, raw = _said(option, given, environment, in_file)
        values[option.dest] = option.default if place is None else option.read(word, raw)
        if place in ("option", "variable"):
            acts.add(option.dest)
    if values.pop("record"):
        if given.get("mode") is not None and values["mode"] is not Mode.RECORD_MISSING:
            raise UsageError(
                f"--playhead-record and --playhead-mode={values['mode'].value} contradict each other",
                hint="--playhead-record is short for --playhead-mode=record-missing; give one of them",
            )
        values["mode"] = Mode.RECORD_MISSING
    return Run(**values, strict_act="strict" in acts, root=root)


def _said(
    option: Option, given: Mapping[str, Any], environment: Mapping[str, str], in_file: Mapping[str, Any]
) -> tuple[str | None, str, Any]:
    """Give which place says a setting, under which word, and what it says; the nearest to the act of running wins."""
    if "option" in option.places and given.get(option.dest) is not None:
        return "option", option.option, given[option.dest]
    if "variable" in option.places and environment.get(option.variable):
        return "variable", option.variable, environment[option.variable]
    if "file" in option.places and option.dest in in_file:
        return "file", f"[{TABLE_NAME}] {option.name}", in_file[option.dest]
    return None, "", None


def read_table(root: Path) -> dict[str, Any]:
    """
    Give what ``pyproject.toml`` says under ``[tool.playhead]``.

    Raises:
        UsageError: The file is not TOML.
    """
    try:
        data = (root / "pyproject.toml").read_bytes()
    except OSError:
        return {}
    if b"playhead" not in data:
        return {}
    import tomllib  # 5 ms that most projects need not spend

    try:
        tool: dict[str, Any] = tomllib.loads(data.decode()).get("tool", {})
    except ValueError as error:
        raise UsageError(f"{root / 'pyproject.toml'} cannot be read: {error}") from error
    found: Any = tool.get("playhead", {})
    if not isinstance(found, dict):
        raise UsageError(f"[{TABLE_NAME}] must be a table, got {found!r}")
    return cast("dict[str, Any]", found)


def run_of(config: pytest.Config) -> Run:
    """
    Give what this run was told.

    Raises:
        pytest.UsageError: Something of it makes no sense.
    """
    given = {option.dest: config.getoption(f"playhead_{option.dest}", None) for option in _command_line()}
    try:
        set_variables(config, _variables("--playhead-env", given["env"] or ()))
        return resolve(given, os.environ, read_table(config.rootpath), config.rootpath)
    except UsageError as error:
        raise as_usage(error) from error


def set_variables(config: pytest.Config, variables: Iterable[tuple[str, str]]) -> None:
    """Set variables of the environment until the run's end, this process's and so those of what it starts."""
    for name, value in variables:
        before = os.environ.get(name)
        config.add_cleanup(partial(_put_back, name, before))
        os.environ[name] = value


def _put_back(name: str, before: str | None) -> None:
    if before is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = before


def _command_line() -> Iterable[Option]:
    return (option for option in OPTIONS if "option" in option.places)


def as_usage(error: Exception, where: str = "") -> pytest.UsageError:
    """Give an error of ours as the one pytest ends a run with."""
    return pytest.UsageError(f"{where}: {error}" if where else str(error))
