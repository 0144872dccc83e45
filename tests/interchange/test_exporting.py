"""Cassettes written for other tools."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import playhead
from playhead.core.evidence import Interaction
from playhead.core.model import CompletionRequest
from playhead.errors import CassetteMissing
from playhead.interchange.exporting import DECODED, JOINED, LEFT, NO_HEADERS, export
from playhead.interchange.importing import import_files
from playhead.interchange.yaml_reading import yaml_library
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


KINDS = st.sampled_from(["application/json", "text/plain; charset=latin-1", "text/event-stream", "image/png", "odd"])
TOKENS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
BODIES = st.one_of(
    st.binary(max_size=30),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")),
    st.builds(lambda text: json.dumps({"choices": [{"message": {"content": text}}]}).encode(), st.text(max_size=9)),
)


@st.composite
def interactions(draw: st.DrawFn) -> dict[str, Any]:
    """Give a call of vcrpy's form: a chat or anything else, answered with anything."""
    asked, said = draw(BODIES), draw(BODIES)
    path = draw(st.sampled_from(["/v1/chat/completions", "/", "", "/a/%20?b=c&b=", "/v1/models"]))
    if path.endswith("completions"):
        asked = json.dumps(
            {"model": "m", "messages": [{"role": "user", "content": draw(st.text(max_size=9))}]}
        ).encode()
    headers = {
        "content-type": [draw(KINDS)],
        **{f"x-{name}": [name, "b"] for name in draw(st.sets(TOKENS, max_size=2))},
    }
    return {
        "request": {
            "method": draw(st.sampled_from(["POST", "PUT"])),
            "uri": "https://host.example" + path,
            "headers": {"Content-Type": [draw(KINDS)]},
            "body": asked,
        },
        "response": {
            "status": {"code": draw(st.sampled_from([200, 201, 404, 429, 500])), "message": draw(TOKENS)},
            "headers": headers,
            "body": {"string": said},
        },
    }


@pytest.mark.parametrize("to", ["har", "vcr"])
@given(st.lists(interactions(), min_size=1, max_size=4))
def test_there_and_back(to: str, calls: list[dict[str, Any]]) -> None:
    """Whatever was recorded has the same evidence and bytes after a way through another tool's file."""
    yaml = yaml_library("to test it")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "a.yaml").write_text(yaml.safe_dump({"interactions": calls, "version": 1}), encoding="utf-8")
        (first,) = import_files([place / "a.yaml"], place).files
        assert (first.error, first.calls) == (None, len(calls))
        found = export(place / "a.cassette", to)
        assert found.calls == len(calls)
        (place / "b.txt").write_bytes(found.data)
        (again,) = import_files([place / "b.txt"], place).files
        assert again.error is None
        pair = [list(playhead.open_cassette(place / name)) for name in ("a.cassette", "b.txt.cassette")]
        for before, after in zip(*pair, strict=True):
            assert after.answer == before.answer
            assert (after.fingerprint, after.sequence, after.evidence) == (
                before.fingerprint,
                before.sequence,
                before.evidence,
            )


def test_an_archive_holds_bodies_decoded(tmp_path: Path) -> None:
    """As the format wants it, and that is told; what it says is the same."""
    packed = call("1", "one")
    body = packed["response"]["body"]["string"].encode()
    packed["response"] |= {"headers": {"content-encoding": ["gzip"]}, "body": {"string": gzip.compress(body, mtime=0)}}
    write(tmp_path / "a.yaml", packed)
    import_files([tmp_path / "a.yaml"], tmp_path)
    assert export(tmp_path / "a.cassette", "har").notes == {NO_HEADERS: 1, DECODED: 1}
    assert export(tmp_path / "a.cassette", "vcr").notes == {NO_HEADERS: 1}
