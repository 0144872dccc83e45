"""Which files a command line means."""

from __future__ import annotations

from pathlib import Path

import pytest

from playhead import CassetteMissing, UsageError
from playhead.cli.files import find_files, need_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with cassettes, a journal and other files at several depths."""
    for name in (
        "b.cassette",
        "a.cassette.json",
        "other.json",
        "sub/deep/c.cassette",
        "sub/c.cassette.j-host-1-abc",
        ".hidden/d.cassette",
        "b.cassette.tmp-123",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(paths: list[Path], folder: Path) -> list[str]:
    """Give paths relative to a folder."""
    return [str(path.relative_to(folder)) for path in paths]


def test_a_folder_stands_for_its_cassettes(folder: Path) -> None:
    """Both profiles are found at any depth; hidden folders, journals and other files are not."""
    assert names(find_files([folder]), folder) == ["a.cassette.json", "b.cassette", "sub/deep/c.cassette"]


def test_journals_are_found_where_they_are_asked_for(folder: Path) -> None:
    """A scan looks at journals too."""
    assert "sub/c.cassette.j-host-1-abc" in names(find_files([folder], journals=True), folder)


def test_a_file_is_taken_whatever_its_name(folder: Path) -> None:
    """Who names a file means it."""
    assert find_files([folder / "other.json"]) == [folder / "other.json"]


def test_a_file_named_twice_is_taken_once(folder: Path) -> None:
    """A file and its folder are no two files."""
    found = find_files([folder / "sub", folder / "sub/deep/c.cassette", folder / "sub"])
    assert names(found, folder) == ["sub/deep/c.cassette"]


def test_no_path_is_the_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments a command looks where it stands."""
    monkeypatch.chdir(folder)
    assert [str(path) for path in find_files([])] == ["a.cassette.json", "b.cassette", "sub/deep/c.cassette"]


def test_a_path_that_leads_nowhere_is_an_error(folder: Path) -> None:
    """A mistyped name is not an empty folder."""
    with pytest.raises(CassetteMissing, match="no such file or folder"):
        find_files([folder / "absent"])


def test_checking_nothing_is_not_finding_nothing(folder: Path) -> None:
    """A check that saw no file must not pass."""
    (folder / "empty").mkdir()
    with pytest.raises(UsageError, match="there are no cassettes in"):
        need_files((folder / "empty",))
    assert len(need_files((folder,))) == 3
