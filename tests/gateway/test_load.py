"""Many clients at once; the figures are taken by ``python -m benchmarks --only gateway``."""

from __future__ import annotations

import threading
from pathlib import Path

from benchmarks.measures.gateway_load import CLIENTS, drive, record

from playhead.gateway import create_app
from playhead.gateway.serving import Background


def test_two_hundred_clients_get_each_their_own_answers(tmp_path: Path) -> None:
    """Whole and streamed, no error and no answer of another question's, and nothing is left running."""
    answers = record(tmp_path)
    app = create_app(cassette=tmp_path / "load.cassette", takes="cycle")
    before = threading.active_count()
    with Background(app) as url:
        load = drive(int(url.rpartition(":")[2]), answers, seconds=2.0)
    assert load.wrong == 0
    assert app.log.count >= CLIENTS
    assert app.log.counts["played"] == app.log.count
    assert threading.active_count() == before
