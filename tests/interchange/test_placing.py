"""Which files are read, and which cassette each becomes."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from playhead.errors import UsageError
from playhead.interchange.placing import find_sources, targets


def touch(folder: Path, *names: str) -> None:
    """Make empty files with their folders."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_folders_are_searched_with_all_below(tmp_path: Path) -> None:
    """In order, without hidden files and without Playhead's own; places are below the folder that was named."""
    touch(tmp_path, "t/b/x.yaml", "t/a.json", "t/.git/config", "t/.hidden", "t/c.cassette", "t/c.cassette.j-h-1-ab")
    touch(tmp_path, "t/c.cassette.json", "t/README.md")
    found = find_sources([tmp_path / "t"])
    assert [str(one.place) for one in found] == ["README.md", "a.json", str(PurePath("b/x.yaml"))]
    assert not any(one.named for one in found)


def test_several_paths_have_a_root_in_common(tmp_path: Path) -> None:
    """A file stands at its place below it, once however often it is named."""
    touch(tmp_path, "t/x/a.yaml", "t/y/b.yaml")
    found = find_sources([tmp_path / "t/x/a.yaml", tmp_path / "t/y", tmp_path / "t/x"])
    assert [(str(one.place), one.named) for one in found] == [
        (str(PurePath("x/a.yaml")), True),
        (str(PurePath("y/b.yaml")), False),
    ]
    (alone,) = find_sources([tmp_path / "t/x/a.yaml"])
    assert str(alone.place) == "a.yaml"


def test_a_path_without_anything_is_an_error(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(UsageError, match="no file or folder"):
        find_sources([tmp_path / "absent"])


def names(*places: str, text: bool = False) -> list[str]:
    """Give the cassettes of sources at the given places."""
    return [str(one) for one in targets(map(PurePath, places), text=text)]


def test_a_cassette_keeps_the_name() -> None:
    """Without the ending of a recording; whatever else stands after a dot is part of the name."""
    found = names("test_a[gpt-4.5].yaml", "b.xai.yaml", "c.har", "d", "e.YML", ".yaml", "f.yaml.gz", "g.gz")
    assert found == [
        "test_a[gpt-4.5].cassette",
        "b.xai.cassette",
        "c.cassette",
        "d.cassette",
        "e.cassette",
        ".yaml.cassette",
        "f.cassette",
        "g.gz.cassette",
    ]
    assert names("a.yaml", text=True) == ["a.cassette.json"]


def test_no_two_sources_become_one_cassette() -> None:
    """Not in the same folder under different endings, nor where only the case of letters differs."""
    assert names("a.yaml", "a.json", "b.yaml") == ["a.yaml.cassette", "a.json.cassette", "b.cassette"]
    found = names("a.yaml", "a.json", "a.yaml.yaml", "A.har")
    assert len({name.casefold() for name in found}) == 4
    assert names("x/a.yaml", "y/a.yaml") == [str(PurePath("x/a.cassette")), str(PurePath("y/a.cassette"))]
