"""The child's side: the command line and the watch over the parent."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from playhead.errors import UsageError
from playhead.providers.tiny_server import missing_dependency
from playhead.providers.tiny_server.__main__ import main
from playhead.providers.tiny_server.process import child_environment
from playhead.providers.tiny_server.serving import serve
from playhead.providers.tiny_server.settings import ANNOUNCEMENT

if TYPE_CHECKING:
    from pathlib import Path

absent = missing_dependency()
pytestmark = [
    pytest.mark.real_server,
    pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)"),
]


def start(*arguments: str) -> subprocess.Popen[str]:
    """Run the command line in a child with a pipe for its input."""
    return subprocess.Popen(
        [sys.executable, "-m", "playhead.providers.tiny_server", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(os.environ),
        text=True,
    )


def test_the_server_ends_with_its_input(tmp_path: Path) -> None:
    """The server runs until its standard input closes, then ends without a word of complaint."""
    with start("--build", "--model", str(tmp_path / "model.gguf")) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"{ANNOUNCEMENT}http://127.0.0.1:")
        assert process.poll() is None
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """A broken model ends the server with status 2, our error, and llama.cpp's reason before it."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"not a model")
    with start("--model", str(broken)) as process:
        assert process.stderr is not None
        err = process.stderr.read()
    assert process.returncode == 2
    assert "llama.cpp did not start on 127.0.0.1:0" in err
    assert "broken.gguf" in err
    assert "Traceback" not in err


def test_an_absent_model_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path without a file is refused before anything starts."""
    path = tmp_path / "absent.gguf"
    with pytest.raises(UsageError, match="no model file at"):
        serve(path)
    assert main(["--model", str(path)]) == 2
    assert capsys.readouterr().err == f"no model file at {str(path)!r}\n"
