"""Cassettes written for other tools."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

import playhead
from playhead.core.evidence import Interaction
from playhead.core.model import CompletionRequest
from playhead.errors import CassetteMissing
from playhead.interchange.exporting import JOINED, LEFT, NO_HEADERS, export
from playhead.interchange.importing import import_files
from tests.interchange.corpus import CORPUS, needs_corpus
from tests.interchange.test_importing import CHAT, call, write


def imported(tmp_path: Path) -> Path:
    """Give a cassette of two questions, one of them with two takes."""
    source = write(tmp_path / "a.yaml", call("1", "one"), call("2", "two"), call("1", "again"))
    import_files([source], tmp_path)
    return tmp_path / "a.cassette"


def asked(question: str) -> dict[str, object]:
    """Give the body of a question."""
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": question}]}


@pytest.mark.parametrize("to", ["har", "vcr"])
def test_a_cassette_comes_back_the_same(tmp_path: Path, to: str) -> None:
    """Written for another tool and imported again, it has the same evidence, takes in their order."""
    path = imported(tmp_path)
    found = export(path, to)
    assert (found.calls, found.left_out) == (3, ())
    assert found.notes == {NO_HEADERS: 3}
    (tmp_path / "b.txt").write_bytes(found.data)
    import_files([tmp_path / "b.txt"], tmp_path / "out")
    (again,) = (tmp_path / "out").glob("*.cassette")
    assert playhead.open_cassette(again).digest == playhead.open_cassette(path).digest


def test_vcrpy_itself_plays_what_was_exported(tmp_path: Path) -> None:
    """The real one, matching bodies too, gives the recorded bytes; equal requests get their takes in order."""
    vcr = pytest.importorskip("vcr")
    path = imported(tmp_path)
    (tmp_path / "exported.yaml").write_bytes(export(path, "vcr").data)
    recorder = vcr.VCR(record_mode="none", match_on=["method", "uri", "body"])
    with recorder.use_cassette(str(tmp_path / "exported.yaml")) as cassette:
        answers = [httpx.post(CHAT, json=asked(question)) for question in ("1", "2", "1")]
    assert cassette.all_played
    texts = [answer.json()["choices"][0]["message"]["content"] for answer in answers]
    assert texts == ["one", "two", "again"]
    takes = [one.answer for one in playhead.open_cassette(path)]
    assert sorted(answer.content for answer in answers) == sorted(take.content() for take in takes if take is not None)


@needs_corpus
def test_vcrpy_plays_bytes_and_streams(tmp_path: Path) -> None:
    """An event stream of Amazon's and a PNG come back to the byte."""
    vcr = pytest.importorskip("vcr")
    for name in ("test_bedrock/test_stream_cancel", "test_openai/test_image_url_input_force_download"):
        import_files([CORPUS / "vcr" / f"{name}.yaml"], tmp_path, overwrite=True)
        path = tmp_path / f"{Path(name).name}.cassette"
        (tmp_path / "exported.yaml").write_bytes(export(path, "vcr").data)
        recorder = vcr.VCR(record_mode="none", match_on=["method", "uri"])
        with recorder.use_cassette(str(tmp_path / "exported.yaml")):
            for one in playhead.open_cassette(path):
                where = one.request.context
                assert one.answer is not None
                assert httpx.request(where["method"], where["url"]).content == one.answer.content()


def test_calls_at_the_provider_seam_are_listed(tmp_path: Path) -> None:
    """Nothing is known of their HTTP, so none is made up."""
    path = tmp_path / "seam.cassette"
    with playhead.record(playhead.StubInferenceProvider("hi"), path, name="stub") as provider:
        provider.complete(CompletionRequest("q"))
    found = export(path, "har")
    assert found.calls == 0
    assert json.loads(found.data)["log"]["entries"] == []
    (left,) = found.left_out
    (whole,) = playhead.open_cassette(path)
    assert whole.fingerprint.startswith(left.call)
    assert "provider seam" in left.reason


def test_what_another_tool_cannot_say_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are joined, and a consumer that left is not told."""
    path = imported(tmp_path)
    whole = [one for one in playhead.open_cassette(path) if one.evidence.text == "two"]
    answer = whole[0].answer
    assert answer is not None
    cut = Interaction(
        whole[0].request,
        whole[0].outcome,
        whole[0].provider,
        whole[0].fingerprint,
        0,
        answer=answer._replace(pieces=(b"a", b"b"), left=True),
    )
    monkeypatch.setattr("playhead.interchange.exporting.open_cassette", lambda _: [cut])
    assert export(path, "vcr").notes == {NO_HEADERS: 1, JOINED: 1, LEFT: 1}


def test_a_missing_cassette_is_an_error(tmp_path: Path) -> None:
    """There is nothing to write."""
    with pytest.raises(CassetteMissing):
        export(tmp_path / "absent.cassette", "har")
