"""The gateway as people look at it: the page, the numbers behind it, and calls as they come."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec

from playhead.core.redaction import Redactor
from playhead.gateway.cassettes import Sessions
from playhead.gateway.upstreams import Upstreams
from playhead.gateway.watching import MOST_CALLS, CallLog
from playhead.sessions.recorder import LiveRedactor

COALESCE_SECONDS = 0.2
"""News within this time is told at once: a page need not be drawn more often."""

HEARTBEAT_SECONDS = 15.0
"""Proxies cut connections on which nothing passes for a minute or so."""

MOST_SESSIONS = 200
"""Cassettes that are shown."""


class Status:
    """What is shown of a gateway."""

    def __init__(self, sessions: Sessions, upstreams: Upstreams, log: CallLog, redactor: Redactor) -> None:
        self._sessions = sessions
        self._upstreams = upstreams
        self._log = log
        self._redactor = LiveRedactor(redactor)

    def facts(self, since: int = 0) -> dict[str, Any]:
        """
        Give the gateway in plain values, without secrets.

        Args:
            since: The number of the last call that is known already.
        """
        redactor = self._redactor.current()
        sessions = list(self._sessions)
        return {
            "mode": self._sessions.mode.value,
            "counts": self._log.counts,
            "calls": [seen.shown(redactor) for seen in self._log.since(since)],
            "count": self._log.count,
            "kept": MOST_CALLS,
            "cassettes": [_cassette(session) for session in sessions[:MOST_SESSIONS]],
            "more_cassettes": max(0, len(sessions) - MOST_SESSIONS),
            "upstreams": [
                {"name": one.name, "address": redactor.redact_url(one.shown) if one.base else one.shown,
                 "kind": "server" if one.base else "provider"}
                for one in self._upstreams
            ],
        }  # fmt: skip

    async def events(self) -> AsyncIterator[bytes]:
        """Give server-sent events: all there is, then what is new; ends when the gateway stops."""
        news = self._log.listen()
        last = 0
        try:
            while not self._log.closed:
                news.clear()
                facts = self.facts(last)
                # A call that is still being answered is told again when it has been.
                pending = [call["number"] for call in facts["calls"] if not call["verdict"]]
                last = min(pending) - 1 if pending else facts["count"]
                yield b"data: " + msgspec.json.encode(facts) + b"\n\n"
                await asyncio.sleep(COALESCE_SECONDS)
                while not news.is_set():
                    try:
                        await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
                    except TimeoutError:
                        yield b": still here\n\n"
        finally:
            self._log.forget(news)


def _cassette(session: Any) -> dict[str, Any]:
    report = session.report()
    return {
        "path": report.cassette,
        "there": session.cassette is not None,
        "calls": report.calls,
        "played": report.played,
        "recorded": report.recorded,
        "refused": report.refused,
        "unplayed": report.unplayed,
    }


@lru_cache(maxsize=1)
def page() -> tuple[bytes, Mapping[str, str]]:
    """Give the page and its headers: it may run and look as it stands here, and nothing else may."""
    text = resources.files("playhead.gateway").joinpath("page.html").read_text("utf-8")
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = (
        f"default-src 'none'; script-src {_digests(script)}; style-src {_digests(style)}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return text.encode(), headers


def _digests(texts: list[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
