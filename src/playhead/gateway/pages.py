"""The gateway's own routes: the status page, health, the end of a cassette, and the providers of a manager."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec

from playhead.core.modes import Mode
from playhead.errors import PlayheadError
from playhead.gateway.arriving import CASSETTE_HEADER, TEST_HEADER, Wishes
from playhead.gateway.cassettes import Sessions
from playhead.gateway.management import Management
from playhead.gateway.replies import Rejected, rejection
from playhead.gateway.status import Status, page
from playhead.gateway.upstreams import Upstream, Upstreams
from playhead.sessions.inside import inside

HEALTH_SECONDS = 5.0
"""How long a server may take to answer anything at all."""


class Pages:
    """The handlers of the gateway's own routes."""

    def __init__(self, sessions: Sessions, status: Status, upstreams: Upstreams, manager: Any) -> None:
        """
        Put the parts together.

        Args:
            sessions: The open sessions.
            status: What is shown.
            upstreams: Who answers what is not replayed.
            manager: Holds the providers; ``None`` for one that is made when it is first asked for.
        """
        self._sessions = sessions
        self._status = status
        self._upstreams = upstreams
        self._management = Management(manager, sessions)

    def opened_manager(self) -> Any:
        """Give the manager where it is the gateway's own and was needed, to be closed."""
        return self._management.own

    def routes(self) -> list[Any]:
        """Give the routes."""
        from starlette.routing import Route

        return [
            Route("/", self.page),
            Route("/healthz", self.health),
            Route("/playhead/state", self.state),
            Route("/playhead/events", self.events),
            Route("/playhead/health", self.upstream_health),
            Route("/playhead/providers", self._management.overview),
            Route("/playhead/close", self.close, methods=["POST"]),
            *self._management.routes(),
        ]

    async def page(self, _request: Any) -> Any:
        """Give the status page."""
        from starlette.responses import Response

        text, headers = page()
        return Response(text, headers=dict(headers))

    async def health(self, _request: Any) -> Any:
        """Say that the gateway is there."""
        return json_response({"status": "ok", "mode": self._sessions.mode.value})

    async def state(self, request: Any) -> Any:
        """Give what the page shows, once."""
        since = str(request.query_params.get("since", "0"))
        return json_response(self._status.facts(int(since) if since.isdecimal() and len(since) < 16 else 0))

    async def events(self, _request: Any) -> Any:
        """Give what the page shows, as it happens."""
        from starlette.responses import StreamingResponse

        return StreamingResponse(
            self._status.events(), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    async def upstream_health(self, _request: Any) -> Any:
        """Say which upstreams answer at all; in replay none is asked."""
        if self._sessions.mode is Mode.REPLAY:
            return json_response({one.name: "not asked" for one in self._upstreams})
        found = await asyncio.gather(*(_is_there(one) for one in self._upstreams))
        words = ["reachable" if is_there else "unreachable" for is_there in found]
        return json_response(dict(zip((one.name for one in self._upstreams), words, strict=True)))

    async def close(self, request: Any) -> Any:
        """End a cassette's session, seal it, and give its numbers."""
        wishes = Wishes(
            request.headers.get(CASSETTE_HEADER.decode(), ""), request.headers.get(TEST_HEADER.decode(), "")
        )
        try:
            report = await asyncio.to_thread(self._sessions.close, wishes)
        except (Rejected, PlayheadError) as error:
            reply = rejection("openai", error)
            return json_response(msgspec.Raw(reply.body), reply.status)
        if report is None:
            return json_response({"closed": False})
        return json_response({"closed": True, "report": report})


def json_response(value: Any, status: int = 200) -> Any:
    """Give a response in JSON that no cache keeps."""
    from starlette.responses import Response

    return Response(
        msgspec.json.encode(value), status, media_type="application/json", headers={"cache-control": "no-store"}
    )


async def _is_there(upstream: Upstream) -> bool:
    if upstream.provider is not None:
        return True
    try:
        async with httpx.AsyncClient(timeout=HEALTH_SECONDS) as client:
            with inside():
                await client.get(upstream.base)
    except httpx.HTTPError:
        return False
    return True
