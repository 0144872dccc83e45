"""
The life of a cassette against a plain dict: recorded, added to, crashed upon, recovered, merged, converted, replayed.

Whatever happens in whatever order, each request has the takes that were acknowledged for it, in order, and no others.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import playhead
from playhead import strategies as play
from playhead.core.model import Completion, CompletionRequest
from playhead.format.entries import Entry
from playhead.store.converting import convert
from playhead.store.journals import journal_paths
from playhead.store.recovering import recover
from playhead.store.verifying import verify

NAME = "model"
PROMPTS = ("a", "b", "c")
Takes = dict[str, list[str]]

Asked = list[tuple[str, Completion | None]]
"""Prompts with the answer a model has for each, ``None`` where it fails."""

asked: st.SearchStrategy[Asked] = st.lists(
    st.tuples(st.sampled_from(PROMPTS), st.one_of(st.just(Completion()), play.completions(), st.none())),
    min_size=1,
    max_size=4,
)
settled = settings(max_examples=60, stateful_step_count=15, database=None, derandomize=True, deadline=None)


class Unique:
    """A model that never says the same twice, so that every take can be told from every other."""

    def __init__(self, asked: Asked, before: int) -> None:
        self.answers = iter([answer for _, answer in asked])
        self.said: list[str] = []
        self._before = before

    def complete(self, request: CompletionRequest) -> Completion:
        text = f"{self._before + len(self.said)} to {request.prompt}"
        self.said.append(text)
        answer = next(self.answers)
        if answer is None:
            raise playhead.ProviderError(text)
        return msgspec.structs.replace(answer, text=text)


def told(ask: Callable[[], Completion]) -> str:
    """Give what a call came to: the answer's text, or the error's."""
    try:
        return ask().text
    except playhead.ProviderError as error:
        return error.message


def no_secrets(_: Entry) -> Iterable[tuple[str, str]]:
    """Find none: what is recorded here is made up."""
    return ()


class Life(RuleBasedStateMachine):
    """One cassette, with a dict that says what must be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="playhead-life-"))
        self.path = self.folder / "life.cassette"
        self.sealed: Takes = {}
        self.crashed: Takes = {}
        self.said = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(calls=asked)
    def record_anew(self, calls: Asked) -> None:
        """A complete recording takes the old one's place."""
        self.sealed = self._new(self._record(self.path, "record", calls, {}))

    @rule(calls=asked)
    def add(self, calls: Asked) -> None:
        """What is there is played, what is missing is recorded."""
        for prompt, text in self._record(self.path, "record-missing", calls, self.sealed):
            self.sealed.setdefault(prompt, []).append(text)

    @rule(calls=asked, mode=st.sampled_from(["record", "record-missing"]))
    def crash(self, calls: Asked, mode: str) -> None:
        """What was acknowledged stands in a journal; the cassette is as it was."""
        there = {} if mode == "record" else self.sealed
        for prompt, text in self._record(self.path, mode, calls, there, crashes=True):
            self.crashed.setdefault(prompt, []).append(text)

    @precondition(lambda self: bool(self.sealed or self.crashed))
    @rule()
    def recover(self) -> None:
        """Cassette and journals become a new file, which is put in the old one's place."""
        out = self.folder / "recovered.cassette"
        recover([self.path], out, scan=no_secrets)
        self._take_over(out, [self.sealed, self.crashed])
        self.crashed = {}

    @precondition(lambda self: bool(self.sealed) and not self.crashed)
    @rule(one=asked, other=asked)
    def merge(self, one: Asked, other: Asked) -> None:
        """Two branches add to a copy each; both additions are in the merge, the common takes once."""
        branches = [self.folder / "one.cassette", self.folder / "other.cassette"]
        added: list[Takes] = []
        for path, calls in zip(branches, (one, other), strict=True):
            shutil.copyfile(self.path, path)
            added.append(self._new(self._record(path, "record-missing", calls, self.sealed)))
        out = self.folder / "merged.cassette"
        recover(branches, out, scan=no_secrets)
        self._take_over(out, [self.sealed, *added])
        for path in branches:
            path.unlink()

    @precondition(lambda self: bool(self.sealed))
    @rule()
    def there_and_back(self) -> None:
        """As text and back it is the same file, to the byte."""
        text, back = self.folder / "life.json", self.folder / "back.cassette"
        convert(self.path, text)
        convert(text, back)
        assert back.read_bytes() == self.path.read_bytes()
        text.unlink()
        back.unlink()

    @invariant()
    def every_take_is_played_in_order(self) -> None:
        """A replay gives what the dict says, then refuses."""
        if not self.sealed:
            assert not self.path.exists()
            return
        with playhead.use_cassette(self.path, strict=False) as session:
            provider = session.wrap(None, name=NAME)
            for prompt in PROMPTS:
                takes = self.sealed.get(prompt, [])
                assert [told(lambda p=prompt: provider.complete(CompletionRequest(p))) for _ in takes] == takes  # type: ignore[misc]
                with pytest.raises(playhead.Exhausted if takes else playhead.NoMatch):
                    provider.complete(CompletionRequest(prompt))

    @invariant()
    def the_file_is_sound(self) -> None:
        """In every byte; and what a crash left is still there."""
        if self.sealed:
            assert verify(self.path).faults == ()
        assert bool(journal_paths(self.path)) >= bool(self.crashed)

    def _record(
        self,
        path: Path,
        mode: str,
        calls: Asked,
        there: Takes,
        *,
        crashes: bool = False,
    ) -> list[tuple[str, str]]:
        """Run a session, check what it tells, and give what was new."""
        model = Unique(calls, self.said)
        new: list[tuple[str, str]] = []
        counts: Counter[str] = Counter()
        session = playhead.use_cassette(path, mode=mode, fsync=False).open()
        provider = session.wrap(model, name=NAME)
        for prompt, _ in calls:
            text = told(lambda p=prompt: provider.complete(CompletionRequest(p)))  # type: ignore[misc]
            takes = there.get(prompt, [])
            if counts[prompt] < len(takes):
                assert text == takes[counts[prompt]]
            else:
                assert text == model.said[-1]
                new.append((prompt, text))
            counts[prompt] += 1
        self.said += len(model.said)
        assert [text for _, text in new] == model.said
        session.abandon() if crashes else session.close()
        return new

    def _new(self, recorded: list[tuple[str, str]]) -> Takes:
        found: Takes = {}
        for prompt, text in recorded:
            found.setdefault(prompt, []).append(text)
        return found

    def _take_over(self, out: Path, parts: list[Takes]) -> None:
        """Check that a united file holds each take once, those of the first part first, and put it in its place."""
        united: Takes = {}
        for interaction in playhead.open_cassette(out):
            united.setdefault(interaction.request.prompt or "", []).append(_text_of(interaction))
        for prompt in PROMPTS:
            whole = [text for part in parts for text in part.get(prompt, [])]
            found = united.get(prompt, [])
            assert sorted(found) == sorted(whole)
            first = parts[0].get(prompt, [])
            assert found[: len(first)] == first
        for journal in journal_paths(self.path):
            journal.unlink()
        out.replace(self.path)
        self.sealed = united


def _text_of(interaction: playhead.Interaction) -> str:
    outcome = interaction.outcome
    assert isinstance(outcome, playhead.Completion | playhead.Failure)
    return outcome.text if isinstance(outcome, Completion) else outcome.message


def test_a_cassette_holds_what_was_acknowledged() -> None:
    """In every order of recordings, additions, crashes, recoveries and merges."""
    run_state_machine_as_test(Life, settings=settled)
