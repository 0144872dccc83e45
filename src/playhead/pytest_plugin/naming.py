"""Where a test's cassette is, by its node and its wish."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from playhead.harness.cassette_names import FOLDER, file_stem, with_ending
from playhead.pytest_plugin.wishes import Wish

TAKE = "playhead_take"
"""The parameter that numbers takes."""

CASSETTE_DIR = "playhead_cassette_dir"
CASSETTE_NAME = "playhead_cassette_name"
PARTS = (CASSETTE_DIR, CASSETTE_NAME, "playhead_settings", "playhead_redactor", "playhead_matching")
"""The fixtures that make the parts of a session, for projects to override."""

_OVERRIDDEN = pytest.StashKey[frozenset[str]]()

_LEVELS: dict[str, type[pytest.Collector]] = {
    "class": pytest.Class,
    "module": pytest.Module,
    "session": pytest.Session,
}


def node_id(item: pytest.Item) -> str:
    """Give a test's id without the group that xdist appends to it."""
    parent = item.parent
    return item.nodeid if parent is None else f"{parent.nodeid}::{item.name}"


def own_name(item: pytest.Item, scope: str = "function") -> str:
    """
    Give the cassette's name of a test, a class or a module below the cassette folder.

    Args:
        item: The test.
        scope: Whose cassette it is.
    """
    names = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    if scope == "function":
        names.append(without_take(item))
    elif scope == "module" or not names:
        return item.path.stem
    return f"{item.path.stem}/{file_stem(names)}"


def without_take(item: pytest.Item) -> str:
    """Give a test's name without the parameter that numbers its takes: they share one cassette."""
    number = take_of(item)
    if number is None:
        return item.name
    mark = f"take{number}"
    for inside, left in ((f"[{mark}]", ""), (f"-{mark}]", "]"), (f"[{mark}-", "["), (f"-{mark}-", "-")):
        if inside in item.name:
            return item.name.replace(inside, left, 1)
    return item.name


def take_of(item: pytest.Item) -> int | None:
    """Give the number of the take a test plays; ``None`` where it is not run once a take."""
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else callspec.params.get(TAKE)


def default_folder(test_file: Path) -> Path:
    """Give the folder of cassettes beside a file of tests."""
    return test_file.parent / FOLDER


def folder_of(item: pytest.Item, scope: str) -> Path:
    """Give the folder of cassettes for a scope: that of a session for all tests is the root's."""
    return item.config.rootpath / FOLDER if scope == "session" else default_folder(item.path)


def place(folder: str | os.PathLike[str], name: str, root: Path, test: str) -> Path:
    """
    Give a cassette's path.

    Args:
        folder: The cassette folder.
        name: The cassette's name in it; an absolute path stands for itself.
        root: The root of the run.
        test: The test, for the message.

    Raises:
        pytest.UsageError: It leads out of the folder and out of the root.
    """
    path = os.path.normpath(os.path.join(os.path.abspath(folder), with_ending(name)))  # noqa: PTH100, PTH118 - 5 us of 40
    inside = (os.path.abspath(folder), str(root))  # noqa: PTH100
    if not any(path.startswith(one.rstrip(os.sep) + os.sep) for one in inside):
        raise pytest.UsageError(
            f"the cassette {name!r} of {test} leads to {path!r}, outside of {inside[1]!r}\n"
            "hint: give a name below the cassette folder, or set the folder with the fixture playhead_cassette_dir"
        )
    return Path(path)


def claimed(item: pytest.Item, wish: Wish, root: Path) -> Path:
    """
    Give the cassette a test claims as far as it is known before the test runs: without its project's own fixtures.

    Raises:
        pytest.UsageError: It leads out of the root.
    """
    name = own_name(item, wish.scope) if wish.cassette is None else wish.cassette
    return place(folder_of(item, wish.scope), name, root, node_id(item))


def overridden(item: Any) -> frozenset[str]:
    """Give the fixtures of ``PARTS`` that a project overrides: what those give is known when they run."""
    # Fixtures are seen by whole classes and modules, so the tests of one are asked about once.
    place: pytest.Collector = item.parent
    found = place.stash.get(_OVERRIDDEN, None)
    if found is None:
        definitions = item.session._fixturemanager.getfixturedefs  # noqa: SLF001 - pytest tells it nowhere in public
        found = frozenset(name for name in PARTS if len(definitions(name, item) or ()) > 1)
        place.stash[_OVERRIDDEN] = found
    return found


def scope_node(item: pytest.Item, scope: str) -> pytest.Collector:
    """Give the node at whose end a shared session ends."""
    found = item.getparent(_LEVELS[scope])
    if found is None:
        # A function outside of any class is alone in its scope, as for pytest's own fixtures.
        found = item.getparent(pytest.Module) or item.session
    return found
