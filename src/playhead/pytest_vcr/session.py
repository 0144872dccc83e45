"""The session behind a mark ``vcr``: it reads several cassettes, and honours the hooks of vcrpy's configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec

from playhead.core.evidence import Interaction
from playhead.core.model import CompletionRequest
from playhead.core.modes import Mode
from playhead.core.wire import Answer
from playhead.engine.player import Player, Replay
from playhead.engine.takes import parse_takes
from playhead.plugins.installed import offer_installed_dialects
from playhead.pytest_vcr.joining import Joined
from playhead.sessions.session import S, Session
from playhead.sessions.settings import SessionOptions
from playhead.sessions.tickets import Finished
from playhead.wire.seam import SEAM


class VcrSession(Session):
    """
    A session that a mark opened.

    Attributes:
        played: The recorded calls in the order they were played, each once.
        fresh: The calls recorded so far, in the order they were answered.
    """

    def __init__(
        self,
        path: Path,
        mode: Mode,
        options: SessionOptions,
        *,
        joined: Joined | None = None,
        change_sent: Callable[[Any], Any] | None = None,
        change_answer: Callable[[Answer], Answer] | None = None,
    ) -> None:
        """
        Open a cassette and catch the calls of HTTP clients.

        Args:
            path: The test's own cassette.
            mode: What to do with calls.
            options: How.
            joined: What is read instead of the own cassette, in a mode that does not record.
            change_sent: What a request is changed by before it is matched and stored.
            change_answer: What an answer is changed by before it is stored.

        Raises:
            CassetteError: The file exists and cannot be read.
            UsageError: Rules of the match contradict the cassette's.
            RecordingError: The mode records and the folder cannot be written to.
        """
        super().__init__(path, mode, options)
        self.played: list[tuple[str, int]] = []
        self.fresh: list[Interaction] = []
        self._change_sent = change_sent
        self._change_answer = change_answer
        if joined is not None:
            # Whatever the session asks of a cassette, the joined ones answer.
            self._cassette = cast("Any", joined)
            self._player = Player(mode, joined, takes=parse_takes(options.takes), seed=options.seed)
            self.matching = self._agreed_matching()
        offer_installed_dialects()
        SEAM.attach(self)

    def outgoing(self, sent: S) -> S:
        """Give a request as the hooks of the configuration make it."""
        return sent if self._change_sent is None else self._change_sent(sent)

    def incoming(self, answer: Answer) -> Answer:
        """Give an answer as the hooks of the configuration make it."""
        return answer if self._change_answer is None or answer.error is not None else self._change_answer(answer)

    def replayed(self, step: Replay, request: CompletionRequest, provider: str, *, stream: bool) -> None:
        """Note what is played."""
        del request, provider, stream
        place = (step.entry.key, step.entry.n)
        with self._lock:
            if place not in self.played:
                self.played.append(place)

    def _store(self, finished: Finished) -> None:
        super()._store(finished)
        ticket = finished.ticket
        method, _, url = ticket.sent.partition(" ")
        request = msgspec.structs.replace(ticket.request, context={"method": method, "url": url})
        with self._lock:
            self.fresh.append(
                Interaction(
                    request=request,
                    outcome=finished.outcome,
                    provider=ticket.provider,
                    fingerprint=ticket.key.key.hex(),
                    sequence=ticket.n,
                    answer=finished.answer,
                )
            )

    def rewind(self) -> None:
        """Begin again: every recorded call may be played once more."""
        with self._lock:
            self._player.rewind()
            self.played.clear()
