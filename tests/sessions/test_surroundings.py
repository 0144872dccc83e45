"""A frozen clock, seeded uuids and chance: the same in a replay, and the process's own again afterwards."""

from __future__ import annotations

import datetime
import random
import sys
import time
import uuid
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import playhead
from playhead import ManualClock
from playhead.sessions.surroundings import surroundings


def around() -> list[Any]:
    """Ask for everything that differs from run to run, in more ways than one."""
    return [
        time.time(),
        time.time_ns(),
        datetime.datetime.now(),
        datetime.datetime.now(datetime.UTC),
        datetime.datetime.today(),
        datetime.date.today(),
        uuid.uuid4(),
        uuid.uuid4(),
        random.random(),
        random.sample(range(1000), 5),
    ]


def test_what_is_asked_for_is_the_same_in_a_replay(tmp_path: Path) -> None:
    """However long after; one record holds it all, and it is a captured call."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session, surroundings(session) as frozen:
        recorded = around()
        assert frozen.time_ns() == frozen.started_ns == time.time_ns()
    assert len(playhead.open_cassette(path)) == 1
    with playhead.use_cassette(path, mode="replay", strict=True) as session, surroundings(session):
        assert around() == recorded
        assert session.report().captured == 1
    assert recorded[6] != recorded[7]


def test_the_process_has_its_own_again(tmp_path: Path) -> None:
    """Names, classes and the state of chance, after an error too."""
    names = (time.time, time.time_ns, uuid.uuid4, datetime.datetime, datetime.date)
    random.seed(7)
    expected = random.random()
    random.seed(7)
    with (
        pytest.raises(KeyError),
        playhead.use_cassette(tmp_path / "a.cassette", mode="live") as session,
        surroundings(session),
    ):
        raise KeyError
    assert (time.time, time.time_ns, uuid.uuid4, datetime.datetime, datetime.date) == names
    assert random.random() == expected


def test_the_classes_pass_for_the_real_ones(tmp_path: Path) -> None:
    """Values made before, inside and after are of one class."""
    real_datetime, real_date = datetime.datetime, datetime.date
    before = real_datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with playhead.use_cassette(tmp_path / "a.cassette", mode="live") as session, surroundings(session):
        made = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC)
        assert type(made) is real_datetime
        assert type(datetime.date(2021, 1, 1)) is real_date
        assert isinstance(before, datetime.datetime)
        assert isinstance(made, datetime.date)
        assert issubclass(real_datetime, datetime.date)
        assert datetime.datetime.fromisoformat("2020-01-01T00:00:00+00:00") == before
        assert made - before == datetime.timedelta(days=366)


def test_modules_with_names_of_their_own_are_told(tmp_path: Path) -> None:
    """``from datetime import datetime`` took the class; named, its module gets the frozen one for the block."""
    module = ModuleType("own_names")
    exec("from datetime import datetime\nfrom time import time\nfrom uuid import uuid4", vars(module))
    own = dict(vars(module))
    with playhead.use_cassette(tmp_path / "a.cassette", mode="live") as session:
        with surroundings(session, modules=[module]) as frozen:
            assert module.time() == frozen.time()
            assert module.datetime.now(datetime.UTC) == frozen.now(datetime.UTC)
        assert {name: vars(module)[name] for name in ("datetime", "time", "uuid4")} == {
            name: own[name] for name in ("datetime", "time", "uuid4")
        }
    assert "own_names" not in sys.modules


def test_time_moves_with_the_tests_own_clock(tmp_path: Path) -> None:
    """A wait on the session's clock is seen by ``time.time`` too."""
    clock = ManualClock()
    with playhead.use_cassette(tmp_path / "a.cassette", mode="record", clock=clock) as session, surroundings(session):
        began = time.time()
        clock.sleep(90)
        assert time.time() - began == pytest.approx(90)
        assert datetime.datetime.now(datetime.UTC).year == 2026


def test_a_replay_without_a_record_is_refused(tmp_path: Path) -> None:
    """There is nothing to freeze at, and the clock stays the machine's."""
    path = tmp_path / "a.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        session.capture(around, name="other")()
    real = time.time
    with (
        playhead.use_cassette(path, mode="replay") as session,
        pytest.raises(playhead.NoMatch, match="captured call 1 is surroundings"),
        surroundings(session),
    ):
        pass
    assert time.time is real
