"""The child's side: run llama.cpp's HTTP server in this process until the parent goes away."""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from playhead.errors import ProviderError, UsageError
from playhead.providers.tiny_server.dependencies import SERVE_DEPENDENCIES, require_dependencies
from playhead.providers.tiny_server.settings import ANNOUNCEMENT, CONTEXT_TOKENS, LOOPBACK, MODEL_NAME, SLOTS

if TYPE_CHECKING:
    from pathlib import Path

_ERRORS_ONLY: Final = 1
"""llama.cpp's verbosity at which it explains a failed start and says nothing else."""

_HTTP_THREADS: Final = 4
_STDIN: Final = 0


def serve(model: Path, *, port: int = 0, embeddings: bool = False) -> None:
    """
    Serve ``model`` on the loopback interface until standard input ends or a signal ends the process.

    The address is printed on standard output as soon as the socket is bound.

    Args:
        model: A GGUF file.
        port: The port to bind; 0 lets the system choose a free one.
        embeddings: Serve embeddings, pooled by their mean.

    Raises:
        MissingDependencyError: ``xllamacpp`` is not installed.
        UsageError: There is no file at ``model``.
        ProviderError: The server would not start; llama.cpp has said why on standard error.
    """
    require_dependencies(SERVE_DEPENDENCIES)
    if not model.is_file():
        raise UsageError(f"no model file at {str(model)!r}")
    # Watched from before the start, so that a parent killed during it leaves no orphan behind.
    threading.Thread(target=_exit_at_end_of_input, name="parent-watch", daemon=True).start()

    xllamacpp = import_module("xllamacpp")
    parameters = _parameters(xllamacpp, model, port=port, embeddings=embeddings)
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise ProviderError(f"llama.cpp did not start on {LOOPBACK}:{port}: {error}") from error
    print(f"{ANNOUNCEMENT}{server.listening_address}", flush=True)
    threading.Event().wait()


def _parameters(xllamacpp: Any, model: Path, *, port: int, embeddings: bool) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.model_alias = {MODEL_NAME}
    parameters.port = port
    parameters.reuse_port = False
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = SLOTS
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.n_threads_http = _HTTP_THREADS
    parameters.warmup = False
    parameters.offline = True
    parameters.verbosity = _ERRORS_ONLY
    # A cached prefix is evaluated in other batches, whose last bits differ: a seed would not always repeat.
    parameters.cache_prompt = False
    # The two settings that xllamacpp has renamed between the releases the extra allows.
    if hasattr(parameters, "hostnames"):
        parameters.hostnames = [LOOPBACK]
    else:
        parameters.hostname = LOOPBACK
    setattr(parameters, "ui" if hasattr(parameters, "ui") else "webui", False)
    if embeddings:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    return parameters


def _exit_at_end_of_input() -> None:
    """
    End this process when standard input does, which is when the parent has closed it or has died.

    It is read by descriptor: a thread inside ``sys.stdin`` would hold that object's lock at interpreter exit.
    """
    while os.read(_STDIN, 1024):
        pass
    sys.stderr.flush()
    os._exit(0)
