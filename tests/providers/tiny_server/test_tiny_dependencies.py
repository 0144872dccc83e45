"""What the tiny server needs, and what happens without it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from playhead.errors import MissingDependencyError
from playhead.providers.tiny_server import TinyServer, missing_dependency, write_model
from playhead.providers.tiny_server.dependencies import DEPENDENCIES, require_dependencies

if TYPE_CHECKING:
    from pathlib import Path

LIST_IMPORTED = """
import sys
import playhead.providers.tiny_server
from playhead.providers.tiny_server.dependencies import missing_dependency
missing_dependency()
third_parties = {"gguf", "httpx", "msgspec", "numpy", "xllamacpp"}
print(*sorted({name.partition(".")[0] for name in sys.modules} & third_parties))
"""


def without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make ``name`` look uninstalled, and every other dependency installed."""
    monkeypatch.setattr(
        "playhead.providers.tiny_server.dependencies.find_spec",
        lambda wanted: None if wanted == name else object(),
    )


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_an_absent_package_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The first package that is not installed is the one reported."""
    without(monkeypatch, name)
    assert missing_dependency() == name


def test_nothing_is_named_when_all_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every package installed nothing is missing and nothing is raised."""
    without(monkeypatch, "none of them")
    assert missing_dependency() is None
    require_dependencies()


def test_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error carries the package, the extra that brings it and the command."""
    without(monkeypatch, "xllamacpp")
    with pytest.raises(MissingDependencyError) as caught:
        require_dependencies()
    assert caught.value.dependency_name == "xllamacpp"
    assert caught.value.extra_name == "demo"
    assert "the tiny model server" in caught.value.message
    assert caught.value.hint == "pip install 'playhead[demo]'"


def test_a_start_without_the_server_package_writes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A start that cannot succeed fails before it builds a model."""
    without(monkeypatch, "xllamacpp")
    with pytest.raises(MissingDependencyError):
        TinyServer(model_dir=tmp_path).start()
    assert list(tmp_path.iterdir()) == []


def test_a_build_without_its_packages_writes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Building the model names its own missing package and makes no folder."""
    without(monkeypatch, "gguf")
    with pytest.raises(MissingDependencyError, match="gguf"):
        write_model(tmp_path / "new" / "model.gguf")
    assert list(tmp_path.iterdir()) == []


def test_importing_and_looking_import_no_third_party() -> None:
    """Neither importing the package nor asking what is missing imports a third party."""
    done = subprocess.run([sys.executable, "-c", LIST_IMPORTED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
