"""Which of several takes comes next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import Takes, UsageError
from playhead.engine.takes import next_take, parse_takes

KEY = b"k" * 32

# Written down once; SHA-256 of "seed round ", key and take number gives it in any language.
SHUFFLED = [5, 1, 0, 4, 3, 2, 5, 0, 4, 3, 2, 1]


def order(policy: Takes, count: int, calls: int, *, key: bytes = KEY, seed: int = 0) -> list[int | None]:
    """Give the takes of so many calls."""
    return [next_take(policy, played=played, count=count, key=key, seed=seed) for played in range(calls)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Takes.SEQUENCE, [0, 1, 2, None, None, None, None]),
        (Takes.CYCLE, [0, 1, 2, 0, 1, 2, 0]),
        (Takes.REPEAT_LAST, [0, 1, 2, 2, 2, 2, 2]),
    ],
)
def test_takes_come_in_the_order_of_the_policy(policy: Takes, expected: list[int | None]) -> None:
    """The sequence ends, the cycle starts again, the last is repeated."""
    assert order(policy, 3, 7) == expected


@given(count=st.integers(1, 8), rounds=st.integers(1, 4), key=st.binary(min_size=32, max_size=32), seed=st.integers())
def test_a_shuffle_plays_each_take_once_a_round(count: int, rounds: int, key: bytes, seed: int) -> None:
    """Each round is a permutation of all takes, and the same call has the same take whenever it is asked."""
    played = order(Takes.SHUFFLE, count, count * rounds, key=key, seed=seed)
    for start in range(0, len(played), count):
        assert sorted(played[start : start + count], key=str) == sorted(range(count), key=str)
    assert played == order(Takes.SHUFFLE, count, count * rounds, key=key, seed=seed)


def test_seed_key_and_round_change_a_shuffle() -> None:
    """Another seed, another request and another round are shuffled in another way."""
    first = order(Takes.SHUFFLE, 8, 16)
    assert first[:8] != first[8:]
    assert first != order(Takes.SHUFFLE, 8, 16, seed=1)
    assert first != order(Takes.SHUFFLE, 8, 16, key=b"K" * 32)


def test_a_shuffle_is_the_same_on_every_machine() -> None:
    """The order is fixed for good: a test that was green with a seed stays green."""
    assert order(Takes.SHUFFLE, 6, 12, seed=7) == SHUFFLED


@pytest.mark.parametrize("name", ["sequence", "cycle", "repeat-last", "shuffle", Takes.CYCLE])
def test_policies_are_read_by_name(name: str) -> None:
    """Each policy has one name."""
    assert parse_takes(name) == name


@pytest.mark.parametrize("name", ["", "Cycle", "repeat_last", "random"])
def test_other_names_are_refused(name: str) -> None:
    """A name that is none is an error that lists those there are."""
    with pytest.raises(UsageError, match="unknown takes policy") as caught:
        parse_takes(name)
    assert caught.value.hint == "one of sequence, cycle, repeat-last, shuffle"
