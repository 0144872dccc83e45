"""Workers recorded and replayed: a factory whose workers pass through a session, and are made no sooner than needed."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from playhead.core.model import CompletionRequest, Origin
from playhead.core.names import check_provider_name
from playhead.errors import UsageError
from playhead.plugins.backends import (
    InferenceBackend,
    InferenceModelSpec,
    MakeWorkerFn,
    ModelHandle,
    ReportingProtocol,
)
from playhead.plugins.clients import SdkClientRegistry
from playhead.providers.conventions.convention import Convention
from playhead.providers.conventions.table import convention_named
from playhead.sessions.session import Session
from playhead.sessions.wrapping import WrappedProvider

if TYPE_CHECKING:
    pass

CONVENTION = "pipelex"
"""How workers are called."""


def recorded(
    session: Session, make_worker: MakeWorkerFn | None = None, *, origin: Origin | None = None
) -> MakeWorkerFn:
    """
    Give a factory whose workers' calls pass through a session.

    The worker itself is made when the first call goes out to it: a replay needs no factory, no SDK and no key. Calls
    are recorded under the handle of the model (``openai@azure``) with the model's id, both part of what is matched.

    Args:
        session: The session.
        make_worker: Makes the worker itself; it may be left out where the session only replays.
        origin: Where answers come from; the factory's own ``origin``, else a live model.
    """
    declared = getattr(make_worker, "origin", Origin.LIVE) if origin is None else origin

    def make(
        *,
        inference_model: InferenceModelSpec,
        backend: InferenceBackend,
        sdk_clients: SdkClientRegistry,
        reporting_delegate: ReportingProtocol | None,
    ) -> WrappedProvider:
        def build() -> Any:
            if make_worker is None:
                raise UsageError(
                    "the call is to be made live, and there is no factory of workers",
                    hint="give recorded(session, make_worker) one when recording",
                )
            return make_worker(
                inference_model=inference_model,
                backend=backend,
                sdk_clients=sdk_clients,
                reporting_delegate=reporting_delegate,
            )

        model = str(getattr(inference_model, "model_id", "") or inference_model.name)
        handle = ModelHandle.make_for_inference_model(inference_model=inference_model)
        return WrappedProvider(
            session,
            None if session.never_live else LaterWorker(build, declared),
            name=check_provider_name(handle.sdk_handle.lower()),
            convention=_of_model(convention_named(CONVENTION), model),
            pace=session.options.pace,
        )

    return make


class LaterWorker:
    """
    Stands for a worker that is made when it is first called; all its methods are async.

    Attributes:
        origin: Where its answers come from.
    """

    def __init__(self, build: Callable[[], Any], origin: Origin) -> None:
        self.origin = origin
        self._build = build
        self._lock = threading.Lock()
        self._worker: Any = None
        for verb in convention_named(CONVENTION).verbs:
            setattr(self, verb.name, self._method(verb.name))

    def __repr__(self) -> str:
        return "<LaterWorker, not made yet>" if self._worker is None else f"<LaterWorker of {self._worker!r}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.worker(), name)

    def worker(self) -> Any:
        """
        Give the worker, made once.

        Raises:
            MissingDependencyError: Its SDK is not installed.
        """
        with self._lock:
            if self._worker is None:
                self._worker = self._build()
            return self._worker

    def _method(self, name: str) -> Callable[..., Any]:
        async def method(*args: Any, **kwargs: Any) -> Any:
            worker = self.worker()
            found = getattr(worker, name, None)
            if not callable(found):
                raise UsageError(f"a {type(worker).__name__} has no method {name!r}")
            answer = found(*args, **kwargs)
            return await answer if inspect.isawaitable(answer) else answer

        return method


def _of_model(convention: Convention, model: str) -> Convention:
    """Give a convention in which requests name the model: a job does not say which one its worker asks."""

    def asks(to_request: Callable[..., CompletionRequest]) -> Callable[..., CompletionRequest]:
        def asked(*args: Any, **kwargs: Any) -> CompletionRequest:
            request = to_request(*args, **kwargs)
            return msgspec.structs.replace(request, model=model) if request.model is None else request

        return asked

    verbs = tuple(verb._replace(to_request=asks(verb.to_request)) for verb in convention.verbs)
    return convention._replace(verbs=verbs)
