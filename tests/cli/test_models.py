"""``playhead models``: the models of a backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import respx

from playhead.plugins import PluginRegistrar, discovery
from tests.cli.conftest import Run
from tests.plugins.parts import Acme, Point, make_nothing

BASE = "http://vendor.test/v1"
KEY = "correct-horse-battery-staple"


async def list_some(**_: Any) -> list[str]:
    """Give two models, one with a name that would drive a terminal."""
    return ["small", "la\x1brge"]


async def show_some(*, any_listed: bool, flat: bool, **_: Any) -> None:
    """Show a model by itself."""
    print(f"shown, {any_listed=}, {flat=}")


def serve(registrar: PluginRegistrar) -> None:
    """Register one SDK that lists, one that shows, one that does neither."""
    registrar.add_inference_backend(family="llm", sdk="silent", make_worker=make_nothing)
    registrar.add_model_lister(sdk="some", lister=list_some)
    registrar.add_model_lister(sdk="shown", lister=show_some)


@pytest.fixture(autouse=True)
def one_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in an empty folder with one plugin installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "installed_entry_points", lambda: [Point("acme", Acme(does=serve))])


def test_models_are_listed(run: Run) -> None:
    """Sorted, under a line that says whose they are; names never drive the terminal."""
    result = run("models", "some")
    assert (result.exit_code, result.stdout) == (0, "some at some, 2 models:\n  la\\u001brge\n  small\n")
    assert run("models", "some", "--flat").stdout == "la\\u001brge\nsmall\n"


def test_a_backend_that_cannot_list_is_no_failure(run: Run) -> None:
    """It is told apart from the results, and the command ends with 0."""
    result = run("models", "silent")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "silent: unsupported for listing\n")


def test_several_sdks_are_asked_in_turn(run: Run) -> None:
    """A lister that shows by itself knows whether others came before."""
    result = run("models", "cloud", "--sdk", "some", "--sdk", "shown", "--flat")
    assert result.stdout == "shown, any_listed=True, flat=True\nla\\u001brge\nsmall\n"
    assert "any_listed=False, flat=False" in run("models", "cloud", "--sdk", "shown").stdout


def test_facts_are_json_for_scripts(run: Run) -> None:
    """One object an SDK, also for what cannot be listed."""
    result = run("models", "cloud", "--sdk", "some", "--sdk", "silent", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"backend": "cloud", "sdk": "some", "supported": True, "models": ["small", "la\x1brge"]},
        {"backend": "cloud", "sdk": "silent", "supported": False, "models": None},
    ]


def test_a_name_that_nobody_serves_is_an_error(run: Run) -> None:
    """What is served is named."""
    result = run("models", "misspelt")
    assert result.exit_code == 5
    assert "no backend serves 'misspelt'" in result.stderr
    assert "openai" in result.stderr


@respx.mock
def test_a_vendor_is_asked_with_the_key_at_its_reference(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and key are the user's; the key itself is shown nowhere."""
    monkeypatch.setenv("VENDOR_KEY", KEY)
    route = respx.get(f"{BASE}/models").respond(json={"object": "list", "data": [{"id": "b"}, {"id": "a"}]})
    result = run("models", "openai", "--base-url", BASE, "--key", "env:VENDOR_KEY", "--flat")
    assert (result.exit_code, result.stdout) == (0, "a\nb\n")
    assert route.calls.last.request.headers["authorization"] == f"Bearer {KEY}"
    route.respond(401, json={"error": {"message": f"bad key {KEY}"}})
    result = run("models", "openai", "--base-url", BASE, "--key", "env:VENDOR_KEY")
    assert result.exit_code == 5
    assert KEY not in result.output


def test_a_key_that_is_not_said_is_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint is in the words of the command line."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = run("models", "openai", "--base-url", BASE)
    assert result.exit_code == 5
    assert "hint: say where the key is, as in --key env:OPENAI_API_KEY" in result.stderr


def test_a_key_itself_is_no_reference(run: Run) -> None:
    """One that was pasted is refused and not shown."""
    result = run("models", "openai", "--base-url", BASE, "--key", KEY)
    assert result.exit_code == 2
    assert KEY not in result.output
