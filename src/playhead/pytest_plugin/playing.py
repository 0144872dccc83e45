"""
The sessions of a run's tests, from their opening to what is told of them.

A session that only replays ends with the fixtures of its test. One that records is left there and sealed when the whole
teardown is over, so that a test whose teardown failed replaces no golden either.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from playhead.core.modes import Mode
from playhead.errors import PlayheadError
from playhead.pytest_plugin.facts import Batch, TestFacts, enough, state_of
from playhead.pytest_plugin.naming import node_id, place, scope_node, take_of
from playhead.pytest_plugin.options import Run
from playhead.pytest_plugin.wishes import Wish

if TYPE_CHECKING:
    from playhead.core.redaction import Redactor
    from playhead.engine.ledger import Report
    from playhead.pytest_plugin.network import TestBlock
    from playhead.pytest_plugin.opening import Opened
    from playhead.pytest_plugin.sessions import TestSession


class TestState:
    """
    One test on its way.

    Attributes:
        wish: What it says of itself.
        opened: Its session.
        shared: The session's use by several tests, where it is one.
        before: The session's numbers when the test began.
        told: How often each refusal had been tried when the test's failures were last looked for.
        was_refused: Whether a call of it was refused.
        passed: Whether the test ended well so far; ``None`` until its call ends.
        outcome: The word for it.
    """

    __test__ = False
    __slots__ = ("before", "opened", "outcome", "passed", "shared", "told", "was_refused", "wish")

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.opened: Opened | None = None
        self.shared: Shared | None = None
        self.before: Report | None = None
        self.told: tuple[int, ...] = ()
        self.was_refused = False
        self.passed: bool | None = None
        self.outcome = "interrupted"


class Shared:
    """
    A session of several tests.

    Attributes:
        opened: The session.
        wish: What its first test said.
        failed: Whether one of its tests did not pass that had to.
        takes: How many takes were run of which only a share must pass.
        passed: How many of those did.
    """

    def __init__(self, opened: Opened, wish: Wish) -> None:
        self.opened = opened
        self.wish = wish
        self.failed = False
        self.takes = 0
        self.passed = 0

    def note(self, state: TestState) -> None:
        """Note how one of its tests went."""
        rate = state.wish.pass_rate
        if rate is None or state.was_refused or state.passed is None:
            self.failed = self.failed or state.passed is not True
            return
        self.takes += 1
        self.passed += state.passed

    @property
    def ok(self) -> bool:
        """Whether its recording may take the cassette's place."""
        return not self.failed and enough(self.passed, self.takes, self.wish.pass_rate)


STATE = pytest.StashKey[TestState]()
BLOCK: pytest.StashKey[TestBlock] = pytest.StashKey()


class Playing:
    """
    The sessions of this process.

    Attributes:
        run: What the run was told.
        claims: The cassettes opened, with the first test that asked for each.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.claims: dict[Path, str] = {}
        self._shared: dict[Path, Shared] = {}
        self._to_seal: list[tuple[pytest.Item, TestState]] = []
        self._outbox: Batch = {"tests": [], "cassettes": []}

    def open(
        self,
        item: pytest.Item,
        *,
        folder: Any,
        name: str,
        settings: Mapping[str, Any],
        redactor: Redactor | None,
        matching: Any,
    ) -> TestSession:
        """
        Give the session of a test, opened or shared.

        Raises:
            pytest.UsageError: Something the test or the project says makes no sense.
            CassetteError: The cassette exists and cannot be read.
        """
        state = item.stash[STATE]
        wish = state.wish
        test = node_id(item)
        path = place(folder, name, self.run.root, test)
        take = take_of(item)
        scope = wish.scope if wish.scope != "function" else "module" if take is not None and self._may_record() else ""
        shared = self._shared.get(path) if scope else None
        if shared is None:
            from playhead.pytest_plugin.opening import open_session

            opened = open_session(
                test, path, self.run, wish, settings=settings, redactor=redactor, matching=matching, take=take
            )
            try:
                self._claim(path, test, opened)
            except pytest.UsageError:
                opened.session.abandon()
                raise
            if scope and not (take is not None and opened.session.never_live):
                shared = self._shared[path] = Shared(opened, wish)
                scope_node(item, scope).addfinalizer(lambda: self._end_shared(path))
        elif shared.wish != wish and take is None:
            raise pytest.UsageError(
                f"{test} shares the cassette {str(path)!r} under other arguments than the tests before it\n"
                "hint: mark the module or the class instead of each test"
            )
        else:
            opened = shared.opened
        state.opened, state.shared = opened, shared
        state.before = opened.session.report()
        state.told = tuple(one.times for one in state.before.refusals)
        block = item.stash.get(BLOCK, None)
        if block is not None:
            # From here on the session decides: it may record, and where it replays it shuts the network itself.
            block.is_open = True
        return opened.session

    def _may_record(self) -> bool:
        return self.run.mode is not Mode.REPLAY

    def _claim(self, path: Path, test: str, opened: Opened) -> None:
        """Refuse a second test that would record into a cassette: the one that ends last would decide what is in it."""
        first = self.claims.setdefault(path, test)
        if first != test and opened.session.records:
            raise pytest.UsageError(two_claims(first, test, path))

    def leave(self, item: pytest.Item) -> None:
        """End a test's part, with its fixtures: it makes no further calls."""
        state = item.stash[STATE]
        if state.opened is None:
            return
        if state.shared is not None:
            state.shared.note(state)
            self._note_test(item, state, state.opened.session.report())
        elif state.opened.session.records:
            state.opened.session.leave()
            self._to_seal.append((item, state))
        else:
            self._end(item, state, ok=state.passed is True)

    def end_left(self, error: BaseException | None) -> None:
        """
        Close the sessions of a test whose teardown is over.

        Args:
            error: What the teardown raised.

        Raises:
            PlayheadError: A recording could not be sealed.
        """
        while self._to_seal:
            item, state = self._to_seal.pop()
            self._end(item, state, ok=state.passed is True and error is None)

    def _end(self, item: pytest.Item, state: TestState, *, ok: bool) -> None:
        from playhead.pytest_plugin.opening import cassette_facts, expired_words, warn_expired

        opened = state.opened
        if opened is None:
            return
        report, fault = _closed(opened, ok=ok)
        self._note_test(item, state, report)
        united = take_of(item) is not None
        facts = cassette_facts(opened, report, self.run.root, apart=not ok, united=united)
        self._outbox["cassettes"].append(facts)
        if fault is not None:
            raise fault
        if not ok:
            return
        if opened.expired is not None:
            if opened.expiry == "fail":
                pytest.fail(expired_words(opened), pytrace=False)
            warn_expired(item, opened)
        if opened.strict and facts["unplayed"] and not united:
            pytest.fail(unplayed_words(facts["unplayed"], report.calls, facts["cassette"]), pytrace=False)

    def _end_shared(self, path: Path) -> None:
        """Close a session at the end of its tests; what it left unplayed is told when all workers are done."""
        from playhead.pytest_plugin.opening import cassette_facts

        shared = self._shared.pop(path)
        report, fault = _closed(shared.opened, ok=shared.ok)
        facts = cassette_facts(shared.opened, report, self.run.root, apart=not shared.ok, united=True)
        self._outbox["cassettes"].append(facts)
        if fault is not None:
            raise fault

    def end_all(self) -> None:
        """Close what an interrupt left open; no golden is replaced."""
        for path in list(self._shared):
            self._shared[path].failed = True
            self._end_shared(path)
        self.end_left(KeyboardInterrupt())

    def _note_test(self, item: pytest.Item, state: TestState, report: Report) -> None:
        from playhead.pytest_plugin.facts import shown
        from playhead.pytest_plugin.opening import counts_of, refusals_of

        if state.opened is None or state.before is None:
            return
        session = state.opened.session
        counts, before = counts_of(report), counts_of(state.before)
        if state.shared is not None:
            counts = {name: count - before[name] for name, count in counts.items()}
        refusals = refusals_of(report, state.before)
        counts["refused"] = len(refusals)
        take = take_of(item)
        mutations = session.mutations
        facts: TestFacts = {
            "test": node_id(item),
            "cassette": shown(session.path, self.run.root),
            "mode": session.mode.value,
            "outcome": state.outcome,
            "state": state_of(counts),
            "counts": counts,
            "refusals": refusals,
            "uses": sorted([*use, count] for use, count in session.uses.items()),
            "group": None if take is None else group_of(item),
            "take": take,
            "pass_rate": state.wish.pass_rate,
            "mutated": 0 if mutations is None else mutations.tried,
            "unnoticed": {} if mutations is None else dict(mutations.unnoticed),
        }
        session.uses.clear()
        if mutations is not None:
            mutations.forget()
        self._outbox["tests"].append(facts)

    def take_batch(self) -> Batch | None:
        """Give what was finished since it was last asked for; ``None`` where nothing was."""
        batch = self._outbox
        if not batch["tests"] and not batch["cassettes"]:
            return None
        self._outbox = {"tests": [], "cassettes": []}
        return batch


def group_of(item: pytest.Item) -> str:
    """Name the tests that are one test run once a take."""
    from playhead.pytest_plugin.naming import without_take

    parent = item.parent
    return without_take(item) if parent is None else f"{parent.nodeid}::{without_take(item)}"


def two_claims(first: str, second: str, path: Path) -> str:
    """Say that two tests would record into one cassette."""
    return (
        f"{first} and {second} both record into {str(path)!r}\n"
        "hint: let them share one session with scope='module' (or 'class', 'session'), or name two cassettes"
    )


def unplayed_words(unplayed: int, calls: int, cassette: str) -> str:
    """Say that recorded calls were not played."""
    return (
        f"{unplayed} of {calls} recorded calls in {cassette!r} were not played\n"
        "hint: record the cassette again, or mark the test strict=False"
    )


def _closed(opened: Opened, *, ok: bool) -> tuple[Report, PlayheadError | None]:
    try:
        return opened.session.close(ok=ok), None
    except PlayheadError as fault:
        return opened.session.report(), fault
