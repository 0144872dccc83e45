"""The example agent: its three bugs are found and shrunk, and without them it holds, whatever happens to its calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import find, given, settings
from hypothesis.errors import NoSuchExample

import playhead
from playhead import strategies as play
from tests.sdks.cases import NOT_HERE

openai = pytest.importorskip("openai", reason=NOT_HERE)
httpx2 = pytest.importorskip("httpx2", reason=NOT_HERE)

from examples.agent.agent import Advice, Agent, AgentError  # noqa: E402 - where the SDK is installed
from examples.agent.bugs import Bugs  # noqa: E402
from examples.agent.record import CASSETTE, QUESTION, record  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = playhead.open_cassette(CASSETTE)
SAID = ("Zieh dich warm an: es ist früh und kalt.", "Mütze, Schal, Handschuhe, bei -3 °C!")

EXAMPLES = 200
"""Within how many each bug is found; without bugs 2,000 were run by hand."""

SEARCH = settings(max_examples=EXAMPLES, database=None, derandomize=True, deadline=None)
FINAL = (400, 401, 403, 404, 422)


def advised(script: play.Script, bugs: Bugs = Bugs.NONE) -> tuple[Advice | None, play.Performance]:
    """Run the agent under a script; ``None`` where it says that it has no answer."""
    with (
        play.Performance(RECORDED, script) as run,
        httpx2.Client(transport=run.transport("httpx2"), timeout=60) as http,
    ):
        client = openai.OpenAI(api_key="none", http_client=http, max_retries=0)
        try:
            return Agent(client, bugs=bugs, sleep=run.clock.sleep).advise(QUESTION), run
        except AgentError:
            return None, run


def holds(script: play.Script, bugs: Bugs = Bugs.NONE) -> bool:
    """Say whether the agent does what it promises under a script."""
    try:
        advice, run = advised(script, bugs)
    except (playhead.ReplayRefused, LookupError, ValueError):
        return False
    return is_sound(advice, run)


def is_sound(advice: Advice | None, run: play.Performance) -> bool:
    """Say whether advice is the model's, to the letter, and nothing was asked again that fails for ever."""
    final = [at for at, call in enumerate(run.calls) if call.turn.fault and _is_final(call.turn.fault)]
    if final and final != [len(run.calls) - 1]:
        return False
    if advice is None:
        return run.diverged
    return advice.city == "Zürich" and advice.advice in SAID


def _is_final(fault: play.Fault) -> bool:
    return fault.kind is play.FaultKind.SERVER_ERROR and fault.status in FINAL


def simplest(bugs: Bugs) -> play.Script:
    """Give the simplest script under which the agent does not hold."""
    return find(play.scripts(RECORDED), lambda script: not holds(script, bugs), settings=SEARCH)


@pytest.mark.parametrize(
    ("bugs", "expected"),
    [
        (Bugs.CHUNKS, play.Script((play.Turn(chunking=play.Chunking(play.Cut.CHARACTERS)),))),
        (Bugs.ORDER, play.Script((play.Turn(order=1),))),
        (Bugs.RETRIES, play.Script((play.Turn(fault=play.Fault(play.FaultKind.SERVER_ERROR, status=400)),))),
    ],
    ids=["a character cut in two", "tools in another order", "a retry that cannot help"],
)
def test_each_bug_is_found_and_shrunk(bugs: Bugs, expected: play.Script) -> None:
    """Within 200 examples, to one disturbance of one call: the one that names the bug."""
    assert simplest(bugs) == expected


def test_without_bugs_nothing_is_found() -> None:
    """The same search comes back with nothing."""
    with pytest.raises(NoSuchExample):
        simplest(Bugs.NONE)


@settings(SEARCH)
@given(play.scripts(RECORDED, most=5))
def test_the_agent_holds(script: play.Script) -> None:
    """Under more disturbances than a bad day brings: advice to the letter, or an error that says why."""
    advice, run = advised(script)
    assert is_sound(advice, run)


@settings(SEARCH)
@given(play.scripts(RECORDED, takes=False, faults=["slow-first", "stall"], truncations=False, reorderings=False))
def test_pieces_and_delays_change_nothing(script: play.Script) -> None:
    """However it comes, the advice is the recorded one, unless the client's patience ends."""
    advice, run = advised(script)
    if not any(call.turn.fault and call.turn.fault.seconds > 60 for call in run.calls):
        assert advice == Advice("Zürich", SAID[0])


def test_the_cassette_is_what_the_agent_records(tmp_path: Path) -> None:
    """It was recorded by the agent as it is, from the stand-in as it is."""
    record(tmp_path / "agent.cassette")
    assert playhead.open_cassette(tmp_path / "agent.cassette").digest == RECORDED.digest


def test_the_fixed_agent_waits_as_it_is_told() -> None:
    """A rate limit's wait is kept, on the run's clock."""
    script = play.Script((play.Turn(fault=play.Fault(play.FaultKind.RATE_LIMIT, retry_after=20)),))
    advice, run = advised(script)
    assert advice == Advice("Zürich", SAID[0])
    clock: Any = run.clock
    assert clock.slept == [20]


def test_the_sdk_is_real() -> None:
    """Its own retries and errors run over the script too."""
    script = play.Script((play.Turn(fault=play.Fault(play.FaultKind.SERVER_ERROR, status=401)),))
    ask: Callable[..., Any]
    with play.Performance(RECORDED, script) as run, httpx2.Client(transport=run.transport("httpx2")) as http:
        ask = openai.OpenAI(api_key="none", http_client=http).chat.completions.create
        first = next(iter(RECORDED)).request
        with pytest.raises(openai.AuthenticationError):
            ask(model="gpt-4o", messages=list(first.messages or ()), tools=list(first.tools), stream=True)
