"""Verifying: a sound file has no fault, and any damaged byte is one."""

from __future__ import annotations

from pathlib import Path

import pytest

import playhead
from playhead import CassetteError, Completion, CompletionRequest
from playhead.store.verifying import verify


class Long:
    """Answers in a way that no two calls share."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer."""
        return Completion(f"answer to {request.prompt}", model="m")


def recorded(path: Path, calls: int) -> Path:
    """Record calls, one with a long prompt that becomes a part."""
    with playhead.record(Long(), path) as provider:
        for number in range(calls):
            provider.complete(CompletionRequest(f"question {number}" + " again" * (300 if number == 0 else 0)))
    return path


@pytest.mark.parametrize("name", ["a.cassette", "a.cassette.json"])
@pytest.mark.parametrize("calls", [1, 40])
def test_a_sound_file_has_no_fault(tmp_path: Path, name: str, calls: int) -> None:
    """What was recorded verifies, in both profiles, with and without a segment table."""
    found = verify(recorded(tmp_path / name, calls))
    assert (found.calls, found.faults) == (calls, ())
    assert found.digest == playhead.open_cassette(tmp_path / name).digest


@pytest.mark.parametrize("name", ["a.cassette", "a.cassette.json"])
def test_any_damaged_byte_is_a_fault(tmp_path: Path, name: str) -> None:
    """With any one byte inverted the file is refused or has a fault, or holds the very same calls."""
    path = recorded(tmp_path / name, 2)
    whole, digest = path.read_bytes(), playhead.open_cassette(path).digest
    silent: list[int] = []
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            found = verify(path)
        except CassetteError:
            continue
        if not found.faults:
            assert found.digest == digest
            silent.append(at)
    assert len(silent) <= len(whole) // 100


def test_entries_of_a_text_in_another_order_are_said(tmp_path: Path) -> None:
    """A text cassette that a merge left in another order is sound in every entry; the order is a fault."""
    path = recorded(tmp_path / "a.cassette.json", 2)
    lines = path.read_text()
    head, body = lines[: lines.index("{\n", 2)], lines[lines.index("{\n", 2) : lines.index("null]")]
    first, second = body.split("},\n{\n")
    path.write_text(head + "{\n" + second[: -len("},\n")] + "},\n" + first + "},\nnull]\n}\n")
    assert len(playhead.open_cassette(path)) == 2
    assert [fault for fault in verify(path).faults if "order" in fault]


def test_what_is_no_cassette_is_an_error(tmp_path: Path) -> None:
    """A file that cannot be opened raises rather than verifies."""
    (tmp_path / "a.cassette").write_bytes(b"nothing")
    with pytest.raises(CassetteError):
        verify(tmp_path / "a.cassette")
