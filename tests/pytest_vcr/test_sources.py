"""Where a test's calls are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playhead.pytest_vcr import sources
from playhead.pytest_vcr.marks import Wish, wish_of
from playhead.pytest_vcr.sources import Source, imported, opened, own_target, sources_of
from tests.pytest_vcr.projects import cassette, interaction

pytest_plugins = ("pytester",)


def _wish(folder: Path, name: str = "own", *further: str, **config: object) -> Wish:
    return wish_of(name, str(folder), "none", [pytest.Mark("vcr", further, {}, _ispytest=True)], config)


def test_names(tmp_path: Path) -> None:
    """A cassette has its test's name, without the ending of vcrpy's serializer."""
    assert own_target(_wish(tmp_path)).name == "own.cassette"
    assert own_target(_wish(tmp_path, "own.yaml")).name == "own.cassette"
    assert own_target(_wish(tmp_path, serializer="json")).name == "own.cassette"
    long, other = own_target(_wish(tmp_path, "x" * 240)), own_target(_wish(tmp_path, "x" * 241))
    assert len(long.name) <= sources.MOST + len(".cassette")
    assert long != other


@pytest.mark.parametrize("name", ["own.cassette", "own.cassette.json", "own.yaml.cassette"])
def test_a_cassette_wins(tmp_path: Path, name: str) -> None:
    """What was converted is read instead of the file it was made of, whatever conversion named it."""
    (tmp_path / "own.yaml").write_text(cassette("old"))
    (tmp_path / name).write_bytes(b"")
    assert sources_of(_wish(tmp_path)) == [Source(tmp_path / name, is_ours=True)]
    assert own_target(_wish(tmp_path)) == tmp_path / name


def test_several(tmp_path: Path) -> None:
    """The own one comes first; those that are not there are left out."""
    for name in ("own.yaml", "b.cassette", "c.yaml"):
        (tmp_path / name).write_text(cassette("x"))
    assert sources_of(_wish(tmp_path, "own", "missing.yaml", "b.yaml", "c.yaml", "own.yaml")) == [
        Source(tmp_path / "own.yaml", is_ours=False),
        Source(tmp_path / "b.cassette", is_ours=True),
        Source(tmp_path / "c.yaml", is_ours=False),
    ]
    assert sources_of(_wish(tmp_path / "nowhere")) == []


def test_imported_once(pytester: pytest.Pytester) -> None:
    """What a file came to is kept, and made anew when the file changes."""
    config = pytester.parseconfigure()
    path = pytester.path / "a.yaml"
    path.write_text(cassette("one"))
    first = imported(path, config)
    assert ".pytest_cache" in first.parts
    stamp = first.stat().st_mtime_ns
    assert imported(path, config) == first
    assert first.stat().st_mtime_ns == stamp
    path.write_text(cassette("one", "two"))
    assert imported(path, config) != first
    assert len(opened(Source(path, is_ours=False), config)) == 2
    assert [entry.name for entry in first.parent.iterdir() if entry.is_dir()] == []


def test_without_a_cache(pytester: pytest.Pytester) -> None:
    """With pytest's cache left out, nothing is left behind."""
    config = pytester.parseconfig("-p", "no:cacheprovider")
    path = pytester.path / "a.yaml"
    path.write_text(cassette("one"))
    kept = imported(path, config)
    assert pytester.path not in kept.parents
    config._ensure_unconfigure()
    assert not kept.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nothing: here\n", "cannot be read as a whole"),
        (json.dumps({"interactions": [interaction("/a", "a"), {"request": {}}], "version": 1}), "number 2: it has no"),
    ],
)
def test_not_all_of_it(pytester: pytest.Pytester, text: str, reason: str) -> None:
    """A call that cannot be carried over is not left out in silence."""
    path = pytester.path / "a.yaml"
    path.write_text(text)
    with pytest.raises(pytest.UsageError, match=r"(?s)a\.yaml' cannot be read as a whole: .*hint: ") as caught:
        imported(path, pytester.parseconfig())
    assert reason in str(caught.value)
