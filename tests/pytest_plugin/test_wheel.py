"""The plugin from an installed wheel, in an environment and on a project that know nothing of this checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import HEAD, ONE

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command, with its output in one text."""
    return subprocess.run(
        [str(one) for one in command],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it, with what it needs, without a network."""
    pytest.importorskip("hatchling", reason="the group `build` is not installed")
    if not UV.exists():
        pytest.skip("uv is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    built = run(
        UV,
        "build",
        "--wheel",
        "--offline",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        folder,
        ROOT,
        cwd=folder,
    )
    assert built.returncode == 0, built.stdout
    (wheel,) = folder.glob("*.whl")
    made = run(UV, "venv", "--offline", "--python", sys.executable, folder / "venv", cwd=folder)
    assert made.returncode == 0, made.stdout
    python = folder / "venv" / "bin" / "python"
    installed = run(UV, "pip", "install", "--offline", "--python", python, wheel, "pytest", cwd=folder)
    if installed.returncode != 0:
        # Without uv's cache of the packages: the wheel alone, and everything it needs from this environment.
        alone = run(UV, "pip", "install", "--offline", "--no-deps", "--python", python, wheel, cwd=folder)
        assert alone.returncode == 0, alone.stdout
        here = next(Path(one) for one in sys.path if one.endswith("site-packages"))
        (there,) = (folder / "venv").glob("lib/python*/site-packages")
        (there / "borrowed.pth").write_text(f"{here}\n")
    return python


def test_a_project_that_knows_nothing_of_playhead_has_the_plugin(python: Path, tmp_path: Path) -> None:
    """Installing it is all there is to do: it refuses, records and replays."""
    (tmp_path / "conftest.py").write_text("")
    (tmp_path / "test_a.py").write_text(HEAD + ONE)
    where = run(python, "-c", "import playhead; print(playhead.__file__)", cwd=tmp_path).stdout
    assert str(ROOT) not in where
    # cassetter and the likes of it come with a borrowed environment, and claim the options of others.
    pytest_ = (python, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:cassetter", "-p", "no:randomly")
    refused = run(*pytest_, cwd=tmp_path)
    assert refused.returncode == 1, refused.stdout
    assert "nothing recorded matches this call" in refused.stdout
    for arguments, said in ((["--playhead-record"], "1 test recorded"), ([], "1 test replayed")):
        done = run(*pytest_, *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        assert said in done.stdout
