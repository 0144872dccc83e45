"""The ways to open a session: a block, a decorator, one line; each takes the same options and refuses others."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead import CompletionRequest, CyclingStubInferenceProvider, Session, StubInferenceProvider
from playhead.sessions.settings import SessionOptions

ASKED = CompletionRequest("a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a cassette that is not there yet."""
    return tmp_path / "opened.cassette"


@pytest.fixture
def recorded(path: Path) -> Path:
    """Give a cassette with three takes of one call."""
    with playhead.record(CyclingStubInferenceProvider(), path) as provider:
        for _ in range(3):
            provider.complete(ASKED)
    return path


def test_the_default_is_replay(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mode a session replays, and ``PLAYHEAD_MODE`` says otherwise only where no mode is given."""
    monkeypatch.delenv("PLAYHEAD_MODE", raising=False)
    with playhead.use_cassette(path) as session:
        assert session.mode is playhead.Mode.REPLAY
    monkeypatch.setenv("PLAYHEAD_MODE", "new_episodes")
    with playhead.use_cassette(path) as session:
        assert session.mode is playhead.Mode.RECORD_MISSING
    with playhead.use_cassette(path, mode="once") as session:
        assert session.mode is playhead.Mode.ONCE


@pytest.mark.parametrize("mode", ["", "replayed", "auto", "record missing", "REPLAY!"])
def test_an_unknown_mode_is_an_error(path: Path, mode: str) -> None:
    """A mode that does not exist is refused in words, and nothing is opened."""
    with pytest.raises(playhead.UsageError, match="unknown mode"):
        playhead.use_cassette(path, mode=mode).open()
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("option", ["takse", "mode_", "Strict"])
def test_an_unknown_option_is_an_error(path: Path, option: str) -> None:
    """A misspelt option is refused at once, with the options there are."""
    options: dict[str, Any] = {option: True}
    for opening in (
        lambda: playhead.use_cassette(path, **options),
        lambda: playhead.record(StubInferenceProvider(), path, **options),
        lambda: playhead.replay(path, **options),
    ):
        with pytest.raises(playhead.UsageError, match=f"unknown option {option!r}") as caught:
            opening()
        assert caught.value.hint is not None
        assert all(name in caught.value.hint for name in SessionOptions.__struct_fields__)
    assert list(path.parent.iterdir()) == []


def test_an_unknown_takes_policy_is_an_error(recorded: Path) -> None:
    """A policy of takes that does not exist is refused when the session opens."""
    with pytest.raises(playhead.UsageError, match="unknown takes policy 'random'"):
        playhead.replay(recorded, takes="random")


def test_one_line_records_and_one_line_replays(path: Path) -> None:
    """``record`` and ``replay`` give a provider that can be used in a block or closed."""
    provider = playhead.record(StubInferenceProvider("x"), path, name="openai")
    assert provider.complete(ASKED).text == "x"
    provider.close()
    assert provider.session.report().recorded == 1
    player = playhead.replay(path, name="openai", strict=True)
    assert player.complete(ASKED).text == "x"
    player.close()
    player.close()


def test_replay_of_nothing_is_an_error_at_once(path: Path) -> None:
    """``replay`` of a cassette that is not there says so when it is opened, as it promises."""
    with pytest.raises(playhead.CassetteMissing):
        playhead.replay(path)


def test_a_record_that_fails_keeps_the_golden(recorded: Path) -> None:
    """A block of ``record`` that ends in an exception leaves the earlier cassette alone."""
    before = recorded.read_bytes()
    with pytest.raises(ZeroDivisionError), playhead.record(StubInferenceProvider("new"), recorded) as provider:  # noqa: PT012 - the block is the subject
        provider.complete(ASKED)
        raise ZeroDivisionError
    assert recorded.read_bytes() == before
    assert recorded.with_name("opened.failed.cassette").exists()


def test_an_opened_provider_is_refused_before_a_session_is(path: Path) -> None:
    """What is no provider, or has a bad name, is refused before anything is opened."""
    for provider, name in ((object(), "p"), (StubInferenceProvider(), "P")):
        with pytest.raises(playhead.UsageError):
            playhead.record(provider, path, name=name)
    with pytest.raises(playhead.UsageError, match="unknown convention 'chat-ish'"):
        playhead.record(StubInferenceProvider(), path, convention="chat-ish")
    assert list(path.parent.iterdir()) == []


def test_a_decorated_function_opens_a_session_for_each_call(recorded: Path) -> None:
    """Each call of a decorated function starts from the first take and is given the session by name."""

    @playhead.use_cassette(recorded, mode="replay")
    def asking(count: int, *, session: Session) -> list[str]:
        """Ask."""
        provider = session.wrap(None)
        return [provider.complete(ASKED).text for _ in range(count)]

    call: Any = asking
    assert call(2) == call(2) == ["ACME Corp", "Globex Industries"]
    assert (asking.__name__, asking.__doc__) == ("asking", "Ask.")


async def test_a_decorated_coroutine_keeps_its_session_while_it_waits(recorded: Path) -> None:
    """Calls of a decorated coroutine that run side by side have a session each."""

    @playhead.use_cassette(recorded, mode="replay", strict=True)
    async def asking(session: Session) -> list[str]:
        provider = session.wrap(None)
        found = []
        for _ in range(3):
            found.append(provider.complete(ASKED).text)
            await asyncio.sleep(0)
        return found

    call: Any = asking
    assert inspect.iscoroutinefunction(call)
    one, other = await asyncio.gather(call(), call())
    assert one == other == ["ACME Corp", "Globex Industries", "Initech LLC"]


def test_a_function_that_wants_no_session_is_given_none(recorded: Path) -> None:
    """A function without such a parameter is called with its own arguments."""

    @playhead.use_cassette(recorded, mode="replay")
    def plain(a: int, b: int = 2) -> int:
        return a + b

    assert (plain(1), plain(1, b=3)) == (3, 4)


def test_a_given_session_is_not_asked_of_others(recorded: Path) -> None:
    """The decorated function's signature has no ``session``, or a test runner would look for a fixture of that name."""

    @playhead.use_cassette(recorded, mode="replay")
    def test_something(tmp_path: Path, session: Session) -> None:
        """Stand for a test."""

    assert list(inspect.signature(test_something).parameters) == ["tmp_path"]


def test_a_decorated_function_that_fails_keeps_the_golden(recorded: Path) -> None:
    """An exception out of a decorated function is one out of its session's block."""
    before = recorded.read_bytes()

    @playhead.use_cassette(recorded, mode="record")
    def failing(session: Session) -> None:
        session.wrap(StubInferenceProvider("new")).complete(ASKED)
        raise ZeroDivisionError

    call: Any = failing
    with pytest.raises(ZeroDivisionError):
        call()
    assert recorded.read_bytes() == before


async def test_blocks_may_be_awaited(path: Path) -> None:
    """``async with`` opens and closes a session, a ``record`` and a ``replay`` alike."""
    async with playhead.use_cassette(path, mode="record") as session:
        session.wrap(StubInferenceProvider("x")).complete(ASKED)
    async with playhead.replay(path, strict=True) as provider:
        assert provider.complete(ASKED).text == "x"
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the subject
        async with playhead.record(StubInferenceProvider("y"), path) as provider:
            provider.complete(ASKED)
            raise ZeroDivisionError
    assert [entry.evidence.text for entry in playhead.open_cassette(path)] == ["x"]


def test_a_use_may_be_entered_again_inside_itself(recorded: Path) -> None:
    """The same use opens a session of its own each time, also one inside the other."""
    use = playhead.use_cassette(recorded, mode="replay")
    with use as outer:
        first = outer.wrap(None).complete(ASKED)
        with use as inner:
            assert inner is not outer
            assert inner.wrap(None).complete(ASKED) == first
        assert outer.wrap(None).complete(ASKED) != first


def test_a_path_may_be_text_or_a_path(recorded: Path) -> None:
    """A cassette is opened by ``str`` and by ``Path`` alike."""
    for place in (recorded, str(recorded)):
        with playhead.replay(place) as provider:
            assert provider.complete(ASKED).text == "ACME Corp"


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    """Recording makes the cassette's folder; replaying makes none."""
    path = tmp_path / "a" / "b" / "c.cassette"
    with playhead.use_cassette(path, mode="replay"):
        pass
    assert not path.parent.exists()
    with playhead.record(StubInferenceProvider(), path) as provider:
        provider.complete(ASKED)
    assert path.exists()
