"""Clients that are imported while a session is open are caught, and importing is as it was afterwards."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.server import Server

from playhead.wire.imports import Watch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Put modules of this test's own on the path, and give the names of those that were told."""
    names = ("watched_one", "watched_pack", "watched_pack.inner", "watched_broken")
    (tmp_path / "watched_one.py").write_text("VALUE = 1\n")
    (tmp_path / "watched_pack").mkdir()
    (tmp_path / "watched_pack" / "__init__.py").write_text("from watched_pack import inner\n")
    (tmp_path / "watched_pack" / "inner.py").write_text("VALUE = 2\n")
    (tmp_path / "watched_broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield []
    for name in names:
        sys.modules.pop(name, None)


def watch(told: list[str], *names: str) -> Watch:
    """Make a watch that notes what it was told."""
    return Watch(names, told.append)


def test_a_module_is_told_once_it_has_been_executed(modules: list[str]) -> None:
    """The module is whole when it is told, and looks as if nobody had waited for it."""

    def found(name: str) -> None:
        modules.append(f"{name} {sys.modules[name].VALUE}")

    waiting = Watch(["watched_one"], found)
    waiting.start()
    try:
        module = importlib.import_module("watched_one")
        assert importlib.import_module("watched_one") is module
    finally:
        waiting.stop()
    assert modules == ["watched_one 1"]
    assert module.__spec__ is not None
    assert module.__loader__ is module.__spec__.loader
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert waiting not in sys.meta_path


def test_packages_and_their_modules(modules: list[str]) -> None:
    """A package and a module in it are told each, the inner one first where the package imports it."""
    waiting = watch(modules, "watched_pack", "watched_pack.inner")
    waiting.start()
    try:
        package = importlib.import_module("watched_pack")
    finally:
        waiting.stop()
    assert modules == ["watched_pack.inner", "watched_pack"]
    assert (package.inner.VALUE, package.__path__ is not None) == (2, True)


def test_a_module_of_a_package_is_in_it_when_it_is_told(modules: list[str]) -> None:
    """Whoever is told of ``a.b`` may say ``a.b``, though ``import a.b`` has not returned yet."""

    def found(name: str) -> None:
        modules.append(f"{name} {sys.modules['watched_pack'].inner.VALUE}")

    waiting = Watch(["watched_pack.inner"], found)
    waiting.start()
    try:
        importlib.import_module("watched_pack.inner")
    finally:
        waiting.stop()
    assert modules == ["watched_pack.inner 2"]


def test_what_is_not_waited_for_is_not_told(modules: list[str]) -> None:
    """Other modules are imported past the watch."""
    waiting = watch(modules, "watched_pack")
    waiting.start()
    try:
        importlib.import_module("watched_one")
        assert waiting.find_spec("watched_one", None) is None
    finally:
        waiting.stop()
    assert modules == []


def test_a_module_that_fails_is_not_told(modules: list[str]) -> None:
    """Its own error passes, and it may be tried again."""
    waiting = watch(modules, "watched_broken")
    waiting.start()
    try:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                importlib.import_module("watched_broken")
    finally:
        waiting.stop()
    assert modules == []


def test_a_module_that_is_not_there_stays_so(modules: list[str]) -> None:
    """Looking for what is not installed finds nothing, with the usual error."""
    waiting = watch(modules, "watched_nowhere")
    waiting.start()
    try:
        assert importlib.util.find_spec("watched_nowhere") is None
        with pytest.raises(ModuleNotFoundError, match="watched_nowhere"):
            importlib.import_module("watched_nowhere")
    finally:
        waiting.stop()
    assert modules == []


def test_asking_whether_a_module_is_there_does_not_import_it(modules: list[str]) -> None:
    """A spec that is only looked at tells nothing."""
    waiting = watch(modules, "watched_one")
    waiting.start()
    try:
        spec = importlib.util.find_spec("watched_one")
        assert spec is not None
        assert spec.origin is not None
        assert spec.loader is not None
        assert spec.loader.get_source("watched_one") == "VALUE = 1\n"  # type: ignore[attr-defined]
    finally:
        waiting.stop()
    assert modules == []
    assert "watched_one" not in sys.modules


def test_stopping_twice_does_nothing(modules: list[str]) -> None:
    """A watch may be stopped whether it waits or not."""
    waiting = watch(modules, "watched_one")
    waiting.stop()
    waiting.start()
    waiting.stop()
    waiting.stop()
    assert waiting not in sys.meta_path


CHILD = """
import sys
import playhead

assert "httpx" not in sys.modules, "importing playhead imported httpx"
path, url, library = sys.argv[1:]
for mode in ("record", "replay"):
    with playhead.use_cassette(path, mode=mode, strict=True) as session:
        module = __import__(library)
        with module.Client(verify=False) as client:
            print(client.get(url).json()["n"])
        print(session.report().recorded, session.report().played)
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        assert type(sys.modules[name].__spec__.loader).__name__ == "SourceFileLoader", name
    handle = module.HTTPTransport.handle_request
    assert handle.__module__.startswith(library), handle
"""


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_an_sdk_imported_within_the_session_is_caught(path: Path, server: Server, library: str) -> None:
    """In a process that has no HTTP client yet, one that is imported in the block is recorded and replayed."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(CHILD), str(path), server.url + "/json", library]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert ended.stderr == ""
    assert ended.stdout.split() == ["1", "1", "0", "1", "0", "1"]
    assert len(server.asked) == 1
