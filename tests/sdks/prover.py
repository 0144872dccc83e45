"""
The tests that every SDK goes through.

A file of tests names an SDK's table and takes these over: ``class TestOpenai(Prover): sdk = SDK``. ``conftest.py``
gives each test the rows that it is about.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import msgspec
import pytest

import playhead
from playhead.providers.tiny_server import TinyServer, missing_dependency
from tests.sdks import waits
from tests.sdks.cases import KEY, Case, Sdk, json_or_text
from tests.sdks.servers.base import LoopbackServer


class Row(NamedTuple):
    """A case, and whether the real server is asked."""

    case: Case
    real: bool = False

    def __str__(self) -> str:
        return f"real-{self.case}" if self.real else str(self.case)


def rows(sdk: Sdk, about: str) -> list[Row]:
    """Give the rows that a test is about, by the name of its argument."""
    tests: dict[str, Callable[[Case], bool]] = {
        "row": lambda _: True,
        "varying": lambda case: case.prompted and not case.fails and not case.faults,
        "proving": lambda case: case.proves is not None,
        "prompted": lambda case: case.prompted and not case.fails and not case.faults,
        "streamed": lambda case: case.is_stream and not case.fails and not case.faults,
    }
    wanted = tests[about]
    found = [Row(case) for case in sdk.cases if case.loopback and wanted(case)]
    if about in ("row", "proving") and sdk.real_url is not None:
        found += [Row(case, real=True) for case in sdk.cases if case.real and wanted(case)]
    return found


class Prover:
    """The tests; a subclass names the SDK."""

    sdk: ClassVar[Sdk]

    def test_two_live_answers_differ(self, varying: Row) -> None:
        """Without a session the same question gets another answer each time: equal answers would prove nothing."""
        case = varying.case
        with served(self.sdk, varying) as server:
            first = outcome(self.sdk, case, server)
            assert count(server) in (case.requests, None)
            second = outcome(self.sdk, case, server)
        assert "value" in first, first
        assert first != second

    def test_replay_gives_what_the_sdk_gave(self, row: Row, tmp_path: Path) -> None:
        """
        With the server gone an SDK gives what it gave, to the last id and time: results, pieces and exceptions.

        No request is made, none is refused, a wait for another try is no wait, and no key is in the file.
        """
        case, path = row.case, tmp_path / "proof.cassette"
        with served(self.sdk, row) as server:
            with playhead.use_cassette(path, mode="record") as session, waits.counted() as waited:
                recorded = outcome(self.sdk, case, server)
            asked = count(server)
            url = self.sdk.address(server)
        assert ("error" in recorded) is case.fails, recorded
        assert asked in (case.requests, None)
        assert session.report().recorded == case.requests

        with waits.counted() as waited_again, playhead.use_cassette(path) as session:
            replayed = self.sdk.run(case, url, self.sdk.ask())
        report = session.report()
        assert report.refusals == ()
        assert replayed == recorded
        assert (report.played, report.unplayed) == (case.requests, 0)
        assert count(server) == asked
        if case.feature == "rate limit":
            assert any(waited), "the SDK waits in a way that is not counted"
            assert not any(waited_again)
        assert KEY not in everything_in(path)

    def test_the_evidence_is_what_the_sdk_read(self, proving: Row, tmp_path: Path) -> None:
        """A recording proves what the SDK itself made of the answer: text, model, counts, reason, tool calls."""
        case, path = proving.case, tmp_path / "proof.cassette"
        with served(self.sdk, proving) as server, playhead.use_cassette(path, mode="record"):
            recorded = outcome(self.sdk, case, server)
        assert case.proves is not None
        expected = case.proves(recorded["value"])
        *_, last = playhead.open_cassette(path)
        evidence = last.evidence
        assert evidence.provider == (case.provider or self.sdk.provider)
        assert evidence.text == expected.text
        assert evidence.finish_reason == expected.finish_reason
        assert [(one.name, json_or_text(one.arguments)) for one in evidence.tool_calls] == list(expected.tool_calls)
        if expected.model is not None:
            assert evidence.model == expected.model
        counts = (evidence.usage.prompt_tokens, evidence.usage.completion_tokens)
        if expected.prompt_tokens is not None:
            assert counts == (expected.prompt_tokens, expected.completion_tokens or 0)

    def test_a_changed_prompt_is_refused(self, prompted: Row, tmp_path: Path) -> None:
        """Another prompt gets no old answer: the session keeps the refusal, whatever the SDK made of the exception."""
        case, path = prompted.case, tmp_path / "proof.cassette"
        with served(self.sdk, prompted) as server:
            with playhead.use_cassette(path, mode="record"):
                outcome(self.sdk, case, server)
            url = self.sdk.address(server)
        with playhead.use_cassette(path) as session:
            replayed = self.sdk.run(case, url, self.sdk.ask("Where is the kettle?"))
        assert "error" in replayed, replayed
        refusals = session.report().refusals
        assert {refusal.kind for refusal in refusals} == {"no match"}
        assert any("lantern" in said and "kettle" in said for said in refusals[0].differences)
        with pytest.raises(playhead.NoMatch), playhead.use_cassette(path, strict=True):
            self.sdk.run(case, url, self.sdk.ask("Where is the kettle?"))


class StreamingProver(Prover):
    """The tests of an SDK that gives its caller a stream piece by piece, as it comes."""

    def test_a_stream_is_not_held_back(self, streamed: Row, tmp_path: Path) -> None:
        """While a stream is recorded its reader gets each piece as it comes, not all of them at the end."""
        with served(self.sdk, streamed) as server:
            assert isinstance(server, LoopbackServer)
            server.gate = threading.Event()
            with playhead.use_cassette(tmp_path / "proof.cassette", mode="record"):
                found = self.sdk.run(streamed.case, self.sdk.address(server), self.sdk.ask(got=server.gate.set))
        assert "value" in found, found
        assert server.gate.is_set()
        assert not server.held_back


@contextmanager
def served(sdk: Sdk, row: Row) -> Iterator[Any]:
    """Run the server a row is about."""
    if not row.real:
        with sdk.server() as server:
            yield server
        return
    absent = missing_dependency()
    if absent is not None:
        pytest.skip(f"{absent} is not installed (extra demo)")
    with TinyServer(embeddings="embeddings" in row.case.feature, tool_calling="tools" in row.case.feature) as real:
        yield real


def outcome(sdk: Sdk, case: Case, server: Any) -> Any:
    """Make a case's call against a server that is to fail as the case says."""
    if isinstance(server, LoopbackServer):
        server.faults[:] = case.faults
    return sdk.run(case, sdk.address(server), sdk.ask())


def count(server: Any) -> int | None:
    """Give how many requests a server got; ``None`` for the real one, which does not tell."""
    return len(server.asked) if isinstance(server, LoopbackServer) else None


def everything_in(path: Path) -> str:
    """Give all that a cassette holds, as text."""
    found = playhead.open_cassette(path)
    assert len(found) > 0
    return msgspec.json.encode(list(found), enc_hook=repr).decode() + repr(list(found))
