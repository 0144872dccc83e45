"""What SDKs sent is sent again without them: the same method, address and body, and the vendor understands it."""

from __future__ import annotations

import datetime
import importlib
from pathlib import Path
from typing import Any

import pytest

import playhead
from playhead.harness.refresh_plan import Selection, Ways, plan_refresh
from playhead.harness.refresh_staging import candidates, staging_of
from playhead.harness.refreshing import accept, make_calls
from tests.sdks.cases import KEY, NOT_HERE, Case, Sdk
from tests.sdks.prover import Row, outcome, served

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

MODULES = ("openai", "anthropic", "google_genai", "mistralai", "cohere", "ollama", "groq", "boto3_bedrock")
IMPORTED = {"google_genai": "google.genai", "boto3_bedrock": "boto3"}

PROVIDERS = ("openai", "anthropic", "google", "mistral", "cohere", "ollama", "bedrock")
SAID = {"text", "usage", "json", "body", "vectors", "output", "tool call"}
"""What may differ between two answers of a server that never says the same twice."""

NOT_MODEL_CALLS = "nothing is known of how 'http' is told who asks"


@pytest.fixture(params=MODULES)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Give the table of an SDK that is installed here."""
    name: str = request.param
    pytest.importorskip(IMPORTED.get(name, name), reason=NOT_HERE)
    found: Sdk = importlib.import_module(f"tests.sdks.test_{name}").SDK
    return found


def is_whole(case: Case) -> bool:
    """Tell whether a case asks the loopback server for something, and gets it."""
    return case.loopback and not case.fails and not case.faults


def test_every_request_of_an_sdk_is_sent_again(sdk: Sdk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The server sees what it saw from the SDK, and answers it; no answer is a failure, none has another shape.

    Only what is no call of a model is left, and says so.
    """
    monkeypatch.setenv("THE_KEY", KEY)
    ways = Ways(keys=dict.fromkeys(PROVIDERS, "env:THE_KEY"))
    made = 0
    for number, case in enumerate(case for case in sdk.cases if is_whole(case)):
        path = tmp_path / f"{number}.cassette"
        with served(sdk, Row(case)) as server:
            with playhead.use_cassette(path, mode="record"):
                assert "value" in outcome(sdk, case, server), case
            seen = [shape(asked) for asked in server.asked]
            server.asked.clear()
            golden = playhead.open_cassette(path)
            plan = plan_refresh(golden, ways, Selection(), today=datetime.date(2026, 1, 1))
            assert {left.reason for left in plan.left} <= {NOT_MODEL_CALLS}, (case, plan.left)
            make_calls(golden, plan, ways)
            again = [shape(asked) for asked in server.asked]
            assert len(again) == len(plan.targets)
            assert [one for one in again if one not in seen] == [], case
        found = candidates(golden, plan, staging_of(path))
        assert [one.row for one in found if one.failed] == [], case
        kinds = {fact.kind for one in found for fact in one.row.facts}
        # A stream that its consumer left is whole now, which is said.
        expected = SAID | ({"truncated"} if "left early" in case.feature else set())
        assert kinds <= expected, (case, kinds)
        made += len(found)
        accept(golden, plan, found)
        assert KEY.encode() not in path.read_bytes()
    assert made > 2


def shape(asked: Any) -> tuple[str, str, Any]:
    """Give what of a request the vendor acts on."""
    return asked.method, asked.path, asked.json if asked.body[:1] == b"{" else None
