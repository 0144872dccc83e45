"""Cassettes where they are, several as one."""

from __future__ import annotations

from pathlib import Path

import pytest
import vcr.cassette
from vcr.serializers import yamlserializer

from playhead.errors import NotACassette
from playhead.pytest_vcr.marks import wish_of
from playhead.pytest_vcr.yaml_backend import SeveralCassettes
from tests.pytest_vcr.projects import cassette


def _persister(folder: Path, *further: str) -> SeveralCassettes:
    mark = pytest.Mark("vcr", further, {}, _ispytest=True)
    return SeveralCassettes(wish_of("own", str(folder), "none", [mark], {}))


def test_joined_in_order(tmp_path: Path) -> None:
    """Calls of the own cassette come first; a missing file holds none."""
    (tmp_path / "own.yaml").write_text(cassette("own"))
    (tmp_path / "b.yaml").write_text(cassette("b", "b too"))
    persister = _persister(tmp_path, "missing.yaml", "b.yaml", "b.yaml")
    requests, responses = persister.load_cassette(tmp_path / "own.yaml", yamlserializer)
    assert len(requests) == 3
    assert [response["body"]["string"] for response in responses] == [b"own", b"b", b"b too"]


def test_metadata_is_kept(tmp_path: Path) -> None:
    """What vcrpy keeps beside the calls is kept; the own cassette's wins."""
    text = cassette("own").rstrip().removesuffix("}")
    (tmp_path / "own.yaml").write_text(text + ', "metadata": {"a": 1}}')
    (tmp_path / "b.yaml").write_text(text + ', "metadata": {"a": 2, "b": 3}}')
    *_, metadata = _persister(tmp_path, "b.yaml").load_cassette(tmp_path / "own.yaml", yamlserializer)
    assert metadata == {"a": 1, "b": 3}


def test_none(tmp_path: Path) -> None:
    """No call in any file is no cassette, as vcrpy understands it."""
    (tmp_path / "b.yaml").write_text("interactions: []\nversion: 1\n")
    with pytest.raises(vcr.cassette.CassetteNotFoundError):
        _persister(tmp_path, "b.yaml").load_cassette(tmp_path / "own.yaml", yamlserializer)


def test_an_empty_file_is_never_taken_for_absent(tmp_path: Path) -> None:
    """It would be recorded over."""
    (tmp_path / "own.yaml").write_text(" \n")
    with pytest.raises(NotACassette, match="the file is empty"):
        _persister(tmp_path).load_cassette(tmp_path / "own.yaml", yamlserializer)
