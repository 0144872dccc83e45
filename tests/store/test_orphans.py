"""Orphans: what no test claims is listed, and removed only while it is what was listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead.errors import UsageError
from playhead.store.orphans import LIST_NAME, read_list, removals, remove, unclaimed, write_list


def made(folder: Path, *names: str) -> list[Path]:
    """Write files with their names in them."""
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return paths


def test_only_cassettes_that_nobody_claims_are_orphans(tmp_path: Path) -> None:
    """Recordings of failed tests, journals and other files are none; a folder given twice is looked at once."""
    mine, orphan, text, *_ = made(
        tmp_path,
        "a.cassette",
        "b.cassette",
        "sub/c.cassette.json",
        "d.failed.cassette",
        "d.refresh.cassette",
        "e.json",
        "f.cassette.journal",
    )
    assert list(unclaimed([tmp_path, tmp_path / "sub", tmp_path / "none"], [mine])) == [orphan, text]


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    """With paths from the folder, sizes and digests."""
    (orphan,) = made(tmp_path, "sub/b.cassette")
    written = write_list(tmp_path, [orphan])
    assert read_list(tmp_path) == written
    assert (written[0].path, written[0].size) == ("sub/b.cassette", len("b.cassette"))


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format":"x","version":1,"orphans":[]}', b"\xff"])
def test_another_file_is_no_list(tmp_path: Path, content: bytes) -> None:
    """It is an error that says how to make one."""
    (tmp_path / LIST_NAME).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_list(tmp_path)
    assert "--playhead-orphans" in str(caught.value.hint)


def test_what_is_not_what_was_listed_stays(tmp_path: Path) -> None:
    """A file that changed, is gone, is a link now, leads outside or is no cassette."""
    inside = tmp_path / "root"
    changed, gone, link, other = made(inside, "a.cassette", "b.cassette", "c.cassette", "d.txt")
    (outside,) = made(tmp_path, "e.cassette")
    write_list(inside, [changed, gone, link, other])
    changed.write_text("new")
    gone.unlink()
    link.unlink()
    link.symlink_to(outside)
    text = (inside / LIST_NAME).read_text()
    (inside / LIST_NAME).write_text(text.replace('"d.txt"', '"../e.cassette"'))
    reasons = [one.reason for one in removals(inside)]
    assert reasons[0] == "it has changed since the list was made"
    assert reasons[1] == "it is gone"
    assert reasons[2] in ("it is a symbolic link", "it is outside of the folder")
    assert reasons[3] == "it is outside of the folder"
    assert outside.exists()


def test_removing_takes_empty_folders_along(tmp_path: Path) -> None:
    """Up to the root of the suite and no further."""
    deep, beside = made(tmp_path, "a/b/c.cassette", "a/d.cassette")
    write_list(tmp_path, [deep])
    (one,) = removals(tmp_path)
    remove(one, tmp_path)
    assert not deep.parent.exists()
    assert beside.exists()
