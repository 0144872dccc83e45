"""``playhead convert-vcr``: a tree of vcrpy's cassettes, converted where it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import playhead
from tests.cli.conftest import Run
from tests.interchange.corpus import CORPUS, needs_corpus


def _call(path: str, answer: str, body: str = "") -> dict[str, object]:
    return {
        "request": {"method": "POST", "uri": f"http://one.test{path}", "body": body, "headers": {}},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": answer}},
    }


def _write(path: Path, *calls: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"interactions": calls, "version": 1}))
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three cassettes, and a file that is none."""
    _write(tmp_path / "t/cassettes/a.yaml", _call("/a", "1", "one"), _call("/a", "2", "two"), _call("/b", "3"))
    _write(tmp_path / "t/cassettes/inner/b.json", _call("/a", "1", "same"), _call("/a", "2", "same"))
    _write(tmp_path / "t/cassettes/c.yaml", _call("/a", "1"), {"request": {}})
    (tmp_path / "t/test_a.py").write_text("def test_it(): pass\n")
    return tmp_path / "t"


def _files(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("[!.]*") if path.is_file()}


def test_the_plan(run: Run, tree: Path) -> None:
    """Without --write nothing is changed, and what would change is told."""
    before = _files(tree)
    result = run("convert-vcr", tree)
    assert _files(tree) == before
    assert result.exit_code == 1
    assert result.stdout == (
        "would convert 6 calls from 3 files\n"
        "       2  carried over as a whole\n"
        "       2  calls told apart by their bodies, no longer by order alone\n"
        "       2  calls that say the same and are answered differently, in order\n"
        "nothing was written; --write does so\n"
    )
    assert f"{tree / 'cassettes/a.yaml'}: 2 calls told apart by body\n" in result.stderr
    assert f"{tree / 'cassettes/inner/b.json'}: 2 of the same request, played in order\n" in result.stderr
    assert f"{tree / 'cassettes/c.yaml'}: number 2 is not carried over: it has no request\n" in result.stderr


def test_written(run: Run, tree: Path) -> None:
    """Each cassette stands beside its file, which stays."""
    before = _files(tree)
    result = run("convert-vcr", tree, "--write")
    made = {"cassettes/a.cassette", "cassettes/inner/b.cassette", "cassettes/c.cassette"}
    assert result.stdout.startswith("converted 6 calls from 3 files\n")
    assert _files(tree) == before | made
    calls = playhead.open_cassette(tree / "cassettes/a.cassette")
    assert sorted(call.answer.content() for call in calls if call.answer) == [b"1", b"2", b"3"]


def test_twice(run: Run, tree: Path) -> None:
    """What is there is not replaced unless that is said."""
    run("convert-vcr", tree, "--write")
    again = run("convert-vcr", tree, "--write")
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert "--overwrite replaces it" in again.stderr
    assert "is there already" not in run("convert-vcr", tree, "--write", "--overwrite").stderr


def test_removed(run: Run, tree: Path) -> None:
    """A file of which not every call was carried over is never removed."""
    result = run("convert-vcr", tree, "--write", "--remove", "--text")
    assert result.stdout.endswith("removed 2 files\n")
    assert _files(tree) == {
        "test_a.py",
        "cassettes/a.cassette.json",
        "cassettes/inner/b.cassette.json",
        "cassettes/c.cassette.json",
        "cassettes/c.yaml",
    }
    assert run("convert-vcr", tree, "--remove").exit_code == 2


def test_json(run: Run, tree: Path) -> None:
    """A machine is told the same."""
    said = json.loads(run("convert-vcr", tree, "--json").stdout)
    assert said["written"] is False
    assert [one["cassette"] for one in said["files"]] == [None] * 3
    changes = {Path(one["path"]).name: (one["told_apart"], one["ambiguous"]) for one in said["changes"]}
    assert changes == {"a.yaml": (2, 0), "b.json": (0, 2)}


def test_nothing_there(run: Run, tmp_path: Path) -> None:
    """A tree without cassettes is told."""
    result = run("convert-vcr", tmp_path)
    assert result.exit_code != 0
    assert "there are no recordings" in result.stderr


@needs_corpus
def test_real_tree(run: Run) -> None:
    """All of a real suite's calls over HTTP are carried over."""
    result = run("convert-vcr", CORPUS / "vcr", "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert [one["path"] for one in said["files"] if one["error"] or one["left_out"]] == []
    assert sum(one["calls"] for one in said["files"]) > 120
