"""The gateway put together, as an ASGI app."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playhead.core.matching import Matching
from playhead.core.modes import Mode
from playhead.core.redaction import DEFAULT, Redactor
from playhead.engine.ledger import Report
from playhead.engine.takes import Takes
from playhead.errors import CassetteMissing, MissingDependencyError, PlayheadError, UsageError
from playhead.gateway.admission import Admission
from playhead.gateway.calls import ModelCalls
from playhead.gateway.cassettes import Sessions
from playhead.gateway.forwarding import Forwarder
from playhead.gateway.pages import Pages
from playhead.gateway.replies import Receive, Scope, Send
from playhead.gateway.status import Status
from playhead.gateway.upstreams import Upstreams
from playhead.gateway.watching import CallLog
from playhead.providers.secrets import remember
from playhead.sessions.settings import SessionOptions, effective_mode

MAX_BODY = 32 * 1024 * 1024
"""Bytes of a request's body where nothing else is said: OpenAI takes 20 MB of images, Anthropic 32 MB in all."""

_LOGGER = logging.getLogger("playhead.gateway")


class Gateway:
    """
    The ASGI app.

    An app that it is mounted in does not run its lifespan: call ``open`` and ``close`` there.

    Attributes:
        sessions: The open sessions.
        log: The last calls.
        faults: What went wrong when the sessions were closed.
    """

    def __init__(
        self, app: Any, sessions: Sessions, log: CallLog, forwarder: Forwarder, manager: Callable[[], Any]
    ) -> None:
        self.sessions = sessions
        self.log = log
        self.faults: list[PlayheadError] = []
        self._app = app
        self._forwarder = forwarder
        self._manager = manager

    def __repr__(self) -> str:
        return f"<playhead gateway, {self.sessions.mode.value}, {len(list(self.sessions))} cassettes open>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop with a server."""
        await self._app(scope, receive, send)

    def reports(self) -> list[Report]:
        """Give every session in numbers: those that have ended, then those that are open."""
        return self.sessions.reports()

    async def close(self) -> None:
        """End every session and seal what was recorded; what goes wrong is in ``faults``."""
        self.log.close()
        self.faults += self.sessions.close_all()
        await self._forwarder.close()
        manager = self._manager()
        if manager is not None:
            await manager.close_all()
        for fault in self.faults:
            _LOGGER.error("%s", fault)


def create_app(
    *,
    cassette: str | os.PathLike[str] | None = None,
    cassettes: str | os.PathLike[str] | None = None,
    mode: Mode | str | None = None,
    upstreams: Mapping[str, Any] | None = None,
    manager: Any = None,
    token: str | None = None,
    hosts: Iterable[str] | None = None,
    origins: Iterable[str] = (),
    max_body: int = MAX_BODY,
    takes: Takes | str = Takes.SEQUENCE,
    seed: int = 0,
    pace: float = 0.0,
    matching: Matching | None = None,
    redactor: Redactor = DEFAULT,
    record_command: str | None = None,
    on_refused: Callable[[str], None] | None = None,
) -> Gateway:
    """
    Make the gateway's ASGI app.

    Args:
        cassette: The cassette of requests that name none.
        cassettes: The folder of cassettes that requests name by ``X-Playhead-Cassette`` or ``X-Playhead-Test``.
        mode: What to do with calls; where it is left out ``PLAYHEAD_MODE``, or else ``replay``.
        upstreams: Who answers what is not replayed, by vendor or by a name of your own: an address, or a provider.
        manager: What holds the providers of ``/api/providers``; a ``ProviderManager`` of ours where it is left out.
        token: What every request must hold; ``None`` asks for nothing.
        hosts: Names that the gateway is reached by; ``None`` takes any.
        origins: Origins of web pages that may come in.
        max_body: Bytes that a request's body may have.
        takes: The order several takes of one request are played in.
        seed: The seed of a shuffle.
        pace: 0 plays streams at once, 1 at the recorded pace, 2 at half the speed.
        matching: The rules that loosen what matches; the cassette's own where they are left out.
        redactor: What is taken out before anything is written.
        record_command: What a miss tells the reader to run.
        on_refused: Told of each refusal; where it is left out they go to the logger ``playhead.gateway``.

    Raises:
        UsageError: Neither a cassette nor a folder is given, or an upstream is none.
        MissingDependencyError: starlette is not installed.
        CassetteError: The cassette is not there in replay, or cannot be read.
        RecordingError: The folder cannot be written to.
    """
    if cassette is None and cassettes is None:
        raise UsageError("the gateway needs a cassette", hint="--cassette FILE, or --cassettes FOLDER")
    if token is not None and not token:
        raise UsageError("the token is empty", hint="leave it out, or give one")
    if token is not None:
        # A client sends it for its key, so an answer may quote it.
        remember(token)
    settled = effective_mode(mode)
    folder = None if cassettes is None else Path(cassettes)
    if folder is not None and not folder.is_dir() and not settled.may_record:
        raise CassetteMissing("there is no such folder", path=folder)
    path = None if cassette is None else Path(cassette)
    if path is not None and settled is Mode.REPLAY and not path.exists():
        raise CassetteMissing("there is no such file", path=path, hint="record it first: --mode record --upstream ...")
    answering = Upstreams(upstreams or {})
    options = SessionOptions(
        takes=takes, seed=seed, pace=pace, matching=matching, redactor=redactor, wire=False, guard=False,
        record_command=record_command or "playhead serve --mode record-missing --upstream NAME=URL",
    )  # fmt: skip
    sessions = Sessions(cassette=path, folder=folder, mode=settled, options=options)
    log, forwarder = CallLog(), Forwarder(token)
    calls = ModelCalls(sessions, answering, forwarder, log, max_body=max_body, on_refused=on_refused or _log_refusal)
    status = Status(sessions, answering, log, redactor)
    pages = Pages(sessions, status, answering, manager)
    app = _assembled(pages, calls, token=token, hosts=hosts, origins=tuple(origins))
    gateway = Gateway(app, sessions, log, forwarder, pages.opened_manager)
    app.state.gateway = gateway
    sessions.open_default()
    return gateway


def _log_refusal(text: str) -> None:
    _LOGGER.warning("refused: %s", text)


def _assembled(
    pages: Pages, calls: ModelCalls, *, token: str | None, hosts: Iterable[str] | None, origins: tuple[str, ...]
) -> Any:
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.cors import CORSMiddleware
        from starlette.routing import Mount
    except ImportError:
        raise MissingDependencyError("starlette", extra_name="gateway", purpose="the gateway") from None

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await app.state.gateway.close()

    middleware = [Middleware(Admission, token=token, hosts=hosts, origins=origins)]
    if origins:
        exposed = ["x-playhead-refused", "x-playhead-source"]
        cors = Middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=exposed
        )
        middleware.insert(0, cors)
    return Starlette(routes=[*pages.routes(), Mount("/", app=calls)], middleware=middleware, lifespan=lifespan)
