"""
A session for each test of a ``unittest.TestCase``, by the rules of the pytest plugin.

    class TestChat(playhead.CassetteMixin, unittest.TestCase):
        def test_hello(self):
            provider = self.session.wrap(my_provider, name="openai")

``PLAYHEAD_MODE=record-missing python -m unittest`` records what is missing.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from playhead.harness.cassette_names import cassette_path
from playhead.harness.opening import use_cassette
from playhead.sessions.session import Session


class CassetteMixin:
    """
    Gives each test the session of its own cassette; stands before ``unittest.TestCase`` among the bases.

    A refused call fails its test, whatever the code did with the exception, and the recording of a test that failed is
    kept apart. A class with a ``setUp`` of its own calls ``super().setUp()`` first.

    Attributes:
        session: The session of the test that runs.
        session_options: Keywords of ``playhead.use_cassette``, for all tests of the class.
    """

    session: Session
    session_options: Mapping[str, Any] = {}

    def cassette_path(self) -> Path:
        """Give the cassette of this test: ``cassettes/<module>/<class>.<test>.cassette`` beside the test's file."""
        case: Any = self
        names = [*type(self).__qualname__.split("."), str(case.id()).rpartition(".")[2]]
        return cassette_path(Path(inspect.getfile(type(self))), names)

    def setUp(self) -> None:
        """Open the session; it ends after the test's tearDown and cleanups."""
        options: dict[str, Any] = {**self.session_options, "strict": False}
        self.session = use_cassette(self.cassette_path(), **options).open()
        above: Any = super()
        above.setUp()

    def doCleanups(self) -> Any:  # noqa: N802 - unittest's name
        """End the session once the other cleanups are done: only then is it known how the test went."""
        case, above = cast("Any", self), cast("Any", super())
        ok: bool = above.doCleanups()
        session = vars(self).pop("session", None)
        if session is not None:
            case.addCleanup(self._end, session, ok)
            ok = above.doCleanups()
        return ok

    def _end(self, session: Session, ok: bool) -> None:
        case: Any = self
        report = session.close(ok=ok)
        if report.refusals:
            what = "a call was" if report.refused == 1 else f"{report.refused} calls were"
            case.fail("\n\n".join([f"{what} refused", *(one.message for one in report.refusals)]))
        if ok and self.session_options.get("strict") and report.unplayed and not session.records:
            case.fail(f"{report.unplayed} of {report.calls} recorded calls in {report.cassette!r} were not played")
