"""Recordings of other tools made into cassettes."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import playhead
from playhead.errors import PlayheadError, RecordingError, SecretFound, UsageError
from playhead.interchange import importing
from playhead.interchange.importing import NO_DATE, Imported, import_files
from playhead.interchange.recording import record_exchange
from playhead.interchange.yaml_reading import yaml_library
from playhead.sessions.session import Session

yaml = yaml_library("to test it")

CHAT = "https://api.openai.com/v1/chat/completions"


def call(question: str, answer: str, **more: Any) -> dict[str, Any]:
    """Give an interaction of a vcrpy cassette."""
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": question}]}
    told = {"model": "gpt-4o", "choices": [{"message": {"content": answer}, "finish_reason": "stop"}]}
    return {
        "request": {
            "method": "POST",
            "uri": CHAT,
            "body": json.dumps(asked),
            "headers": {"Authorization": ["Bearer sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"]},
        },
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": json.dumps(told)}},
        **more,
    }


def write(path: Path, *items: Any) -> Path:
    """Write a vcrpy cassette."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"version": 1, "interactions": list(items)}))
    return path


def texts(path: Path) -> list[str]:
    """Give what the calls of a cassette answered."""
    return [one.evidence.text for one in playhead.open_cassette(path)]


def test_each_file_becomes_a_cassette_at_its_place(tmp_path: Path) -> None:
    """Of the same name, below the folder; the report says where, and what is in it."""
    write(tmp_path / "t/x/a.yaml", call("1", "one"), call("2", "two"))
    write(tmp_path / "t/b.yaml", call("3", "three"))
    told: list[Imported] = []
    report = import_files([tmp_path / "t"], tmp_path / "out", on_file=told.append)
    assert texts(tmp_path / "out/x/a.cassette") == ["one", "two"]
    assert texts(tmp_path / "out/b.cassette") == ["three"]
    assert [one.cassette for one in report.files] == [
        str(tmp_path / "out/b.cassette"),
        str(tmp_path / "out/x/a.cassette"),
    ]
    assert (report.total("calls"), report.total("model_calls"), report.total("evidence")) == (3, 3, 3)
    assert report.counted("dialects") == {"openai chat.completions": 3}
    assert report.failed == ()
    assert tuple(told) == report.files


def test_a_request_that_comes_again_is_a_further_take(tmp_path: Path) -> None:
    """In the order of the file."""
    source = write(tmp_path / "a.yaml", call("1", "first"), call("2", "other"), call("1", "second"))
    import_files([source], tmp_path)
    found = [one for one in playhead.open_cassette(tmp_path / "a.cassette") if one.evidence.text != "other"]
    assert [(one.sequence, one.evidence.text) for one in found] == [(0, "first"), (1, "second")]


def test_all_files_may_become_one_cassette(tmp_path: Path) -> None:
    """In the order they were recorded in, whatever their names; each keeps its own count."""
    write(tmp_path / "t/a.yaml", call("1", "later", recorded_at="2025-02-02T00:00:00Z"))
    write(tmp_path / "t/b.yaml", call("1", "earlier", recorded_at="2025-01-01T00:00:00Z"))
    report = import_files([tmp_path / "t"], tmp_path / "out", one="all")
    assert texts(tmp_path / "out/all.cassette") == ["earlier", "later"]
    assert [one.calls for one in report.files] == [1, 1]
    assert {one.cassette for one in report.files} == {str(tmp_path / "out/all.cassette")}
    import_files([tmp_path / "t"], tmp_path / "out", one="all.cassette.json")
    assert len(playhead.open_cassette(tmp_path / "out/all.cassette.json")) == 2


def test_the_date_is_that_of_the_recording(tmp_path: Path) -> None:
    """A call without one has that of the call before it; a file without any has its own, and a note says so."""
    dated = write(
        tmp_path / "a.yaml", call("0", "0"), call("1", "1", recorded_at="2025-01-02T03:04:05Z"), call("2", "2")
    )
    undated = write(tmp_path / "b.yaml", call("1", "1"))
    os.utime(undated, (1_500_000_000, 1_500_000_000))
    report = import_files([dated, undated], tmp_path)
    assert {one.recorded_on for one in playhead.open_cassette(tmp_path / "a.cassette")} == {"2025-01-02"}
    assert {one.recorded_on for one in playhead.open_cassette(tmp_path / "b.cassette")} == {"2017-07-14"}
    assert [one.notes for one in report.files] == [{}, {NO_DATE: 1}]


def test_secrets_do_not_come_along(tmp_path: Path) -> None:
    """A key in the source is redacted before anything is written."""
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"
    source = write(tmp_path / "a.yaml", call(f"my key is {key}", f"{key} is yours"))
    import_files([source], tmp_path / "out", text=True)
    for path in (tmp_path / "out").iterdir():
        assert key not in path.read_text()
    assert "[REDACTED]" in texts(tmp_path / "out/a.cassette.json")[0]


def test_a_secret_that_is_left_stops_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan before the seal refuses; nothing of the file is written, and the report says what to do."""

    def refuse(session: Session) -> None:
        session.abandon()
        raise SecretFound("a credential was found", findings=(("k", "p", "r"),))

    monkeypatch.setattr(Session, "close", refuse)
    source = write(tmp_path / "a.yaml", call("1", "1"))
    (done,) = import_files([source], tmp_path / "out").files
    assert done.error is not None
    assert "credential" in done.error
    assert done.hint is not None
    assert "take the credential out" in done.hint
    assert [path.name for path in (tmp_path / "out").iterdir() if "cassette" in path.name] == []


def test_what_is_not_carried_over_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With file, place and reason: what the format cannot say, and what cannot be stored."""
    source = write(tmp_path / "a.yaml", {"request": {}}, call("1", "1"), call("2", "2"))
    seen: list[Any] = []

    def once(session: Session, item: Any) -> Any:
        seen.append(item)
        if len(seen) == 2:
            raise RecordingError("too large")
        return record_exchange(session, item)

    monkeypatch.setattr(importing, "record_exchange", once)
    (done,) = import_files([source], tmp_path).files
    assert [(left.number, left.reason) for left in done.left_out] == [(1, "it has no request"), (3, "too large")]
    assert (done.calls, done.error) == (1, None)


def test_a_file_of_which_nothing_can_be_carried_over_failed(tmp_path: Path) -> None:
    """It was read, but there is no cassette of it."""
    source = write(tmp_path / "a.yaml", {"request": {}})
    (done,) = import_files([source], tmp_path / "out").files
    assert done.error is not None
    assert "nothing in" in done.error
    assert not (tmp_path / "out/a.cassette").exists()


def test_a_recording_without_calls_is_a_cassette_without_calls(tmp_path: Path) -> None:
    """A test that makes no call has its recording."""
    (done,) = import_files([write(tmp_path / "a.yaml")], tmp_path, text=True).files
    assert (done.calls, done.error) == (0, None)
    assert len(playhead.open_cassette(tmp_path / "a.cassette.json")) == 0


def test_a_cassette_that_is_there_stays_without_leave(tmp_path: Path) -> None:
    """And is replaced with it, even by one without calls."""
    source = write(tmp_path / "a.yaml", call("1", "old"))
    import_files([source], tmp_path)
    write(source, call("1", "new"))
    (done,) = import_files([source], tmp_path).files
    assert done.error is not None
    assert "is there already" in done.error
    assert texts(tmp_path / "a.cassette") == ["old"]
    import_files([source], tmp_path, overwrite=True)
    assert texts(tmp_path / "a.cassette") == ["new"]
    import_files([write(source)], tmp_path, overwrite=True)
    assert texts(tmp_path / "a.cassette") == []


def test_files_that_only_stand_nearby_are_passed_over(tmp_path: Path) -> None:
    """A README and a workflow in a folder are no recordings; one that is cut off is a failure, not nothing."""
    write(tmp_path / "t/a.yaml", call("1", "1"))
    (tmp_path / "t/README.md").write_text("words: and: words")
    (tmp_path / "t/ci.yml").write_text("on: push")
    cut = tmp_path / "t/cut.yaml"
    cut.write_text("interactions:\n- request: {a: 'b\n")
    report = import_files([tmp_path / "t"], tmp_path / "out")
    assert {Path(path).name for path in report.passed_over} == {"README.md", "ci.yml"}
    assert [one.path for one in report.failed] == [str(cut)]
    (named,) = import_files([tmp_path / "t/README.md"], tmp_path / "out").files
    assert named.error is not None


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    """To import nothing is not to succeed; so is a format that nobody knows."""
    (tmp_path / "t").mkdir()
    with pytest.raises(UsageError, match="no recordings"):
        import_files([tmp_path / "t"], tmp_path)
    with pytest.raises(UsageError, match="no format 'x'"):
        import_files([tmp_path / "t"], tmp_path, wanted="x")


def test_importing_again_gives_the_same_file(tmp_path: Path) -> None:
    """Equal sources give equal bytes."""
    source = write(tmp_path / "a.yaml", call("1", "one", recorded_at="2025-01-02T03:04:05Z"))
    import_files([source], tmp_path / "x")
    import_files([source], tmp_path / "y")
    assert (tmp_path / "x/a.cassette").read_bytes() == (tmp_path / "y/a.cassette").read_bytes()


SOURCE = yaml.safe_dump({"version": 1, "interactions": [call("1", "one"), call("2", "two")]}).encode()


@given(st.integers(0, len(SOURCE)), st.integers(0, 20), st.binary(max_size=4))
def test_any_bytes_give_a_cassette_or_an_error_with_the_files_name(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, between: bytes
) -> None:
    """A damaged file is imported as far as it goes, or named; nothing else comes out, and no journal is left."""
    folder = tmp_path_factory.mktemp("damaged")
    source = folder / "a.yaml"
    source.write_bytes(SOURCE[:start] + between + SOURCE[start + length :])
    (done,) = import_files([source], folder / "out").files
    if done.error is None:
        assert done.cassette is not None
        assert len(playhead.open_cassette(done.cassette)) == done.calls
    else:
        assert "a.yaml" in done.error
    with contextlib.suppress(FileNotFoundError):
        assert not [path for path in (folder / "out").iterdir() if ".j-" in path.name]


def test_an_error_is_ours(tmp_path: Path) -> None:
    """A file that cannot be opened is an error with its name, like every other."""
    (tmp_path / "a.yaml").symlink_to(tmp_path / "absent")
    with pytest.raises(PlayheadError, match=r"a\.yaml"):
        import_files([tmp_path / "a.yaml"], tmp_path)
