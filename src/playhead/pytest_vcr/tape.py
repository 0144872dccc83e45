"""What a test's fixture ``vcr`` is where cassettes are our own: vcrpy's names for what a session knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from playhead.core.calls import key_bytes
from playhead.core.evidence import Interaction
from playhead.interchange import vcr_writing
from playhead.interchange.sending import wired
from playhead.interchange.source import Unusable
from playhead.pytest_vcr.session import VcrSession

KNOWN = (
    *("path", "record_mode", "play_count", "all_played", "requests", "responses", "data", "rewind", "rewound", "dirty"),
    *("write_protected", "session"),
)


class Tape:
    """
    The cassette of a test.

    Calls stand in the order they were played in; those not played yet follow, in the order ``playhead show`` has, then
    those recorded in this test: a cassette does not keep the time of day.

    Attributes:
        session: The session itself, with everything that vcrpy has no name for.
        path: The path of the test's own cassette.
        record_mode: vcrpy's word for what is done with calls.
    """

    def __init__(self, session: VcrSession, record_mode: str) -> None:
        self.session = session
        self.path = str(session.path)
        self.record_mode = record_mode

    def __repr__(self) -> str:
        return f"<vcr {self.path!r}: {len(self)} calls, {self.play_count} played>"

    def __len__(self) -> int:
        cassette = self.session.cassette
        return (0 if cassette is None else len(cassette)) + len(self.session.fresh)

    @property
    def play_count(self) -> int:
        """How many calls were answered from the cassette."""
        return self.session.report().played

    @property
    def all_played(self) -> bool:
        """Whether every call was played; one that was recorded just now was not."""
        return not self.session.fresh and self.session.report().unplayed == 0

    @property
    def data(self) -> list[tuple[Any, dict[str, Any]]]:
        """
        The calls, each a ``vcr.request.Request`` and a dict as vcrpy keeps an answer: status, headers, body.

        Request headers are not recorded, so that of the content type stands alone.

        Raises:
            pytest.UsageError: A call was not recorded over HTTP, or its answer broke off.
        """
        return [_in_words_of_vcrpy(interaction) for interaction in self._interactions()]

    @property
    def requests(self) -> list[Any]:
        """The requests of the calls."""
        return [request for request, _ in self.data]

    @property
    def responses(self) -> list[dict[str, Any]]:
        """The answers of the calls."""
        return [response for _, response in self.data]

    @property
    def rewound(self) -> bool:
        """Whether there were recorded calls when the test began."""
        return bool(self.session.cassette)

    @property
    def dirty(self) -> bool:
        """Whether something was recorded."""
        return bool(self.session.fresh)

    @property
    def write_protected(self) -> bool:
        """Whether nothing can be recorded."""
        return self.session.never_live

    def rewind(self) -> None:
        """Begin again: every recorded call may be played once more."""
        self.session.rewind()

    def _interactions(self) -> Iterator[Interaction]:
        cassette: Any = self.session.cassette
        if cassette is not None:
            played = {(key_bytes(key), n): place for place, (key, n) in enumerate(self.session.played)}
            last = len(played)
            yield from sorted(
                cassette, key=lambda one: played.get((bytes.fromhex(one.fingerprint), one.sequence), last)
            )
        yield from self.session.fresh

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(
            f"the fixture vcr has no {name!r} where cassettes are Playhead's\nhint: it has {', '.join(KNOWN)}"
        )


def _in_words_of_vcrpy(interaction: Interaction) -> tuple[Any, dict[str, Any]]:
    from vcr.request import Request

    try:
        answer = interaction.answer
        if answer is None:
            raise Unusable("it was not recorded over HTTP")
        asked = wired(interaction)
        response = vcr_writing.interaction_of(asked, answer)["response"]
    except Unusable as reason:
        raise pytest.UsageError(f"a recorded call cannot be given as vcrpy has it: {reason}") from None
    response["body"]["string"] = answer.content()
    headers = {"content-type": asked.content_type} if asked.content_type else {}
    made: Any = Request
    return made(asked.method, asked.url, asked.body or None, headers), response
