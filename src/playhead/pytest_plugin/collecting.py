"""What is checked and prepared when the tests are known, before the first one runs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from playhead.core.modes import Mode
from playhead.pytest_plugin.dealing import keeps_together
from playhead.pytest_plugin.naming import (
    CASSETTE_DIR,
    CASSETTE_NAME,
    TAKE,
    claimed,
    default_folder,
    node_id,
    overridden,
    take_of,
)
from playhead.pytest_plugin.options import Run, as_usage
from playhead.pytest_plugin.playing import STATE, TestState, two_claims
from playhead.pytest_plugin.wishes import Wish, narrowed, network_wish, wish_of

FIXTURE = "playhead"
GUARD = "playhead_network"
_SCOPES = ("session", "package", "module", "class", "function")


class Prepared(NamedTuple):
    """
    What is known of the cassettes of the tests that will run.

    Attributes:
        claims: Cassettes, each with a test that claims it.
        unknown: Tests whose cassette is named by a project's own fixture.
    """

    claims: dict[Path, str]
    unknown: list[str]


def groups_of(items: Iterable[pytest.Item], run: Run, dist: str) -> dict[str, str]:
    """
    Give the tests that share a session with others, each with the name of its group.

    Raises:
        pytest.UsageError: They would be run in several processes, as tests are dealt out.
    """
    groups: dict[str, str] = {}
    for item in items:
        wish = wish_of(item)
        if wish is None or not shares_session(item, wish, run):
            continue
        scope = "module" if wish.scope == "function" else wish.scope
        if not keeps_together(dist, scope):
            raise pytest.UsageError(
                f"{item.nodeid} shares its session with tests that --dist {dist} may run in other processes\n"
                "hint: use --dist load, or -n 0"
            )
        groups[item.nodeid] = str(claimed(item, wish, run.root))
    return groups


def shares_session(item: pytest.Item, wish: Wish, run: Run) -> bool:
    """Tell whether a test's session is also that of others: by its scope, or since all takes record together."""
    return wish.scope != "function" or (take_of(item) is not None and narrowed(run.mode, wish.mode) is not Mode.REPLAY)


def prepare(items: Iterable[pytest.Item], run: Run) -> Prepared:
    """
    Read the markers, give marked tests their session, and refuse what cannot go well.

    Args:
        items: The tests that will run.
        run: What the run was told.

    Raises:
        pytest.UsageError: A marker makes no sense, two tests would record into one cassette, a cassette leads out of
            the root, or a folder cannot be written to.
    """
    prepared = Prepared({}, [])
    writable: set[Path] = set()
    for item in items:
        hosts = network_wish(item)
        wish = wish_of(item)
        names: list[str] | None = getattr(item, "fixturenames", None)
        if names is None:
            continue
        if hosts is not None or run.block_network:
            put_first(item, GUARD, "function")
        if wish is None and FIXTURE not in names:
            continue
        wish = wish or Wish()
        if wish.each_take and take_of(item) is None:
            _refuse_takes(item, wish, run)
        item.stash[STATE] = TestState(wish)
        put_first(item, FIXTURE, wish.scope)
        _check_claim(item, wish, run, prepared, writable)
    return prepared


def _check_claim(item: pytest.Item, wish: Wish, run: Run, prepared: Prepared, writable: set[Path]) -> None:
    path, test = claimed(item, wish, run.root), node_id(item)
    own = overridden(item)
    if CASSETTE_DIR in own or (wish.cassette is None and CASSETTE_NAME in own):
        prepared.unknown.append(test)
        return
    first = prepared.claims.setdefault(path, test)
    if narrowed(run.mode, wish.mode) in (Mode.REPLAY, Mode.LIVE):
        return
    if path.parent not in writable:
        check_writable(path.parent, test)
        writable.add(path.parent)
    if first != test and not shares_session(item, wish, run):
        raise pytest.UsageError(two_claims(first, test, path))


def put_first(item: Any, fixture: str, scope: str) -> None:
    """
    Have a fixture set up before the others of its scope, so that their calls are in the session too.

    The list may be shared with other tests of the function, so the test gets one of its own.
    """
    known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - pytest tells no fixture's scope in public
    wide = _SCOPES[: _SCOPES.index(scope)]
    others = [name for name in item.fixturenames if name != fixture]
    at = next(
        (index for index, name in enumerate(others) if name in known and known[name][-1].scope not in wide), len(others)
    )
    item.fixturenames = [*others[:at], fixture, *others[at:]]


def check_writable(folder: Path, test: str) -> None:
    """
    Check that cassettes can be recorded into a folder, before anything is paid for.

    Raises:
        pytest.UsageError: They cannot.
    """
    place_ = folder
    while not place_.exists() and place_ != place_.parent:
        place_ = place_.parent
    if not place_.is_dir() or not os.access(place_, os.W_OK | os.X_OK):
        raise pytest.UsageError(
            f"{test} cannot record into {str(folder)!r}: {str(place_)!r} is no folder that can be written to\n"
            "hint: make it writable, or set another with the fixture playhead_cassette_dir"
        )


def number_takes(metafunc: pytest.Metafunc, run: Run) -> None:
    """
    Run a test once for each take of its cassette, where its marker says so.

    A marker that makes no sense is left to ``prepare``, which ends the run: raised here, it would be one of the
    errors of a file.
    """
    definition = metafunc.definition
    with suppress(pytest.UsageError):
        wish = wish_of(definition)
        if wish is None or not wish.each_take or _has_parameters_alone(definition, wish):
            return
        count = takes_to_run(definition, wish, run)
        metafunc.fixturenames.append(TAKE)
        metafunc.parametrize(TAKE, range(count), ids=[f"take{number}" for number in range(count)])


def _has_parameters_alone(item: pytest.Item, wish: Wish) -> bool:
    return wish.cassette is None and any(item.iter_markers("parametrize"))


def _refuse_takes(item: pytest.Item, wish: Wish, run: Run) -> None:
    """
    Say why a test's takes could not be numbered.

    Raises:
        pytest.UsageError: It has further parameters and no cassette of a name, or its cassette cannot be read.
    """
    if _has_parameters_alone(item, wish):
        raise pytest.UsageError(
            f"{node_id(item)} has parameters, so each of its tests has a cassette of its own\n"
            "hint: with each_take, name one cassette: cassette='...'"
        )
    takes_to_run(item, wish, run)


def takes_to_run(definition: pytest.Item, wish: Wish, run: Run) -> int:
    """
    Give how many takes a test runs: those of its cassette, or as many as are to be recorded.

    Raises:
        pytest.UsageError: Its cassette cannot be read, or is outside the root.
    """
    from playhead.errors import CassetteError
    from playhead.pytest_plugin.sessions import take_count

    try:
        found = take_count(claimed(definition, wish, run.root))
    except CassetteError as error:
        raise as_usage(error, node_id(definition)) from error
    if narrowed(run.mode, wish.mode) is Mode.REPLAY or wish.each_take is True:
        return max(1, found)
    return max(found, int(wish.each_take)) if run.mode is not Mode.RECORD else int(wish.each_take)


def folders_of(items: Iterable[pytest.Item]) -> set[Path]:
    """Give the cassette folders beside the files of tests."""
    return {default_folder(path) for path in {item.path for item in items}}
