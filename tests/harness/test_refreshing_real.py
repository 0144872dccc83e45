"""Against the real llama.cpp server: asked again over both seams, and each planted change told for what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.harness.refreshing_parts import plan_of, texts

import playhead
from playhead import Completion, CompletionRequest, OpenAICompatibleProvider, Stream
from playhead.engine.comparison import Grade
from playhead.harness.comparing import compare
from playhead.harness.refresh_plan import Ways
from playhead.harness.refresh_staging import candidates, staging_of
from playhead.harness.refreshing import accept, make_calls
from playhead.providers.tiny_server import TinyServer, missing_dependency

pytestmark = pytest.mark.real_server

TOOL = {
    "type": "function",
    "function": {"name": "lookup", "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}},
}


@pytest.fixture(scope="module")
def server() -> Iterator[TinyServer]:
    """Start the server, once for this worker."""
    missing = missing_dependency()
    if missing is not None:
        pytest.skip(f"{missing} is not installed")
    with TinyServer(tool_calling=True, embeddings=True) as started:
        yield started


def chat(prompt: str, **fields: Any) -> dict[str, Any]:
    """Make a body; a seed and no temperature, so that the server says the same again."""
    asked = {"model": "tiny-random", "messages": [{"role": "user", "content": prompt}], "max_tokens": 12}
    return {**asked, "temperature": 0.0, "seed": 1, **fields}


BODIES = [
    ("chat/completions", chat("Say something.")),
    ("chat/completions", chat("Stream something.", stream=True)),
    ("chat/completions", chat("Look a word up.", tools=[TOOL], max_tokens=120)),
    ("embeddings", {"model": "tiny-random", "input": "ink"}),
    ("chat/completions", chat("This fails.", max_tokens="many")),
]


@pytest.fixture(scope="module")
def golden(server: TinyServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record calls of every kind over the wire, and two at the provider seam."""
    path = tmp_path_factory.mktemp("real") / "golden.cassette"
    with playhead.use_cassette(path, mode="record") as session:
        for place, body in BODIES:
            # A connection each: the server may close one that it kept while this machine is busy elsewhere.
            httpx.post(f"{server.base_url}/{place}", json=body, timeout=60)
        with OpenAICompatibleProvider(server.base_url, model=server.model) as provider:
            wrapped = session.wrap(provider, name="tiny")
            for prompt in ("One.", "Two."):
                wrapped.complete(CompletionRequest(prompt, model=server.model, temperature=0.0, max_tokens=8))
    return path


def refreshed(golden: Path, server: TinyServer, folder: Path) -> tuple[Path, list[Any]]:
    """Ask a copy of the golden again; gives it, with what was answered."""
    path = folder / "golden.cassette"
    path.write_bytes(golden.read_bytes())
    opened = playhead.open_cassette(path)
    with OpenAICompatibleProvider(server.base_url, model=server.model) as provider:
        ways = Ways(providers={"tiny": provider})
        plan = plan_of(opened, ways)
        assert plan.left == ()
        done = make_calls(opened, plan, ways)
        assert done.made == len(BODIES) + 2
        found = candidates(opened, plan, staging_of(path))
        accept(opened, plan, [one for one in found if not one.failed])
    return path, found


def test_a_model_that_has_not_changed_is_identical(golden: Path, server: TinyServer, tmp_path: Path) -> None:
    """Text, stream, tool call, vector and error over the wire, and the provider's answers: all say the same."""
    path, found = refreshed(golden, server, tmp_path)
    assert [(one.row.asked.question, one.row.facts) for one in found if one.grade is not Grade.IDENTICAL] == []
    assert len(found) == len(BODIES) + 2
    assert compare(golden, path).gravest is Grade.IDENTICAL
    assert texts(path) == texts(golden)


def edited(outcome: Any, change: Callable[[Completion], Completion]) -> Any:
    """Change an answer, streamed or not."""
    if isinstance(outcome, Stream):
        assert isinstance(outcome.end, Completion)
        return msgspec.structs.replace(outcome, end=change(outcome.end))
    return change(outcome)


def _called(answer: Completion) -> Completion:
    call = msgspec.structs.replace(answer.tool_calls[0], arguments='{"word":"another"}')
    return msgspec.structs.replace(answer, tool_calls=(call,))


def _ended_otherwise(answer: Completion) -> Completion:
    return msgspec.structs.replace(answer, finish_reason="stop" if answer.finish_reason == "length" else "length")


PLANTED: list[tuple[str, Callable[[Completion], Completion], str, str]] = [
    ("One.", lambda a: msgspec.structs.replace(a, text=f"{a.text} Indeed."), "reworded", "text"),
    ("One.", lambda a: msgspec.structs.replace(a, model="other-model"), "provenance", "model"),
    ("One.", _ended_otherwise, "structural", "truncated"),
    ("Look a word up.", _called, "structural", "tool call"),
]


@pytest.mark.parametrize(("question", "change", "grade", "kind"), PLANTED)
def test_a_planted_change_is_told_for_what_it_is(
    golden: Path, tmp_path: Path, question: str, change: Callable[[Completion], Completion], grade: str, kind: str
) -> None:
    """One answer of a real recording is changed: that call alone is graded, as what it is."""
    from playhead.core.calls import outcome_fields
    from playhead.format.assembly import assemble, whole_entries
    from playhead.store.sealing import write_assembly

    opened, path = playhead.open_cassette(golden), tmp_path / "changed.cassette"
    entries = []
    for entry in whole_entries(opened.reader):
        call = opened.get(entry.key, entry.n)
        assert call is not None
        if opened.interaction(call).request.conversation()[-1:] and question in str(
            opened.interaction(call).request.conversation()
        ):
            fields = msgspec.json.decode(entry.data)
            fields["call"]["outcome"] = msgspec.to_builtins(outcome_fields(edited(call.call.outcome, change)))
            entry = entry._replace(data=msgspec.json.encode(fields, order="sorted"))  # noqa: PLW2901
        entries.append(entry)
    write_assembly(path, assemble(entries))
    rows = [row for row in compare(golden, path).rows if row.facts]
    assert [(row.asked.question, row.grade.word, row.facts[0].kind) for row in rows] == [(question, grade, kind)]


def test_a_hot_model_rewords(server: TinyServer, tmp_path: Path) -> None:
    """Asked twice at a temperature, the real server says other things; each is graded, none is an error."""
    path = tmp_path / "hot.cassette"
    with playhead.use_cassette(path, mode="record"), httpx.Client() as client:
        for number in range(4):
            for stream in (False, True):
                body = chat(f"Tale {number}.", temperature=1.5, seed=-1, stream=stream)
                client.post(f"{server.base_url}/chat/completions", json=body)
    golden = playhead.open_cassette(path)
    plan = plan_of(golden, Ways())
    make_calls(golden, plan, Ways())
    found = candidates(golden, plan, staging_of(path))
    assert len(found) == 8
    assert not any(one.failed for one in found)
    kinds = {fact.kind for one in found for fact in one.row.facts}
    assert "text" in kinds
    assert kinds <= {"text", "usage", "truncated", "finish reason"}


def test_a_request_with_another_limit_is_named_with_what_it_was(server: TinyServer, tmp_path: Path) -> None:
    """Another parameter is another request, and the likely pair is found."""
    paths = []
    for name, limit in (("a", 40), ("b", 3)):
        path = tmp_path / f"{name}.cassette"
        with (
            OpenAICompatibleProvider(server.base_url, model=server.model) as provider,
            playhead.record(provider, path, name="tiny") as recording,
        ):
            recording.complete(
                CompletionRequest("Tell me a tale.", model=server.model, temperature=0.0, max_tokens=limit)
            )
        paths.append(path)
    ((old, new, differing),) = compare(*paths).changed
    assert (old.question, new.question) == ("Tell me a tale.", "Tell me a tale.")
    assert [str(one) for one in differing] == ["max_tokens: recorded 40, asked 3"]
