"""Opening the session of a test, and reading off it what it came to. Loaded when the first test needs one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from playhead.core.modes import Mode
from playhead.core.redaction import Redactor
from playhead.engine.ledger import Report
from playhead.errors import NotACassette, RecordingError, UsageError
from playhead.pytest_plugin.expiry import age_of
from playhead.pytest_plugin.facts import COUNTS, CassetteFacts, RefusalFacts, shown
from playhead.pytest_plugin.options import Run, as_usage
from playhead.pytest_plugin.outcomes import fresh_refusals, times_of
from playhead.pytest_plugin.sessions import TestSession, options_from
from playhead.pytest_plugin.wishes import Wish, is_strict, narrowed
from playhead.sessions.settings import SessionOptions
from playhead.store.sealing import failed_path


class Opened(NamedTuple):
    """
    A session of a test, or of several.

    Attributes:
        session: The session.
        scope: Whose it is.
        strict: Whether unplayed calls are a failure.
        expired: The cassette's age in days where it is older than it may be.
        expiry: What to do about it.
    """

    session: TestSession
    scope: str
    strict: bool
    expired: int | None
    expiry: str


def open_session(
    test: str,
    path: Path,
    run: Run,
    wish: Wish,
    *,
    settings: Mapping[str, Any],
    redactor: Redactor | None,
    matching: Any,
    take: int | None,
) -> Opened:
    """
    Open the cassette of a test.

    Args:
        test: The test's id.
        path: The cassette.
        run: What the run was told.
        wish: What the test says.
        settings: What the project's fixture says.
        redactor: The project's rules.
        matching: The project's rules, which give way to the test's.
        take: The take to play, where the test is run once a take.

    Raises:
        pytest.UsageError: A setting makes no sense, or the folder cannot be written to.
        CassetteError: The file exists and cannot be read.
    """
    try:
        given = options_from(settings)
        mode = narrowed(narrowed(run.mode, wish.mode), _mode_in(given))
        strict = is_strict(run, wish.strict, given.get("strict"))
        options = SessionOptions(**_options(given, run, wish, test, redactor, matching, take if _plays(mode) else None))
    except (UsageError, TypeError) as error:
        raise as_usage(error, test) from error
    max_age = wish.max_age if wish.max_age is not None else run.max_age
    expiry = wish.expired or run.expired
    expired = None if max_age is None else age_of(path, max_age, options)
    if expired is not None and expiry == "record" and mode in (Mode.ONCE, Mode.RECORD_MISSING):
        mode, expired = Mode.RECORD, None
        options = msgspec.structs.replace(options, renew=True)
    try:
        session = TestSession(path, mode, options, take=take if _plays(mode) else None, mutate=run.mutate)
    except (RecordingError, UsageError) as error:
        raise as_usage(error, test) from error
    except NotACassette as error:
        if mode.may_record:
            raise as_usage(error, test) from error
        raise
    for injection in wish.inject:
        session.inject(injection)
    return Opened(session, wish.scope, strict, expired, expiry)


def _plays(mode: Mode) -> bool:
    return mode is Mode.REPLAY


def _mode_in(given: dict[str, Any]) -> Mode | None:
    from playhead.core.modes import parse_mode

    mode = given.pop("mode", None)
    return None if mode is None else parse_mode(mode)


def _options(
    given: dict[str, Any],
    run: Run,
    wish: Wish,
    test: str,
    redactor: Redactor | None,
    matching: Any,
    take: int | None,
) -> dict[str, Any]:
    allowed = (*run.allowed_hosts, *given.pop("allowed_hosts", ()), *wish.allowed_hosts)
    ignored = (*run.ignore_hosts, *given.pop("ignore_hosts", ()), *wish.ignore_hosts)
    options = {"record_command": f"pytest --playhead-record {test!r}", **given}
    # Judged here, with the outcome of the whole test at hand.
    options["strict"] = False
    if allowed:
        options["allowed_hosts"] = allowed
    if ignored:
        options["ignore_hosts"] = ignored
    if redactor is not None:
        options["redactor"] = redactor
    rules = wish.matching if wish.matching is not None else matching
    if rules is not None:
        options["matching"] = rules
    if take is not None:
        options["takes"] = "repeat-last"
    elif wish.takes is not None:
        options["takes"] = wish.takes
    if wish.seed is not None:
        options["seed"] = wish.seed
    return options


def counts_of(report: Report) -> dict[str, int]:
    """Give the numbers of a report that add up."""
    return {name: getattr(report, name) for name in COUNTS}


def refusals_of(report: Report, before: Report) -> list[RefusalFacts]:
    """Give what was refused between two reports of a session."""
    fresh = fresh_refusals(report.refusals, times_of(before.refusals))
    return [{"kind": one.kind, "message": one.message, "times": one.times} for one in fresh]


def cassette_facts(opened: Opened, report: Report, root: Path, *, apart: bool, united: bool) -> CassetteFacts:
    """
    Say what a session that was closed came to.

    Args:
        opened: The session.
        report: Its numbers.
        root: The root of the run, for paths.
        apart: Whether its recording was kept apart, since its test failed.
        united: Whether other sessions play from the same cassette.
    """
    session = opened.session
    cassette = session.cassette
    sealed = session.sealed
    return {
        "cassette": shown(session.path, root),
        "mode": session.mode.value,
        "scope": opened.scope,
        "strict": opened.strict,
        "calls": None if cassette is None else report.calls,
        "unplayed": report.unplayed if session.mode in (Mode.REPLAY, Mode.ONCE, Mode.RECORD_MISSING) else 0,
        "keys": sorted(f"{key.hex()}:{n}" for key, n in session.played) if united else None,
        "side_traffic": list(report.side_traffic),
        "drifted": [[drift.policy, ", ".join(drift.segments)] for drift in report.drifted],
        "kept_apart": shown(failed_path(session.path), root) if apart and report.recorded else None,
        "written": bool(sealed is not None and sealed.written and not apart),
        "expired": opened.expired,
    }


def warn_expired(item: pytest.Item, opened: Opened) -> None:
    """Warn of a cassette that is older than it may be."""
    item.warn(ExpiredWarning(expired_words(opened)))


def expired_words(opened: Opened) -> str:
    """Say that a cassette is older than it may be, and what to do."""
    return (
        f"cassette {str(opened.session.path)!r} was recorded {opened.expired} days ago, longer than it may be\n"
        "hint: record it again: pytest --playhead-mode=record"
    )


class ExpiredWarning(pytest.PytestWarning):
    """A cassette is older than its ``max_age``."""
