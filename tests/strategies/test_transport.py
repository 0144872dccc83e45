"""The wire seam under a script, for clients of httpx."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given

import playhead
from playhead import strategies as play
from tests.strategies.recordings import BODIES, URL, posted, recorded

WHOLE, STREAM, TOOLS = BODIES


def test_a_client_gets_the_recording() -> None:
    """Status, headers and body, without a socket."""
    with play.Performance(recorded()) as run, httpx.Client(transport=run.transport()) as client:
        answer = client.post(URL, json=WHOLE)
        assert answer.json()["choices"][0]["message"]["content"] == "grüezi"
        assert client.post(URL, json=STREAM).headers["content-type"] == "text/event-stream"
    assert [call.stream for call in run.calls] == [False, True]


def test_pieces_are_the_scripts() -> None:
    """A streaming client sees every cut."""
    script = play.Turn(chunking=play.Chunking(play.Cut.SIZES, (10,)))
    with play.Performance(recorded(), script) as run, httpx.Client(transport=run.transport()) as client:
        with client.stream("POST", URL, json=STREAM) as answer:
            pieces = list(answer.iter_raw())
        assert {len(piece) for piece in pieces[:-1]} == {10}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (play.Fault(play.FaultKind.TIMEOUT), httpx.ReadTimeout),
        (play.Fault(play.FaultKind.RESET), httpx.ReadError),
        (play.Fault(play.FaultKind.SLOW_FIRST, seconds=30), httpx.ReadTimeout),
        (play.Fault(play.FaultKind.STALL, after_pieces=2, seconds=30), httpx.ReadTimeout),
        (play.Fault(play.FaultKind.RESET, after_pieces=2), httpx.ReadError),
    ],
    ids=repr,
)
def test_a_broken_exchange_is_the_librarys_error(fault: play.Fault, error: type[Exception]) -> None:
    """The client's own time-out decides what a delay is."""
    with play.Performance(recorded(), play.Turn(fault=fault)) as run:
        with httpx.Client(transport=run.transport(), timeout=10) as client, pytest.raises(error):
            client.post(URL, json=STREAM)
        assert sum(run.clock.slept) in (0, 10)  # type: ignore[attr-defined]


def test_a_patient_client_waits_in_no_time() -> None:
    """The clock moves; the test does not wait."""
    turns = (
        play.Turn(fault=play.Fault(play.FaultKind.SLOW_FIRST, seconds=600)),
        play.Turn(fault=play.Fault(play.FaultKind.STALL, seconds=600)),
    )
    clock = playhead.ManualClock()
    run = play.Performance(recorded(), turns, clock=clock)
    with run, httpx.Client(transport=run.transport(), timeout=None) as client:
        client.post(URL, json=WHOLE).raise_for_status()
        client.post(URL, json=STREAM).raise_for_status()
    assert clock.slept == [600, 600]


async def test_async_clients_are_served_alike() -> None:
    """The same bytes, the same errors, the same clock."""
    turns = (
        play.Turn(chunking=play.Chunking(play.Cut.EACH)),
        play.Turn(fault=play.Fault(play.FaultKind.SLOW_FIRST, seconds=3)),
        play.Turn(fault=play.Fault(play.FaultKind.STALL, seconds=4)),
        play.Turn(fault=play.Fault(play.FaultKind.RESET, after_pieces=2)),
    )
    clock = playhead.ManualClock()
    with play.Performance(recorded(), turns, clock=clock) as run:
        async with httpx.AsyncClient(transport=run.transport()) as client:
            first = await client.post(URL, json=STREAM)
            assert (await client.post(URL, json=WHOLE)).status_code == 200
            assert (await client.post(URL, json=STREAM)).text.replace(" ", "")[:20] == first.text.replace(" ", "")[:20]
            with pytest.raises(httpx.ReadError):
                await client.post(URL, json=STREAM)
    assert clock.slept == [3, 4]


def test_both_seams_are_counted_together() -> None:
    """A run has one script, whoever calls."""
    turns = (
        play.Turn(fault=play.Fault(play.FaultKind.RATE_LIMIT)),
        play.Turn(fault=play.Fault(play.FaultKind.RATE_LIMIT)),
    )
    with play.Performance(recorded(), turns) as run, httpx.Client(transport=run.transport()) as client:
        assert client.post(URL, json=WHOLE).status_code == 429
        with pytest.raises(playhead.RateLimitError):
            run.provider("openai").complete(playhead.CompletionRequest("hello", model="m"))


def test_what_was_not_recorded_is_refused() -> None:
    """With an error that no client takes for one of the network's, and that cannot be swallowed."""
    run = play.Performance(recorded())
    with httpx.Client(transport=run.transport()) as client, pytest.raises(playhead.NoMatch):
        client.post(URL, json=posted(seed=1))
    with pytest.raises(playhead.NoMatch):
        run.check()


def test_after_another_answer_the_nearest_call_answers() -> None:
    """Of the same operation, whole or streamed alike."""
    turns = (play.Turn(fault=play.Fault(play.FaultKind.EMPTY)),)
    with play.Performance(recorded(), turns) as run, httpx.Client(transport=run.transport()) as client:
        client.post(URL, json=WHOLE)
        more = [{"role": "user", "content": "hello"}, {"role": "user", "content": "say something"}]
        answer = client.post(URL, json=posted(messages=more)).json()
        assert answer["choices"][0]["message"]["content"] == "grüezi"
        assert client.post(URL, json=posted(messages=more, stream=True)).text.startswith("data:")


@given(play.scripts())
def test_a_client_never_sees_anything_else(script: play.Script) -> None:
    """Answers and errors of the library, whatever is drawn; events are cut nowhere but by what the script says."""
    with play.Performance(recorded(), script) as run, httpx.Client(transport=run.transport()) as client:
        for body in (STREAM, TOOLS, WHOLE):
            try:
                answer = client.post(URL, json=body)
            except httpx.TransportError:
                continue
            assert answer.status_code in (200, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504, 529)
            if answer.status_code != 200:
                assert json.loads(answer.content)["error"]["message"]


def test_libraries_are_named() -> None:
    """By name or as a module; another is refused, one that is not there is named."""
    run = play.Performance(recorded())
    assert isinstance(run.transport(httpx), httpx.BaseTransport)
    assert "transport of httpx in" in repr(run.transport("httpx"))
    with pytest.raises(playhead.UsageError, match="'requests' is no library"):
        run.transport("requests")


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setitem(__import__("sys").modules, "httpx2", None)
    with pytest.raises(playhead.MissingDependencyError, match="httpx2"):
        play.Performance(recorded()).transport("httpx2")
