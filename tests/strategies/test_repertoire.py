"""What a cassette can answer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import playhead
from playhead.core.model import Completion, CompletionRequest
from playhead.strategies.repertoire import Repertoire, repertoire_of
from tests.strategies.recordings import HELLO, NAME, STORY, TOOLS, recorded


def found_text(repertoire: Repertoire, request: CompletionRequest, take: int = 0) -> str:
    """Give the text a take of a request answers with."""
    key, values = repertoire.key_of(request, NAME, stream=False)
    found = repertoire.find(key.key, take, values, exact=True)
    assert found is not None
    assert isinstance(found.outcome, Completion)
    return found.outcome.text


def test_takes_go_round() -> None:
    """Three takes, then the first again."""
    repertoire = repertoire_of(recorded())
    assert [found_text(repertoire, HELLO, take) for take in range(4)] == [
        "grüezi 1",
        "grüezi 2",
        "grüezi 3",
        "grüezi 1",
    ]


def test_what_was_not_recorded_is_not_found() -> None:
    """Nor is a call that streams found as one that does not."""
    repertoire = repertoire_of(recorded())
    for request, stream in ((CompletionRequest("other"), False), (STORY, False), (HELLO, True)):
        key, values = repertoire.key_of(request, NAME, stream=stream)
        assert repertoire.find(key.key, 0, values, exact=True) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (msgspec.structs.replace(HELLO, prompt="hello there"), HELLO),
        (msgspec.structs.replace(TOOLS, params={"seed": 1}), TOOLS),
    ],
    ids=["another question", "another parameter"],
)
def test_the_nearest_call_is_of_the_same_kind(asked: CompletionRequest, expected: CompletionRequest) -> None:
    """The call that differs least, whatever stands first in the file among equals."""
    repertoire = repertoire_of(recorded())
    key, _ = repertoire.key_of(asked, NAME, stream=False)
    near = repertoire.nearest(asked, NAME, key, wire=False, stream=False)
    assert near is not None
    assert repertoire.nearest(asked, NAME, key, wire=False, stream=False) == near
    if expected is TOOLS:
        assert near == repertoire.key_of(TOOLS, NAME, stream=False)[0].key


def test_nothing_of_another_kind_is_near() -> None:
    """Another provider, a stream for a whole answer, the other seam: no answer is better than a wrong one."""
    repertoire = repertoire_of(recorded())
    key, _ = repertoire.key_of(HELLO, "other", stream=False)
    assert repertoire.nearest(HELLO, "other", key, wire=False, stream=False) is None
    embedding = msgspec.structs.replace(HELLO, operation="embeddings")
    assert repertoire.nearest(embedding, NAME, key, wire=True, stream=False) is None
    story, _ = repertoire.key_of(HELLO, NAME, stream=True)
    near = repertoire.nearest(HELLO, NAME, story, wire=False, stream=True)
    assert near == repertoire.key_of(STORY, NAME, stream=True)[0].key


def test_a_message_more_weighs_twice() -> None:
    """A changed conversation of the same length is nearer than a shorter beginning of it."""
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "tool", "content": "c"}]
    short, long = CompletionRequest(messages=tuple(turns[:1])), CompletionRequest(messages=tuple(turns))
    asked = CompletionRequest(
        messages=(turns[0], {"role": "assistant", "content": "B"}, {"role": "tool", "content": "C"})
    )
    cassette = _recorded_of(short, long)
    repertoire = Repertoire(cassette)
    key, _ = repertoire.key_of(asked, NAME, stream=False)
    near = repertoire.nearest(asked, NAME, key, wire=False, stream=False)
    assert near == repertoire.key_of(long, NAME, stream=False)[0].key


def _recorded_of(*requests: CompletionRequest) -> playhead.Cassette:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.cassette"
        with playhead.record(playhead.StubInferenceProvider("x"), path, name=NAME) as provider:
            for request in requests:
                provider.complete(request)
        return playhead.open_cassette(path)


def test_examples_share_what_was_read(tmp_path: Path) -> None:
    """An open cassette is decoded once; a path is opened anew, since its file may have changed."""
    assert repertoire_of(recorded()) is repertoire_of(recorded())
    assert repertoire_of(repertoire_of(recorded())) is repertoire_of(recorded())
    with pytest.raises(playhead.CassetteMissing):
        repertoire_of(tmp_path / "none.cassette")


def test_volatile_values_are_bound_back(tmp_path: Path) -> None:
    """Under a cassette's rules another id matches, and stands in the answer."""
    path = tmp_path / "ids.cassette"
    rules = playhead.Matching(volatile=("uuid",))
    first, second = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
    with playhead.record(playhead.StubInferenceProvider(f"done {first}"), path, name=NAME, matching=rules) as provider:
        provider.complete(CompletionRequest(f"do {first}"))
    repertoire = repertoire_of(playhead.open_cassette(path))
    assert found_text(repertoire, CompletionRequest(f"do {second}")) == f"done {second}"
