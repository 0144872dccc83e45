"""SDKs do not wait under replay before they try again; everybody else sleeps as ever."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

import playhead
from playhead import Mode
from playhead.sessions.session import Session
from playhead.sessions.settings import SessionOptions
from playhead.wire.waiting import IMPATIENT, Waits

ROOT = Path(__file__).parents[2]


def as_if_in(module: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function that looks as if it stood in a module."""
    given = function
    assert isinstance(given, FunctionType)
    return FunctionType(given.__code__, {**given.__globals__, "__name__": module}, closure=given.__closure__)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Put functions that only note in the place of those that sleep."""
    noted: list[float] = []

    async def sleep(delay: float, result: object = None) -> object:
        noted.append(delay)
        return result

    monkeypatch.setattr(time, "sleep", noted.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return noted


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Give a session without the seam."""
    with Session(tmp_path / "a.cassette", Mode.LIVE, SessionOptions()) as one:
        yield one


@pytest.mark.parametrize(
    ("module", "skipped"),
    [
        ("openai", True),
        ("openai._base_client", True),
        ("anthropic", True),
        ("google.genai._api_client", True),
        ("tenacity.nap", True),
        ("urllib3.util.retry", True),
        ("openaiish", False),
        ("my.openai", False),
        ("tests.wire.test_waiting", False),
        ("", False),
    ],
)
async def test_waits_are_skipped_by_who_waits(session: Session, slept: list[float], module: str, skipped: bool) -> None:
    """A wait counts by the top-level package of the code that asks for it."""

    def wait() -> None:
        time.sleep(30)

    async def wait_async() -> Any:
        return await asyncio.sleep(40, "given")

    waits = Waits()
    waits.skip(session)
    try:
        as_if_in(module, wait)()
        assert await as_if_in(module, wait_async)() == "given"
    finally:
        waits.wait_again(session)
    assert slept == ([0, 0] if skipped else [30, 40])


def test_originals_come_back(session: Session, slept: list[float], tmp_path: Path) -> None:
    """Only the last of several sessions puts the functions back, and they are the identical ones."""
    before = (time.sleep, asyncio.sleep)
    waits = Waits()
    with Session(tmp_path / "b.cassette", Mode.LIVE, SessionOptions()) as other:
        waits.wait_again(session)
        waits.skip(session)
        waits.skip(other)
        waits.wait_again(session)
        waits.wait_again(session)
        assert time.sleep is not before[0]
        waits.wait_again(other)
    assert (time.sleep, asyncio.sleep) == before


def test_a_function_put_over_ours_stays(session: Session, slept: list[float]) -> None:
    """A clock that somebody stops meanwhile is theirs to start again."""
    waits = Waits()
    waits.skip(session)
    theirs = lambda _: None  # noqa: E731
    time.sleep = theirs
    waits.wait_again(session)
    assert time.sleep is theirs


def test_the_replacement_looks_like_the_original(session: Session) -> None:
    """Name and words are those of the function it stands for."""
    before = time.sleep
    waits = Waits()
    waits.skip(session)
    try:
        assert (time.sleep.__name__, time.sleep.__doc__) == ("sleep", before.__doc__)
    finally:
        waits.wait_again(session)
    assert time.sleep is before


def test_a_module_that_arrives_while_waits_are_skipped(session: Session, slept: list[float]) -> None:
    """What has a sleeping function and is imported within the block is taken in, and else left alone."""
    module = ModuleType("anyio")
    calls: list[float] = []

    async def sleep(delay: float) -> None:
        calls.append(delay)

    module.sleep = sleep  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "anyio", module)
        waits = Waits()
        waits.arrived("anyio")
        assert module.sleep is sleep
        patch.delitem(sys.modules, "anyio")
        waits.skip(session)
        patch.setitem(sys.modules, "anyio", module)
        waits.arrived("anyio")
        assert module.sleep is not sleep
        waits.wait_again(session)
        assert module.sleep is sleep


def test_the_known_ones_are_top_level_packages() -> None:
    """The list names packages, none of them this one or the standard library."""
    assert all(name.isidentifier() for name in IMPATIENT)
    assert not IMPATIENT & {"playhead", "asyncio", "time", "threading"}


def test_the_programs_own_sleep_is_not_skipped(tmp_path: Path, slept: list[float]) -> None:
    """In a session that replays the code under test sleeps as before."""
    with playhead.use_cassette(tmp_path / "a.cassette"):
        time.sleep(0.25)
    assert slept == [0.25]


CHILD = """
import asyncio, sys, time
import playhead

sys.path.insert(0, sys.argv[2])
with playhead.use_cassette(sys.argv[1], mode="replay"):
    import openai
    began = time.monotonic()
    openai.wait(60)
    asyncio.run(openai.wait_async(60))
    assert time.monotonic() - began < 30, "an SDK waited"
    time.sleep(0)
assert openai.wait.__globals__["time"].sleep is time.sleep
print(type(time.sleep).__name__)
"""


def test_an_sdk_does_not_wait(tmp_path: Path) -> None:
    """A package of that name, imported in the block, waits for a minute and has waited no time."""
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "__init__.py").write_text(
        textwrap.dedent(
            """
            import asyncio, time

            def wait(seconds):
                time.sleep(seconds)

            async def wait_async(seconds):
                await asyncio.sleep(seconds)
            """
        )
    )
    command = [sys.executable, "-W", "error", "-c", CHILD, str(tmp_path / "a.cassette"), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert (ended.stdout.strip(), ended.stderr) == ("builtin_function_or_method", "")


def test_anyio_is_not_asked_before_somebody_waits(tmp_path: Path) -> None:
    """A session does not ask the package for its function: it imports its event loop to give it."""
    code = """
        import asyncio, sys, time
        import anyio
        import playhead

        def wait(module):
            names = {"__name__": module}
            exec("async def wait():\\n    import anyio\\n    await anyio.sleep(0.2)", names)
            began = time.perf_counter()
            asyncio.run(names["wait"]())
            return time.perf_counter() - began >= 0.2

        with playhead.use_cassette(sys.argv[1], mode="record") as session:
            session.wrap(playhead.StubInferenceProvider()).complete(playhead.CompletionRequest("yes?"))
        loaded = []
        with playhead.use_cassette(sys.argv[1]):
            loaded.append("anyio._core._eventloop" in sys.modules)
            waits = [wait("openai"), wait("mine")]
        waits.append(wait("openai"))
        with playhead.use_cassette(sys.argv[1]):
            waits += [wait("openai"), wait("mine")]
        print(loaded, waits, wait("openai"))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "a.cassette")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[False] [False, True, True, False, True] True"
