"""Which cassette a request is of, and the sessions that are open: one a cassette, kept until it is closed."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from playhead.core.model import CompletionRequest, Origin
from playhead.core.modes import Mode
from playhead.engine.ledger import Report
from playhead.engine.player import Replay
from playhead.errors import PlayheadError
from playhead.gateway.arriving import CASSETTE_HEADER, TEST_HEADER, Wishes
from playhead.gateway.replies import Rejected
from playhead.harness.cassette_names import ENDING, file_stem, with_ending
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.sessions.tickets import Ticket

MOST_RECORDING = 400
"""Sessions that may record at a time: each holds a journal open, and systems allow 1,024 files a process."""

MOST_PLAYING = 5_000
"""Sessions that may replay at a time."""

MAX_NAME = 1_000
"""Characters of a cassette's name or a test's id."""

_PLAIN_PART = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]+\Z")

_ORIGIN: ContextVar[Origin] = ContextVar("playhead_gateway_origin", default=Origin.LIVE)


@contextmanager
def answered_by(origin: Origin) -> Generator[None]:
    """Have calls that begin in this block recorded as answered by a stub, or by whatever answers them."""
    token = _ORIGIN.set(origin)
    try:
        yield
    finally:
        _ORIGIN.reset(token)


class GatewaySession(Session):
    """A session whose calls may be answered by a provider of ours, which the recording says."""

    def begin(self, request: CompletionRequest, provider: str, **facts: Any) -> Replay | Ticket:
        """Decide what happens to a call that starts now."""
        facts.setdefault("origin", _ORIGIN.get())
        return super().begin(request, provider, **facts)


class Sessions:
    """The open sessions, by cassette."""

    def __init__(self, *, cassette: Path | None, folder: Path | None, mode: Mode, options: SessionOptions) -> None:
        """
        Take the places.

        Args:
            cassette: The cassette of requests that name none.
            folder: Where cassettes are that requests name.
            mode: The mode of every session.
            options: How every session behaves.
        """
        self.mode = mode
        self.folder = folder
        self._options = options
        self._cassette = cassette
        # Followed once: a link that the user made to the folder itself is the user's own.
        self._root = None if folder is None else folder.resolve()
        self._by_wish: dict[tuple[str, str], Session] = {}
        self._by_path: dict[Path, Session] = {}
        self._ended: list[Report] = []

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._by_path.values()))

    def find(self, wishes: Wishes) -> Session:
        """
        Give the session of a request, opened where it is not open yet.

        Raises:
            Rejected: The request names no cassette, or one that may not be.
            CassetteError: The cassette cannot be read.
            RecordingError: The folder cannot be written to.
        """
        key = (wishes.cassette, wishes.test)
        found = self._by_wish.get(key)
        if found is None:
            path = self.path_for(wishes)
            found = self._by_path.get(path.resolve()) or self._open(path)
            self._by_wish[key] = found
        return found

    def open_default(self) -> None:
        """
        Open the cassette of requests that name none, so that what is wrong with it shows at the start.

        Raises:
            CassetteError: It cannot be read.
            RecordingError: The folder cannot be written to.
        """
        if self._cassette is not None:
            self.find(Wishes())

    def path_for(self, wishes: Wishes) -> Path:
        """
        Give the cassette's path.

        Raises:
            Rejected: The request names none, or one outside of the folder.
        """
        named = wishes.cassette or wishes.test
        if not named:
            if self._cassette is None:
                raise Rejected(
                    400,
                    "no_cassette",
                    "the request names no cassette",
                    hint=f"send {_shown(CASSETTE_HEADER)} or {_shown(TEST_HEADER)}, or serve one with --cassette",
                )
            return self._cassette
        if self._root is None or self.folder is None:
            raise Rejected(
                400, "no_folder", "this gateway serves one cassette, so no request can name another",
                hint="serve a folder: --cassettes FOLDER",
            )  # fmt: skip
        if wishes.cassette and wishes.test:
            raise Rejected(400, "two_cassettes", "a cassette and a test are both named", hint="send one of the headers")
        name = with_ending(wishes.cassette) if wishes.cassette else _name_of_test(wishes.test)
        return self._inside(self._root, self.folder, name)

    def _inside(self, root: Path, folder: Path, name: str) -> Path:
        parts = name.split("/")
        if len(name) > MAX_NAME or not all(_PLAIN_PART.match(part) and not part.startswith(".") for part in parts):
            raise _outside(name)
        path = root.joinpath(*parts)
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):
            raise _outside(name) from None
        if real != path:
            # Somewhere on the way a link leads elsewhere.
            raise _outside(name)
        return folder.joinpath(*parts)

    def _open(self, path: Path) -> Session:
        most = MOST_RECORDING if self.mode.may_record else MOST_PLAYING
        if len(self._by_path) >= most:
            raise Rejected(
                400, "too_many_cassettes", f"{most} cassettes are open",
                hint="close those that are done with: POST /playhead/close with the header that names the cassette",
            )  # fmt: skip
        session = self._by_path[path.resolve()] = GatewaySession(path, self.mode, self._options)
        return session

    def close(self, wishes: Wishes) -> Report | None:
        """
        End the session of a cassette; the next request for it opens another. ``None`` where there is none.

        Raises:
            Rejected: The request names none, or one that may not be.
            RecordingError: What was recorded could not be sealed.
        """
        session = self._by_path.get(self.path_for(wishes).resolve())
        return None if session is None else self._close(session)

    def _close(self, session: Session) -> Report:
        self._by_path.pop(session.path.resolve(), None)
        self._by_wish = {key: one for key, one in self._by_wish.items() if one is not session}
        try:
            return session.close()
        finally:
            self._ended.append(session.report())

    def close_all(self) -> list[PlayheadError]:
        """End every session, and give what went wrong; a fault in one does not keep the others from sealing."""
        faults: list[PlayheadError] = []
        for session in self:
            try:
                self._close(session)
            except PlayheadError as fault:
                faults.append(fault)
        return faults

    def reports(self) -> list[Report]:
        """Give every session in numbers: those that have ended, then those that are open."""
        return [*self._ended, *(session.report() for session in self)]


def _name_of_test(test: str) -> str:
    """Give the name of a test's cassette, as the pytest plugin has it below its folder ``cassettes``."""
    whole, bracket, parameters = test.partition("[")
    first, *names = whole.split("::")
    stem = first.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
    if not names:
        return f"{file_stem([test])}{ENDING}"
    return f"{stem}/{file_stem([*names[:-1], names[-1] + bracket + parameters])}{ENDING}"


def _outside(name: str) -> Rejected:
    return Rejected(
        403, "outside_folder", f"{name[:200]!r} is no name of a cassette in the folder",
        hint="a relative path without '..' and without links, as in chat/hello.cassette",
    )  # fmt: skip


def _shown(header: bytes) -> str:
    return header.decode().title()
