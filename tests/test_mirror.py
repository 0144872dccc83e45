"""The tests mirror the source: each module has a test file of its own name, in the folder of its folder's name."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "playhead"
TESTS = Path(__file__).parent

# Tested by what they hold: the types of a Protocol are tested where they are used.
ELSEWHERE = {"engine/recordings.py": "tests/engine/test_explain.py"}

MODULES = sorted(
    path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")
)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_each_module_has_its_test_file(module: Path) -> None:
    """A reader who opens a module knows where its tests are."""
    if str(module) in ELSEWHERE:
        assert (TESTS.parent / ELSEWHERE[str(module)]).is_file()
        return
    names = [f"test_{module.stem}", f"test_{module.parent.name.removesuffix('_server')}_{module.stem}"]
    found = [path for name in names for path in (TESTS / module.parent).glob(f"{name}*.py")]
    assert found, f"no tests/{module.parent}/test_{module.stem}.py"
