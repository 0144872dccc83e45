"""Real recordings that nobody here made: each file is imported, proves what was answered, and is replayed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

import playhead
from playhead.core.evidence import Interaction
from playhead.core.model import Completion, Family, Stream
from playhead.interchange.exporting import export
from playhead.interchange.importing import NO_DATE, ImportReport, import_files
from playhead.interchange.llama_stack import LISTING
from playhead.interchange.llama_stack_answers import REBUILT
from playhead.interchange.reading import read_source
from playhead.interchange.source import Exchange
from playhead.interchange.xai import NO_WIRE
from playhead.interchange.yaml_reading import yaml_library
from tests.interchange.corpus import CORPUS, files, label, needs_corpus
from tests.interchange.corpus_table import table

pytestmark = needs_corpus

VCR, STACK = files("vcr", "*.yaml"), files("llama-stack", "*.json")

SAY_NOTHING: Mapping[str, str] = {}
"""Calls of a model whose recordings prove nothing but the bytes, with the reason; there are none."""

MATRIX = "vcr/test_multimodal_tool_returns/test_multimodal_tool_return_matrix"

PLAIN: Mapping[str, str] = {
    # Files that a client fetched to send them to a model.
    "vcr/test_bedrock/test_video_url_input": "a video",
    f"{MATRIX}[direct-url_force_download-image-bedrock_claude]": "an image",
    "vcr/test_openai/test_document_url_input_force_download_response_api": "a document",
    "vcr/test_openai/test_image_url_input_force_download": "an image",
}
"""Files with calls that are carried over as plain HTTP; one that a dialect reads may leave the list."""

REDACTED = frozenset(("vcr/test_openai_responses/test_openai_responses_model_mcp_server_tool_with_connector",))
"""Files whose answers hold what stands under the name of a credential: their bytes are not the source's."""


class Imports(NamedTuple):
    """
    The whole corpus, imported.

    Attributes:
        report: What became of each file.
        out: Where the cassettes are.
    """

    report: ImportReport
    out: Path

    def calls(self) -> list[tuple[str, Interaction]]:
        """Give every call with the short name of its file."""
        found: list[tuple[str, Interaction]] = []
        for one in self.report.files:
            assert one.cassette is not None
            found += ((name_of(Path(one.path)), call) for call in playhead.open_cassette(one.cassette))
        return found


def name_of(path: Path) -> str:
    """Give the short name of a file of the corpus."""
    return path.relative_to(CORPUS).with_suffix("").as_posix()


@pytest.fixture(scope="module")
def imports(tmp_path_factory: pytest.TempPathFactory) -> Imports:
    """Import the corpus once for all tests here."""
    out = tmp_path_factory.mktemp("corpus")
    return Imports(import_files([CORPUS], out), out)


def test_every_file_is_imported(imports: Imports) -> None:
    """93 cassettes and 124 recordings, a cassette each; nothing fails and nothing is left out."""
    report = imports.report
    assert [one.error for one in report.failed] == []
    counts = {name: sum(one.format == name for one in report.files) for name in ("vcr", "llama-stack")}
    assert counts == {"vcr": 93, "llama-stack": 124}
    assert len({one.cassette for one in report.files}) == 217
    assert [one.left_out for one in report.files if one.left_out] == []
    assert report.total("calls") == 255
    assert {Path(path).name for path in report.passed_over} == {
        "LICENSE.llama-stack",
        "LICENSE.pydantic-ai",
        "README.md",
    }


def test_what_is_not_to_the_byte_is_told(imports: Imports) -> None:
    """How often each note is true is known; a new one is looked at first."""
    notes = imports.report.counted("notes")
    assert notes[REBUILT] == 124
    assert notes[LISTING] == 31
    assert notes[NO_WIRE] == 2
    assert notes[NO_DATE] < 255
    assert len(notes) == 7


def test_every_call_of_a_model_proves_what_was_answered(imports: Imports) -> None:
    """But for the files in the list, each with its reason."""
    silent = {name_of(Path(one.path)) for one in imports.report.files if one.nothing}
    assert silent <= SAY_NOTHING.keys()
    report = imports.report
    assert report.total("model_calls") >= 211
    assert report.total("model_calls") - report.total("evidence") <= len(SAY_NOTHING)


def test_only_what_is_no_call_of_a_model_is_plain_http(imports: Imports) -> None:
    """A vendor's call that no dialect reads would be found here."""
    assert {name for name, call in imports.calls() if call.provider == "http"} <= PLAIN.keys()


def test_the_vendors_are_told_apart(imports: Imports) -> None:
    """Each of them is there, whatever host its calls went to."""
    vendors = {call.provider for _, call in imports.calls()}
    assert vendors >= {"openai", "anthropic", "google", "mistral", "cohere", "bedrock", "xai"}


def test_the_model_is_known_wherever_the_source_names_it(imports: Imports) -> None:
    """In the answer, or else in the question."""
    for name, call in imports.calls():
        if call.request.family is not Family.HTTP:
            end = call.outcome.end if isinstance(call.outcome, Stream) else call.outcome
            answered = isinstance(end, Completion) and bool(end.model)
            assert answered or call.request.model, name


COUNTS = re.compile(rb'"(?:\w*_tokens|\w*[tT]okenCount|(?:in|out)putTokens|prompt_eval_count)"\s*:\s*[1-9]')


def test_counts_are_read_wherever_the_source_has_them(imports: Imports) -> None:
    """An answer in whose bytes tokens are counted reports its usage."""
    for name, call in imports.calls():
        if call.request.family is Family.HTTP or call.answer is None or call.evidence.failure is not None:
            continue
        said = COUNTS.search(_without_limits(call.answer.content()))
        assert call.evidence.usage.reported or not said, name


def _without_limits(body: bytes) -> bytes:
    """Take out the request's own limits, which some answers repeat."""
    return re.sub(rb'"max_(?:output_|completion_)?tokens"\s*:\s*\d+', b"", body)


def test_failures_are_those_of_the_sources(imports: Imports) -> None:
    """No answer that the dialects merely fail to read is taken for a failure of the vendor's."""
    failed = {
        name
        for name, call in imports.calls()
        if call.evidence.failure is not None and call.answer is not None and call.answer.status < 400
    }
    assert failed == {"vcr/test_openrouter/test_openrouter_stream_error"}  # an error in the stream


def test_the_page_shows_what_became_of_the_files(imports: Imports) -> None:
    """The table of ``docs/how-to/import-recordings.md``: ``python -m tests.interchange.corpus_table`` prints it."""
    page = Path(__file__).parents[2] / "docs" / "how-to" / "import-recordings.md"
    _, _, shown = page.read_text().partition("<!-- corpus -->\n")
    assert shown.splitlines() == table(imports.report.files)


@pytest.mark.parametrize("path", [*VCR, *STACK], ids=label)
def test_a_client_that_asks_again_gets_the_recorded_bytes(imports: Imports, path: Path) -> None:
    """
    Every recorded request, sent again by httpx to the recorded address, is answered with the source's body.

    No network is there: replay shuts it.
    """
    sources = [item for item in read_source(path.read_bytes(), path.name).items if isinstance(item, Exchange)]
    (cassette,) = [Path(one.cassette or "") for one in imports.report.files if Path(one.path) == path]
    with playhead.use_cassette(cassette):
        for one in sources:
            sent = one.sent
            headers = {"content-type": sent.content_type} if sent.content_type else {}
            answer = httpx.request(sent.method, sent.url, content=sent.body, headers=headers)
            assert answer.status_code == one.answer.status
            if name_of(path) in REDACTED:
                assert b"[REDACTED]" in answer.content
            else:
                assert answer.content == one.answer.content()


@pytest.mark.parametrize("to", ["vcr", "har"])
def test_what_is_exported_is_imported_the_same(imports: Imports, tmp_path: Path, to: str) -> None:
    """Written for another tool and read back, a cassette has the same evidence, to the byte; what has no HTTP stays."""
    written: dict[str, str] = {}
    for one in imports.report.files:
        found = export(Path(one.cassette or ""), to)
        assert found.left_out == () or one.dialects == {"xai": 2}
        if found.calls:
            name = f"{len(written)}.txt"
            (tmp_path / name).write_bytes(found.data)
            written[name] = playhead.open_cassette(one.cassette or "").digest
    again = import_files([tmp_path], tmp_path / "out")
    digests = {Path(one.path).name: playhead.open_cassette(one.cassette or "").digest for one in again.files}
    assert digests == written
    assert len(written) == 215


@pytest.mark.parametrize("path", VCR, ids=label)
def test_a_body_is_the_value_in_the_file(path: Path) -> None:
    """What pydantic-ai keeps as a value is that value again, in question and answer."""
    yaml = yaml_library("to test it")
    kept = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["interactions"]
    for item in read_source(path.read_bytes(), path.name).items:
        if isinstance(item, Exchange):
            asked, answered = kept[item.number - 1]["request"], kept[item.number - 1]["response"]
            if "parsed_body" in asked:
                assert json.loads(item.sent.body) == asked["parsed_body"]
            if "parsed_body" in answered:
                assert json.loads(item.answer.content()) == answered["parsed_body"]
            elif answered["body"]["string"] is not None:
                given = answered["body"]["string"]
                assert item.answer.content() == (given.encode() if isinstance(given, str) else given)
