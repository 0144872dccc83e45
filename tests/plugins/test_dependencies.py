"""Optional packages that are there or not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from playhead import MissingDependencyError
from playhead.plugins import require_sdk


@pytest.mark.parametrize("spec", ["json", "json.decoder", ["json", "email.message"], []], ids=repr)
def test_what_is_there_is_let_by(spec: str | Sequence[str]) -> None:
    """Nothing happens where every module is there."""
    require_sdk(spec=spec, extra="acme")


@pytest.mark.parametrize(
    "spec", ["no_such_sdk", "no_such_sdk.client", "json.no_such", ["json", "no_such_sdk"]], ids=repr
)
def test_what_is_missing_is_named_with_its_extra(spec: str | Sequence[str]) -> None:
    """The package and the command that installs it stand in the error; a parent that is absent is missing too."""
    with pytest.raises(MissingDependencyError) as caught:
        require_sdk(spec=spec, extra="acme", msg="The acme SDK is required.")
    assert caught.value.dependency_name == (spec if isinstance(spec, str) else spec[-1])
    assert caught.value.extra_name == "acme"
    assert "is not installed: The acme SDK is required.\nhint: pip install 'playhead[acme]'" in str(caught.value)


def test_the_package_may_have_another_name() -> None:
    """Without an extra it is the package that is to be installed."""
    with pytest.raises(MissingDependencyError, match="pip install 'acme-sdk'"):
        require_sdk(spec="no_such_sdk", extra=None, dependency_name="acme-sdk")


def test_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is there is not loaded by the look at it."""
    (tmp_path / "heavy_sdk_of_this_test.py").write_text("raise AssertionError('it was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    require_sdk(spec="heavy_sdk_of_this_test", extra=None)
    assert "heavy_sdk_of_this_test" not in sys.modules


def test_a_module_without_a_specification_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that a test has put in is; one that is blocked is not."""
    monkeypatch.setitem(sys.modules, "fake_sdk", ModuleType("fake_sdk"))
    require_sdk(spec="fake_sdk", extra=None)
    monkeypatch.setitem(sys.modules, "fake_sdk", None)
    with pytest.raises(MissingDependencyError):
        require_sdk(spec="fake_sdk", extra=None)
