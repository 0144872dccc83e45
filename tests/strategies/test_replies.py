"""Answers over the wire under a script, as bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from playhead import strategies as play
from playhead.core.model import Completion
from playhead.strategies.replies import Reply, reply_to
from playhead.wire.exchange import Read, Sent, read_sent
from tests.strategies.recordings import BODIES, URL, recorded

WHOLE, STREAM, TOOLS = BODIES


def read(body: dict[str, Any]) -> Read:
    """Read a request."""
    data = json.dumps(body).encode()
    return read_sent(Sent("POST", URL, "/v1/chat/completions", "", data, "application/json"))


def reply(body: dict[str, Any], turn: play.Turn, *, patience: float | None = None) -> Reply:
    """Give the reply to a request."""
    asked = read(body)
    with play.Performance(recorded(), turn) as run:
        step = run.step(asked.request, asked.provider, stream=asked.stream, wire=True)
    return reply_to(step, asked, patience=patience)


def said(body: dict[str, Any], given: Reply) -> Completion:
    """Read what a reply says, as an SDK would."""
    asked = read(body)
    assert asked.dialect is not None
    if not asked.stream:
        return asked.dialect.decode_response(json.loads(given.answer.content()))
    assert asked.dialect.stream is not None
    reader = asked.dialect.stream.reader()
    for piece in given.answer.pieces:
        reader.feed(piece)
    return reader.finish()


def test_an_undisturbed_answer_is_the_recorded_one() -> None:
    """To the byte, the piece and the header."""
    for interaction, body in ((i, b) for i in recorded() for b in BODIES if i.answer is not None):
        if read(body).request == interaction.request:
            assert reply(body, play.Turn()).answer == interaction.answer


@pytest.mark.parametrize("body", BODIES, ids=["whole", "stream", "tools"])
def test_other_pieces_are_the_same_bytes(body: dict[str, Any]) -> None:
    """One byte at a time: the same answer."""
    cut = reply(body, play.Turn(chunking=play.Chunking(play.Cut.EACH))).answer
    assert cut.content() == reply(body, play.Turn()).answer.content()
    assert max(map(len, cut.pieces)) == 1


def test_a_cut_off_answer_is_written_in_its_dialect() -> None:
    """Text, then tools and their arguments; the reason is the vendor's."""
    assert said(WHOLE, reply(WHOLE, play.Turn(missing=2))).text == "grüe"
    streamed = reply(STREAM, play.Turn(missing=3))
    assert (said(STREAM, streamed).text, said(STREAM, streamed).finish_reason) == ("Grüezi miteinan", "length")
    assert len(streamed.answer.pieces) > 3
    calls = said(TOOLS, reply(TOOLS, play.Turn(missing=1))).tool_calls
    assert calls[1].arguments == '{"zone": "CET"'
    header = reply(WHOLE, play.Turn(missing=2)).answer
    assert header.header("content-length") in (None, str(len(header.content())))


def test_tools_are_turned_round() -> None:
    """The calls with their ids, in the other order."""
    assert [call.id for call in said(TOOLS, reply(TOOLS, play.Turn(order=1))).tool_calls] == ["call_2", "call_1"]


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        (play.Fault(play.FaultKind.RATE_LIMIT, retry_after=20), 429, "20"),
        (play.Fault(play.FaultKind.SERVER_ERROR), 503, None),
        (play.Fault(play.FaultKind.SERVER_ERROR, status=400), 400, None),
        (play.Fault(play.FaultKind.MALFORMED_BODY), 200, None),
    ],
    ids=repr,
)
def test_a_status_comes_with_its_header(fault: play.Fault, status: int, retry_after: str | None) -> None:
    """As a server sends it."""
    answer = reply(WHOLE, play.Turn(fault=fault)).answer
    assert (answer.status, answer.header("retry-after")) == (status, retry_after)


def test_a_broken_stream_has_a_beginning() -> None:
    """Whole events, then the error; cut into bytes the same ones."""
    broken = reply(STREAM, play.Turn(fault=play.Fault(play.FaultKind.RESET, after_pieces=2))).answer
    assert broken.error is not None
    assert b"Gr\xc3\xbcezi" in broken.content()
    assert b"ander" not in broken.content()
    finer = reply(
        STREAM, play.Turn(fault=play.Fault(play.FaultKind.RESET, after_pieces=2), chunking=play.Chunking(play.Cut.EACH))
    ).answer
    assert finer.content() == broken.content()
    assert reply(WHOLE, play.Turn(fault=play.Fault(play.FaultKind.TIMEOUT))).answer.status == 0


@pytest.mark.parametrize("kind", ["empty", "refusal", "wrong-model", "malformed-json"])
@pytest.mark.parametrize("body", BODIES, ids=["whole", "stream", "tools"])
def test_a_changed_answer_is_a_sound_one(kind: str, body: dict[str, Any]) -> None:
    """An SDK reads it; what it says is at fault."""
    turn = play.Turn(fault=play.Fault(play.FaultKind(kind)), chunking=play.Chunking(play.Cut.EACH))
    answer, usual = said(body, reply(body, turn)), said(body, reply(body, play.Turn()))
    assert (answer.text, answer.model, answer.tool_calls) != (usual.text, usual.model, usual.tool_calls)


def test_a_delay_is_waited_for_or_ends_the_call() -> None:
    """A patient client waits before the head or between two pieces; another has its time-out there."""
    late = play.Turn(fault=play.Fault(play.FaultKind.SLOW_FIRST, seconds=9))
    assert reply(WHOLE, late).before == 9
    assert reply(WHOLE, late, patience=5).answer.status == 0
    assert reply(WHOLE, late, patience=5).before == 5
    stall = play.Turn(fault=play.Fault(play.FaultKind.STALL, seconds=9, after_pieces=1))
    waits = reply(STREAM, stall)
    assert waits.gaps[-1] == 9
    assert said(STREAM, waits) == said(STREAM, reply(STREAM, play.Turn()))
    broken = reply(STREAM, stall, patience=5)
    assert broken.gaps[-1] == 5
    assert broken.answer.error is not None
    assert broken.answer.error.kind == "read-timeout"


@given(play.turns())
def test_whatever_happens_there_is_an_answer_or_an_error(turn: play.Turn) -> None:
    """Every turn gives something that a server could have sent."""
    for body in BODIES:
        found = reply(body, turn, patience=60).answer
        assert found.status or found.error is not None
