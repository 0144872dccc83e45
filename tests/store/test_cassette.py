"""A cassette opened for reading: counts, order, look-up, identity, and errors that name the file."""

from __future__ import annotations

from pathlib import Path

import pytest

import playhead
from playhead import CompletionRequest, ManualClock, Origin
from playhead.core.fingerprint import fingerprint
from playhead.core.sketch import sketch
from playhead.format.limits import Limits
from playhead.format.numbers import SEGMENT_TABLE_MIN_CALLS
from playhead.store.cassette import cassette_from, open_cassette


class Echo:
    """Answers with the question."""

    def complete(self, request: CompletionRequest) -> playhead.Completion:
        """Answer."""
        return playhead.Completion(f"<{request.prompt}>", model="m")


@pytest.fixture(params=[".cassette", ".cassette.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give the path of a cassette of either profile."""
    return tmp_path / f"name{request.param}"


def record(path: Path, prompts: list[str], *, clock: ManualClock | None = None) -> playhead.Cassette:
    """Record prompts and open what was recorded."""
    with playhead.record(Echo(), path, name="p", clock=clock or ManualClock()) as provider:
        for prompt in prompts:
            provider.complete(CompletionRequest(prompt))
    return open_cassette(path)


def test_it_counts_and_gives_what_was_recorded(path: Path) -> None:
    """Length, interactions with all their facts, path and profile are those of the file."""
    cassette = record(path, ["a", "b", "a"])
    assert len(cassette) == 3
    assert (cassette.path, cassette.profile) == (path, "text" if path.suffix == ".json" else "sealed")
    found = [(entry.request.prompt, entry.sequence, entry.evidence.text) for entry in cassette]
    assert found == [("a", 0, "<a>"), ("a", 1, "<a>"), ("b", 0, "<b>")]
    first = next(iter(cassette))
    assert (first.provider, first.origin, first.recorded_on, first.latency_ms) == ("p", Origin.LIVE, "2026-01-01", 0)
    assert first.fingerprint == fingerprint(CompletionRequest("a"), "p").hex
    assert repr(cassette) == f"<Cassette {str(path)!r}: 3 interactions, digest {cassette.digest[:12]}>"


def test_it_finds_the_takes_of_a_request(path: Path) -> None:
    """A look-up gives the takes in order, and nothing for another provider, a stream or another request."""
    cassette = record(path, ["a", "b", "a"])
    assert [entry.sequence for entry in cassette.lookup(CompletionRequest("a"), provider="p")] == [0, 1]
    assert cassette.lookup(CompletionRequest("a")) == []
    assert cassette.lookup(CompletionRequest("a"), provider="p", stream=True) == []
    assert cassette.lookup(CompletionRequest("c"), provider="p") == []
    key = fingerprint(CompletionRequest("a"), "p").key
    assert cassette.takes(key) == 2
    entry = cassette.get(key, 1)
    assert entry is not None
    assert cassette.interaction(entry).request.prompt == "a"
    assert cassette.get(key, 2) is None


def test_iterating_follows_conversations(path: Path) -> None:
    """Each turn of a conversation follows the turn it extends, whatever order they were recorded in."""

    class Turns:
        def complete(self, request: CompletionRequest) -> playhead.Completion:
            return playhead.Completion(str(len(request.conversation())))

    def conversation(*texts: str) -> CompletionRequest:
        return CompletionRequest(messages=tuple({"role": "user", "content": text} for text in texts))

    asked = [
        conversation("x", "y"),
        conversation("a", "b", "c"),
        conversation("a"),
        conversation("x"),
        conversation("a", "b"),
    ]
    with playhead.record(Turns(), path) as provider:
        for request in asked:
            provider.complete(request)
    found = [
        "".join(str(message["content"]) for message in entry.request.conversation()) for entry in open_cassette(path)
    ]
    assert found == ["a", "ab", "abc", "x", "xy"]


def test_its_digest_is_that_of_the_evidence(tmp_path: Path) -> None:
    """Profile, time, order and latency do not change the digest; another answer or one take more does."""
    later = ManualClock(1_800_000_000_000_000_000)
    one = record(tmp_path / "one.cassette", ["a", "b"])
    same = [
        record(tmp_path / "two.cassette.json", ["a", "b"]),
        record(tmp_path / "three.cassette", ["b", "a"], clock=later),
    ]
    other = [record(tmp_path / "four.cassette", ["a", "b", "b"]), record(tmp_path / "five.cassette", ["a"])]
    assert {cassette.digest for cassette in same} == {one.digest}
    assert len({cassette.digest for cassette in (one, *other)}) == 3
    assert len(one.digest) == 64


@pytest.mark.parametrize("count", [3, SEGMENT_TABLE_MIN_CALLS + 3])
def test_outlines_are_those_of_the_requests(path: Path, count: int) -> None:
    """With a table or without, each call's outline is that of its request, segments whole or cut to four bytes."""
    prompts = [f"question {number}" for number in range(count)]
    cassette = record(path, prompts)
    expected = {}
    for prompt in prompts:
        request = CompletionRequest(prompt)
        found = fingerprint(request, "p")
        expected[found.key[:16], 0] = (tuple(digest[:4] for digest in found.segments), sketch(request))
    given = {
        (key, n): (tuple(digest[:4] for digest in outline.segments), outline.sketch)
        for key, n, outline in cassette.outlines()
    }
    assert given == expected


def test_errors_name_the_file(tmp_path: Path) -> None:
    """What is wrong inside a cassette is told with its path, also when it shows long after opening."""
    path = tmp_path / "name.cassette"
    cassette = record(path, ["a"])
    (row,) = cassette.reader.rows()
    data = bytearray(path.read_bytes())
    data[row.offset + row.length - 6] ^= 0xFF
    path.write_bytes(data)
    damaged = open_cassette(path)
    key = fingerprint(CompletionRequest("a"), "p").key
    for read in (
        lambda: damaged.get(key, 0),
        lambda: list(damaged),
        lambda: damaged.lookup(CompletionRequest("a"), provider="p"),
        lambda: list(damaged.outlines()),
    ):
        with pytest.raises(playhead.CassetteDamaged) as caught:
            read()
        assert caught.value.path == str(path)
        assert str(path) in str(caught.value)


def test_limits_hold_from_the_opening_on(tmp_path: Path) -> None:
    """A cassette beyond the bounds its reader set is refused, with the file's name, and nothing is given of it."""
    path = tmp_path / "name.cassette"
    record(path, ["a" * 2000])
    with pytest.raises(playhead.LimitExceeded, match="over the limit of 1000") as caught:
        list(open_cassette(path, limits=Limits(entry=1000)))
    assert caught.value.path == str(path)
    with pytest.raises(playhead.LimitExceeded), playhead.replay(path, name="p", limits=Limits(entry=1000)) as provider:
        provider.complete(CompletionRequest("a" * 2000))


def test_bytes_without_a_file_are_a_cassette_too(path: Path) -> None:
    """A cassette's bytes can be opened from anywhere, without a path to name."""
    expected = record(path, ["a"])
    cassette = cassette_from(path.read_bytes())
    assert (cassette.digest, cassette.path, cassette.profile) == (expected.digest, None, expected.profile)
    with pytest.raises(playhead.NotACassette, match=r"^not a Playhead cassette"):
        cassette_from(b"something else")


def test_a_missing_cassette_is_missing(path: Path) -> None:
    """Opening what is not there is its own error."""
    with pytest.raises(playhead.CassetteMissing):
        playhead.open_cassette(path)
