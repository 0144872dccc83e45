"""
Tests that share a session stay in one of xdist's workers, however the others are dealt out.

Apart they would each start at the cassette's first takes, or record one cassette several times over. The controller
knows tests by their ids alone, so each worker tells it by a file which of them belong together.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

MIXED = ("load", "worksteal", "loadgroup")
"""The ways of dealing tests out for which groups are dealt here instead."""

ERROR = "error.txt"

_TOGETHER = {"loadfile": ("class", "module"), "loadscope": ("class", "module")}


def keeps_together(dist: str, scope: str) -> bool:
    """Tell whether a way of dealing tests out, with what is done here, keeps those of a scope in one process."""
    return dist in ("no", *MIXED) or scope in _TOGETHER.get(dist, ())


def tell(folder: Path, worker: str, groups: Mapping[str, str]) -> None:
    """Tell the controller which tests belong together: ids, with the name of each one's group."""
    if groups:
        (folder / f"{worker}.json").write_text(json.dumps(groups), encoding="utf-8")


@contextmanager
def errors_told(folder: Path) -> Generator[None]:
    """Tell the controller what ends a worker's run: xdist itself says no more than that no worker is left."""
    try:
        yield
    except pytest.UsageError as error:
        (folder / ERROR).write_text(str(error), encoding="utf-8")
        raise


def raise_told(folder: Path) -> None:
    """
    End the run with what ended a worker's.

    Raises:
        pytest.UsageError: A worker told of one.
    """
    told = folder / ERROR
    if told.is_file():
        raise pytest.UsageError(told.read_text(encoding="utf-8"))


def deal_groups(config: pytest.Config, folder: Path, worker: str) -> None:
    """Have tests dealt out by group where a worker told of any; before the first one is dealt."""
    told = folder / f"{worker}.json"
    if config.getoption("dist") not in MIXED or not told.is_file():
        return
    controller: Any = config.pluginmanager.get_plugin("dsession")
    before: Any = controller.sched
    if hasattr(before, "groups"):
        return
    controller.sched = by_group = _grouping()(config, controller.log)
    by_group.groups = json.loads(told.read_text(encoding="utf-8"))
    for node in before.nodes:
        by_group.add_node(node)


def _grouping() -> Any:
    # xdist is there where this is called, and nowhere else.
    usual: Any = import_module("xdist.scheduler").LoadGroupScheduling

    class ByGroup(usual):  # type: ignore[misc]
        """xdist's own scheduler of groups, told which they are."""

        groups: Mapping[str, str]

        def _split_scope(self, nodeid: str) -> str:
            told: Any = self
            return str(told.groups.get(nodeid) or usual._split_scope(self, nodeid))  # noqa: SLF001 - xdist's own hook

    return ByGroup
