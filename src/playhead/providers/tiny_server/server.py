"""The tiny server as its callers hold it: a context manager with an address."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Self

from playhead.errors import UsageError
from playhead.providers.tiny_server.dependencies import require_dependencies
from playhead.providers.tiny_server.model import write_model
from playhead.providers.tiny_server.process import ServerProcess
from playhead.providers.tiny_server.settings import MODEL_NAME

if TYPE_CHECKING:
    from types import TracebackType

START_SECONDS: Final = 30.0
"""How long a start may take; on an idle machine it takes well under a second."""

_LAST_PORT: Final = 65535


class TinyServer:
    """
    A real model server in a child process, on the loopback interface.

    Every instance has its own process, port and model, so any number run side by side. The child sees none of
    our environment's credentials and ends with this process, however that ends.

    Attributes:
        model: The name it answers to.
    """

    model: Final = MODEL_NAME

    def __init__(
        self,
        *,
        tool_calling: bool = False,
        embeddings: bool = False,
        model_dir: Path | None = None,
        port: int = 0,
        seed: int = 7,
    ) -> None:
        """
        Describe the server; :meth:`start` or ``with`` starts it.

        Args:
            tool_calling: Call a tool whenever a request offers one.
            embeddings: Serve embeddings, pooled by their mean, next to chat completions.
            model_dir: Where the model is written, and left; without it, a folder that goes with the server.
            port: The port on 127.0.0.1; with 0 the system chooses a free one, which cannot clash.
            seed: Which random model to build.

        Raises:
            UsageError: There is no such port.
        """
        if not 0 <= port <= _LAST_PORT:
            raise UsageError(f"port must be between 0 and {_LAST_PORT}, not {port!r}")
        self._tool_calling = tool_calling
        self._embeddings = embeddings
        self._model_dir = model_dir
        self._port = port
        self._seed = seed
        self._lock = threading.Lock()
        self._process: ServerProcess | None = None
        self._resources = ExitStack()

    @property
    def root_url(self) -> str:
        """
        The address without a path, which is what Anthropic's SDK wants: ``http://127.0.0.1:PORT``.

        Raises:
            UsageError: The server is not running.
        """
        return self._started().address

    @property
    def base_url(self) -> str:
        """
        The address that OpenAI's SDK wants: ``http://127.0.0.1:PORT/v1``.

        Raises:
            UsageError: The server is not running.
        """
        return f"{self.root_url}/v1"

    @property
    def pid(self) -> int:
        """
        The process id of the child.

        Raises:
            UsageError: The server is not running.
        """
        return self._started().pid

    def start(self) -> Self:
        """
        Build the model, start the child and wait until it answers.

        Raises:
            MissingDependencyError: The extra ``demo`` is not installed.
            ProviderError: The child ended or did not answer in time; the message has its last lines.
            UsageError: The server has been started already.
        """
        require_dependencies()
        with self._lock:
            if self._process is not None:
                raise UsageError("the tiny server has been started already", hint="call stop() first")
            with ExitStack() as resources:
                process = ServerProcess(self._arguments(self._built_model(resources)))
                resources.callback(process.end)
                process.wait_until_ready(START_SECONDS)
                self._resources = resources.pop_all()
            self._process = process
        return self

    def stop(self) -> None:
        """End the child and remove what was built for it; do nothing if that has been done."""
        with self._lock:
            self._process = None
            self._resources.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        process = self._process
        place = "not running" if process is None else f"at {process.address}/v1"
        return f"<{type(self).__name__} {self.model!r} {place}>"

    def _started(self) -> ServerProcess:
        process = self._process
        if process is None:
            raise UsageError("the tiny server is not running", hint="use it in a with statement, or call start()")
        return process

    def _built_model(self, resources: ExitStack) -> Path:
        folder = self._model_dir
        if folder is None:
            folder = Path(resources.enter_context(TemporaryDirectory(prefix="playhead-tiny-server-")))
        variant = "-tools" if self._tool_calling else ""
        path = folder / f"{MODEL_NAME}{variant}-{self._seed}.gguf"
        return write_model(path, seed=self._seed, tool_calling=self._tool_calling)

    def _arguments(self, model: Path) -> list[str]:
        arguments = ["--model", str(model.resolve()), "--port", str(self._port)]
        return [*arguments, "--embeddings"] if self._embeddings else arguments
