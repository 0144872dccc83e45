"""The parent's side of the child process: start it, hear its address, see it answer, end it."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from playhead.errors import ProviderError
from playhead.providers.tiny_server.settings import ANNOUNCEMENT, LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INHERITED: Final = (
    "PATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",  # without it Windows opens no socket
)
"""All a child sees of our environment, ``PYTHONPATH`` apart: no variable that could hold a credential."""

_LAST_LINES: Final = 12
_POLL_SECONDS: Final = 0.02
_ANSWER_SECONDS: Final = 2.0
_GRACE_SECONDS: Final = 5.0


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """
    Return the environment of the child: what Python needs to start and to import this package.

    Args:
        environ: The environment to take from.
    """
    search = [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    source_root = str(Path(__file__).resolve().parents[3])
    # An installed package is found anyway, and site-packages in this variable would come before the stdlib.
    if Path(source_root).name not in {"site-packages", "dist-packages"} and source_root not in search:
        search.insert(0, source_root)
    kept = {name: environ[name] for name in _INHERITED if name in environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(search)} if search else kept


class ServerProcess:
    """
    One running child.

    The child holds the read end of a pipe whose write end only this process has: however this process ends,
    the pipe closes and the child goes.

    Attributes:
        address: Where it listens, ``http://127.0.0.1:PORT``; empty until it has said so.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        """
        Start the child.

        Args:
            arguments: Command line of ``playhead.providers.tiny_server``.
        """
        # -P keeps the current folder off the child's path. A session of its own keeps a Ctrl-C in the
        # terminal from ending it under a caller that still talks to it.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "playhead.providers.tiny_server", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child_environment(os.environ),
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        )
        self.address = ""
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._spoken = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="tiny-server-output", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the child has not ended."""
        return self._process.poll() is None

    def wait_until_ready(self, seconds: float) -> None:
        """
        Wait until the child answers requests.

        Args:
            seconds: How long to wait at most.

        Raises:
            ProviderError: It ended or did not answer in time; the message has its last lines.
        """
        deadline = time.monotonic() + seconds
        self._spoken.wait(seconds)
        while time.monotonic() < deadline:
            if not self.running:
                raise self._failure(f"ended with status {self._process.returncode} before it answered")
            if self.address and _answers(self.address):
                return
            time.sleep(_POLL_SECONDS)
        raise self._failure(f"did not answer within {seconds:g} s")

    def end(self) -> None:
        """End the child, first asking and then forcing it, and collect what is left of it."""
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(_GRACE_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        """Drain the child's output, or it would block on a full pipe; keep the address and the last lines."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        try:
            for line in self._process.stdout:
                self._said.append(line.rstrip())
                if line.startswith(ANNOUNCEMENT):
                    self.address = line.removeprefix(ANNOUNCEMENT).strip()
                    self._spoken.set()
        finally:
            self._spoken.set()

    def _failure(self, what: str) -> ProviderError:
        if not self.running:
            self._listener.join(_GRACE_SECONDS)
        said = list(self._said)
        detail = "; it said:\n" + "\n".join(f"  {line}" for line in said) if said else ""
        return ProviderError(
            f"the tiny model server {what}{detail}",
            error_code="TINY_SERVER_FAILED",
            context={"status": self._process.returncode, "output": said},
        )


def _answers(address: str) -> bool:
    """Return whether the server at ``address`` has loaded its model, asking it without any proxy."""
    connection = http.client.HTTPConnection(LOOPBACK, urlsplit(address).port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
