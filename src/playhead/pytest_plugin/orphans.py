"""Which cassettes no test claims, after a run of the whole suite."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

import pytest


class Census(TypedDict):
    """
    What one process knows of the suite.

    ``claims`` are the cassettes of all collected tests, ``folders`` where cassettes are looked for, ``unknown`` the
    tests whose cassette is named by a project's own fixture and that did not ask for it, ``partial`` why this is not
    the whole suite, or ``None``.
    """

    claims: list[str]
    folders: list[str]
    unknown: list[str]
    partial: str | None


def partial_reason(config: pytest.Config) -> str | None:
    """Say why the command line asks for less than the whole suite; ``None`` where it does not."""
    if config.args_source is config.ArgsSource.ARGS and not _names_all(config):
        return "the run was given paths"
    for option, reason in (
        ("keyword", "-k"),
        ("markexpr", "-m"),
        ("lf", "--lf"),
        ("deselect", "--deselect"),
        ("ignore", "--ignore"),
        ("ignore_glob", "--ignore-glob"),
        ("stepwise", "--stepwise"),
    ):
        if config.getoption(option, None):
            return f"the run was narrowed by {reason}"
    return None


def _names_all(config: pytest.Config) -> bool:
    paths = {(config.invocation_params.dir / arg).resolve() for arg in config.args}
    if config.rootpath.resolve() in paths:
        return True
    wanted = {(config.rootpath / path).resolve() for path in config.getini("testpaths")}
    return bool(wanted) and wanted <= paths


def unite(censuses: Iterable[Census]) -> Census:
    """Put together what several processes know; each of xdist's workers collects the whole suite."""
    known = list(censuses)
    opened = {claim for one in known for claim in one["claims"]}
    unknown = [test for test in known[0]["unknown"] if all(test in one["unknown"] for one in known)] if known else []
    return {
        "claims": sorted(opened),
        "folders": sorted({folder for one in known for folder in one["folders"]}),
        "unknown": unknown,
        "partial": next((one["partial"] for one in known if one["partial"]), None),
    }


def listed(census: Census, root: Path) -> list[str] | str:
    """
    List the orphans and write the list file, or say why not.

    Returns:
        The orphans' paths from the root; a text says why they were not looked for.
    """
    if census["partial"] is not None:
        return census["partial"]
    if census["unknown"]:
        count = len(census["unknown"])
        return f"{count} tests with cassette names of their own did not run, such as {census['unknown'][0]}"
    from playhead.store.orphans import unclaimed, write_list

    inside = [Path(folder) for folder in census["folders"] if Path(folder).is_relative_to(root)]
    found = unclaimed(inside, (Path(claim) for claim in census["claims"]))
    try:
        return [orphan.path for orphan in write_list(root, found)]
    except OSError as error:
        return f"the list cannot be written: {error}"
