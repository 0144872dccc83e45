"""
A model call over the gateway: replayed from the session's own table, forwarded, or refused in the vendor's words.

In replay nothing stands between the request's bytes and the recorded answer's but the exchange itself: no HTTP client,
no socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from playhead.core.wire import WireError
from playhead.errors import CassetteError, PlayheadError, ReplayRefused
from playhead.gateway.arriving import Arrived, ClientGone
from playhead.gateway.cassettes import Sessions, answered_by
from playhead.gateway.forwarding import Client, Forwarder
from playhead.gateway.replies import (
    BrokenOff,
    Headers,
    Receive,
    Rejected,
    Scope,
    Send,
    passed_on,
    readable,
    rejection,
    send_reply,
    unreachable,
)
from playhead.gateway.upstreams import Upstreams, vendor_of
from playhead.gateway.vendors import Route, find_route
from playhead.gateway.watching import CallLog, Seen
from playhead.sessions.session import Session
from playhead.wire.exchange import Played, begin, read_sent

LEAVING_SECONDS = 1.0
"""How long a client may take to hang up where the recorded one did."""

_PLAYED = (b"x-playhead-source", b"cassette")


class ModelCalls:
    """The ASGI app of the vendors' routes."""

    def __init__(
        self,
        sessions: Sessions,
        upstreams: Upstreams,
        forwarder: Forwarder,
        log: CallLog,
        *,
        max_body: int,
        on_refused: Callable[[str], None],
    ) -> None:
        """
        Put the parts together.

        Args:
            sessions: The open sessions.
            upstreams: Who answers what is not replayed.
            forwarder: Sends it there.
            log: What has been seen.
            max_body: Bytes that a request's body may have.
            on_refused: Told of each refusal, in one text.
        """
        self._sessions = sessions
        self._upstreams = upstreams
        self._forwarder = forwarder
        self._log = log
        self._max_body = max_body
        self._on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1003, "reason": "no websockets here"})
            return
        arrived = Arrived(scope)
        seen = self._log.start(arrived)
        route = find_route(arrived.path)
        try:
            try:
                await self._answer(arrived, route, seen, receive, send)
            except ClientGone:
                seen.verdict = "failed"
            except (Rejected, PlayheadError) as error:
                await self._refuse(error, arrived, route, seen, send)
        finally:
            self._log.finish(seen)

    async def _answer(self, arrived: Arrived, route: Route | None, seen: Seen, receive: Receive, send: Send) -> None:
        await arrived.read(receive, self._max_body)
        _check_route(arrived, route)
        session = self._sessions.find(arrived.wishes)
        seen.cassette = str(session.path)
        if arrived.wishes.upstream:
            arrived.base = self._upstreams.named(arrived.wishes.upstream).base
        if session.never_live:
            step = begin(session, arrived)
            if isinstance(step, Played):
                await self._play(step, arrived, seen, receive, send)
            return
        await self._answer_or_forward(session, arrived, route, seen, Client(receive, send))

    async def _answer_or_forward(
        self, session: Session, arrived: Arrived, route: Route | None, seen: Seen, client: Client
    ) -> None:
        read = read_sent(arrived)
        named = arrived.wishes.upstream
        vendor = vendor_of(read, route.vendor if route else "", anthropic=bool(arrived.header(b"anthropic-version")))
        upstream = self._upstreams.named(named) if named else self._upstreams.choose(vendor)
        if upstream is None:
            step = begin(session, arrived)
        else:
            arrived.base = upstream.base
            with answered_by(upstream.origin):
                step = begin(session, arrived)
        if isinstance(step, Played):
            await self._play(step, arrived, seen, client.receive, client.send)
            return
        if upstream is None:
            step.forget()
            raise Rejected(
                400, "no_upstream", f"nothing is recorded for the request, and nobody answers for {vendor!r}",
                hint=f"playhead serve --upstream {vendor}=https://...",
            )  # fmt: skip
        seen.upstream = upstream.name
        try:
            await self._forwarder.forward(upstream, arrived, read, step, client)
        except PlayheadError as error:
            if not client.status:
                raise
            # The answer has begun, so all that is left to say it with is the connection.
            seen.error, seen.verdict = error, "failed"
            self._on_refused(f"{arrived.method} {arrived.path}: {error}")
            raise BrokenOff(error.message) from None
        finally:
            seen.status = client.status
        seen.verdict = "failed" if client.gone else "recorded" if session.records else "live"

    async def _play(self, played: Played, arrived: Arrived, seen: Seen, receive: Receive, send: Send) -> None:
        seen.verdict = "played"
        answer = played.answer
        if answer.status == 0:
            reply = unreachable(_vendor(arrived, find_route(arrived.path)), answer.error or WireError("", "other"))
            seen.status = reply.status
            await send_reply(send, reply)
            return
        seen.status = answer.status
        if answer.header("content-encoding") is not None:
            answer = readable(answer, arrived.header(b"accept-encoding"))
        headers = passed_on(answer.headers)
        headers.append(_PLAYED)
        if played.gaps or answer.error is not None or answer.left:
            await self._play_as_it_was(played, headers, Client(receive, send))
            return
        pieces = answer.pieces
        if answer.header("content-length") is not None or len(pieces) <= 1:
            content = answer.content()
            headers.append((b"content-length", b"%d" % len(content)))
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": content})
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _play_as_it_was(self, played: Played, headers: Headers, client: Client) -> None:
        async def work() -> None:
            answer = played.answer
            await client.send({"type": "http.response.start", "status": answer.status, "headers": headers})
            for index, piece in enumerate(answer.pieces):
                if played.gaps:
                    await played.clock.sleep_async(played.wait_before(index))
                await client.send({"type": "http.response.body", "body": piece, "more_body": True})
            if answer.error is not None:
                raise BrokenOff(answer.error.message)
            if answer.left:
                # Who leaves where the recorded client left hangs up about now; who reads on is still there then.
                await asyncio.sleep(LEAVING_SECONDS)
                refusal = played.past_end()
                self._on_refused(str(refusal))
                raise BrokenOff(refusal.message)
            await client.send({"type": "http.response.body", "body": b""})

        await client.serve(work())

    async def _refuse(
        self, error: Rejected | PlayheadError, arrived: Arrived, route: Route | None, seen: Seen, send: Send
    ) -> None:
        seen.error, seen.verdict = error, "refused"
        reply = rejection(_vendor(arrived, route), error)
        seen.status = reply.status
        if isinstance(error, (ReplayRefused, CassetteError)) or not isinstance(error, Rejected):
            self._on_refused(str(error))
        await send_reply(send, reply)


def _check_route(arrived: Arrived, route: Route | None) -> None:
    if route is None:
        # A plugin's dialect may have routes of its own.
        if arrived.wishes.upstream or read_sent(arrived).dialect is not None:
            return
        raise Rejected(
            404, "unknown_route", f"{arrived.method} {arrived.path[:200]} is no route of a vendor's",
            hint="docs/reference/gateway.md lists them; X-Playhead-Upstream sends any other path on as plain HTTP",
        )  # fmt: skip
    if arrived.method != route.method and not (arrived.method == "HEAD" and route.method == "GET"):
        raise Rejected(405, "wrong_method", f"{arrived.path[:200]} takes {route.method}, not {arrived.method}")
    if route.method == "POST":
        arrived.check_json()


def _vendor(arrived: Arrived, route: Route | None) -> str:
    """Say in whose words a client is answered."""
    if route is None or route.vendor != "openai" or not arrived.body:
        is_anthropic = arrived.header(b"anthropic-version")
        return "anthropic" if is_anthropic else route.vendor if route is not None else "openai"
    try:
        return read_sent(arrived).provider
    except PlayheadError:
        return route.vendor
