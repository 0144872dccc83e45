"""The child process, seen from its parent."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from playhead.errors import ProviderError
from playhead.providers.tiny_server import missing_dependency, write_model
from playhead.providers.tiny_server import process as process_module
from playhead.providers.tiny_server.process import ServerProcess, child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE_ROOT = str(Path(process_module.__file__).resolve().parents[3])

absent = missing_dependency()
needs_server = pytest.mark.skipif(absent is not None, reason=f"{absent} is not installed (extra demo)")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the model once for all the children here."""
    return write_model(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture
def child(model: Path) -> Iterator[ServerProcess]:
    """Start a child, and end it whatever the test does."""
    process = ServerProcess(["--model", str(model)])
    try:
        yield process
    finally:
        process.end()


def test_the_environment_is_an_allow_list() -> None:
    """A variable nobody thought of never reaches the child, so no credential does."""
    environ = {"PATH": "/bin", "LANG": "C", "OPENAI_API_KEY": "sk-never", "AWS_PROFILE": "x", "HOME": "/root"}
    kept = child_environment(environ)
    assert {name for name in kept if name != "PYTHONPATH"} == {"PATH", "LANG"}
    assert "sk-never" not in str(kept)


def test_the_child_can_import_this_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search path keeps what the parent was given and has our source first, once, with no empty entry."""
    given = os.pathsep.join(["/one", "", "/two"])
    assert child_environment({"PYTHONPATH": given})["PYTHONPATH"] == os.pathsep.join([SOURCE_ROOT, "/one", "/two"])
    assert child_environment({"PYTHONPATH": SOURCE_ROOT})["PYTHONPATH"] == SOURCE_ROOT
    monkeypatch.setattr(process_module, "__file__", "/v/site-packages/playhead/providers/tiny_server/process.py")
    assert child_environment({}) == {}


@needs_server
@pytest.mark.real_server
def test_a_child_becomes_ready_and_ends(child: ServerProcess) -> None:
    """A started child says its address, answers, and is gone after end, which may be called again."""
    child.wait_until_ready(30)
    port = urlsplit(child.address).port
    before = child.running
    child.end()
    child.end()
    assert (before, child.running) == (True, False)
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", port or 0)) != 0


@needs_server
@pytest.mark.real_server
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_running_child_has_no_secret(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment the system keeps for the child has none of the parent's credentials."""
    monkeypatch.setenv("SOME_API_KEY", "sk-tiny-server-secret")
    process = ServerProcess(["--model", str(model)])
    try:
        process.wait_until_ready(30)
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    finally:
        process.end()
    assert b"PATH=" in environment
    assert b"sk-tiny-server-secret" not in environment


@needs_server
@pytest.mark.real_server
def test_a_child_that_fails_is_quoted(tmp_path: Path) -> None:
    """When the child ends early the error has its status and its last words."""
    process = ServerProcess(["--model", str(tmp_path / "absent.gguf")])
    try:
        with pytest.raises(ProviderError) as caught:
            process.wait_until_ready(30)
    finally:
        process.end()
    assert caught.value.error_code == "TINY_SERVER_FAILED"
    assert caught.value.context["status"] == 2
    assert "ended with status 2 before it answered; it said:\n  no model file at" in caught.value.message


@needs_server
@pytest.mark.real_server
def test_waiting_is_bounded(child: ServerProcess) -> None:
    """A child that is not ready in time is an error, not a hang."""
    with pytest.raises(ProviderError, match=r"did not answer within 0\.001 s"):
        child.wait_until_ready(0.001)


@needs_server
@pytest.mark.real_server
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_child_that_ignores_the_request_is_forced(child: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that has not heeded the request in time is killed."""
    child.wait_until_ready(30)
    monkeypatch.setattr(process_module, "_GRACE_SECONDS", 0.1)
    monkeypatch.setattr(child._process, "terminate", lambda: None)
    child.end()
    assert child._process.returncode == -signal.SIGKILL
