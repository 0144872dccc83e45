"""Converting: either way, with nothing lost and the digest unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

import playhead
from playhead import CassetteError, Completion, CompletionRequest, ToolCall, UsageError
from playhead.store.converting import convert


class Odd:
    """Answers with everything an answer can hold."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer."""
        return Completion(
            f"line one\nline two of {request.prompt}\ud800",
            model="m",
            tool_calls=(ToolCall("call_1", "f", '{"a": 1'),),
            output={"bytes": b"\x00\xff", "vector": [0.1] * 20, "big": 1 << 70},
            raw={"id": "x-1", "created": 5, "nan": float("inf")},
        )

    def stream(self, request: CompletionRequest) -> list[str]:
        """Answer in pieces."""
        return ["a\n", "", f"b {request.prompt}"]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """Record calls of every kind."""
    path = tmp_path / "a.cassette"
    with playhead.record(Odd(), path) as provider:
        for number in range(3):
            provider.complete(CompletionRequest(f"question {number}" + " long" * 400 * number))
        list(provider.stream(CompletionRequest("piece by piece")))
    return path


def test_there_and_back_is_the_same_file(sealed: Path, tmp_path: Path) -> None:
    """Sealed to text to sealed gives the same bytes, and every step the same digest and calls."""
    text = convert(sealed, tmp_path / "b.cassette.json")
    back = convert(tmp_path / "b.cassette.json", tmp_path / "c.cassette")
    original = playhead.open_cassette(sealed)
    assert original.digest == text.digest == back.digest
    assert list(original) == list(text) == list(back)
    assert (tmp_path / "c.cassette").read_bytes() == sealed.read_bytes()


def test_a_target_in_the_way_stays(sealed: Path, tmp_path: Path) -> None:
    """A file at the target is replaced only when that is asked for."""
    target = tmp_path / "b.cassette.json"
    target.write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        convert(sealed, target)
    assert target.read_text() == "mine"
    assert len(convert(sealed, target, overwrite=True)) == 4


def test_a_damaged_source_writes_nothing(sealed: Path, tmp_path: Path) -> None:
    """A source that does not hold is an error that names it, and no target appears."""
    data = bytearray(sealed.read_bytes())
    data[60] ^= 0xFF
    sealed.write_bytes(data)
    with pytest.raises(CassetteError, match=r"a\.cassette"):
        convert(sealed, tmp_path / "b.cassette.json")
    assert not (tmp_path / "b.cassette.json").exists()
