"""The gateway put together."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import playhead
from playhead import StubInferenceProvider, UsageError
from playhead.gateway import create_app
from tests.gateway.conftest import CHAT, Ask, chat, stub_app


def test_what_is_missing_or_wrong_is_told_at_the_start(tmp_path: Path) -> None:
    """Before a port is opened."""
    with pytest.raises(UsageError, match="needs a cassette"):
        create_app()
    with pytest.raises(UsageError, match="token is empty"):
        create_app(cassette=tmp_path / "a", token="")
    with pytest.raises(playhead.CassetteMissing, match="no such file"):
        create_app(cassette=tmp_path / "a.cassette")
    with pytest.raises(playhead.CassetteMissing, match="no such folder"):
        create_app(cassettes=tmp_path / "none")
    with pytest.raises(UsageError, match="unknown mode"):
        create_app(cassette=tmp_path / "a", mode="sometimes")


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_a_missing_extra_is_named(golden: Path, package: str) -> None:
    """With the command that installs it; without it everything else can be imported."""
    code = f"""
import sys
sys.modules[{package!r}] = None
import playhead, playhead.gateway.serving as serving
from playhead.gateway import create_app
assert {package!r} not in [name for name, module in sys.modules.items() if module is not None]
try:
    app = create_app(cassette={str(golden)!r})
    serving.make_server(app)
except playhead.MissingDependencyError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"{package!r} is not installed" in done.stdout
    assert "pip install 'playhead[gateway]'" in done.stdout


def test_the_gateway_loads_its_extra_only_when_an_app_is_made() -> None:
    """Importing it costs no server."""
    names = "[name for name in ('starlette', 'uvicorn') if name in sys.modules]"
    code = f"import sys, playhead.gateway, playhead.cli.serve; print({names})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_mode_comes_from_the_environment_as_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """``PLAYHEAD_MODE`` is read where no mode is given."""
    monkeypatch.setenv("PLAYHEAD_MODE", "record-missing")
    app = create_app(cassettes=tmp_path)
    assert (await ask(app).get("/healthz")).json()["mode"] == "record-missing"


async def test_what_is_recorded_is_sealed_when_the_app_stops(tmp_path: Path, ask: Ask) -> None:
    """The lifespan does it; closing twice does nothing more."""
    app = stub_app(tmp_path / "a.cassette")
    await ask(app).post(CHAT, json=chat())
    assert not (tmp_path / "a.cassette").exists()
    await app.close()
    await app.close()
    assert len(playhead.open_cassette(tmp_path / "a.cassette")) == 1


def test_starlettes_own_test_client_takes_it(tmp_path: Path) -> None:
    """Whoever tests an app in Starlette's way tests a gateway in it too."""
    from starlette.testclient import TestClient

    app = stub_app(tmp_path / "a.cassette")
    with TestClient(app) as client:
        assert client.post(CHAT, json=chat(stream=True)).status_code == 200
    assert len(playhead.open_cassette(tmp_path / "a.cassette")) == 1


async def test_a_lifespan_ends_in_sealing(tmp_path: Path, ask: Ask) -> None:
    """Behind a server of somebody else's the gateway seals when that stops."""
    app = stub_app(tmp_path / "a.cassette")
    await ask(app).post(CHAT, json=chat())
    asked = iter(["lifespan.startup", "lifespan.shutdown"])
    told: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": next(asked)}

    async def send(message: Any) -> None:
        told.append(message["type"])

    await app({"type": "lifespan", "state": {}}, receive, send)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert len(playhead.open_cassette(tmp_path / "a.cassette")) == 1


async def test_a_fault_in_sealing_is_told_and_keeps_no_other_from_sealing(
    tmp_path: Path, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    """What was recorded and could not be stored is no silence."""
    app = stub_app(tmp_path / "a.cassette", cassettes=tmp_path)
    client = ask(app)
    for name in ("a", "b"):
        await client.post(CHAT, json=chat(), headers={"x-playhead-cassette": name})
    session = next(iter(app.sessions))
    session.note_fault(playhead.RecordingError("a call was lost"))
    with caplog.at_level(logging.ERROR, "playhead.gateway"):
        await app.close()
    assert [str(fault) for fault in app.faults] == ["a call was lost"]
    assert "a call was lost" in caplog.text
    assert len(playhead.open_cassette(tmp_path / "b.cassette")) == 1


async def test_refusals_go_to_whoever_wants_them(golden: Path, ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """A function, or the log."""
    told: list[str] = []
    await ask(create_app(cassette=golden, on_refused=told.append)).post(CHAT, json=chat("unknown"))
    assert "unknown" in told[0]
    with caplog.at_level(logging.WARNING, "playhead.gateway"):
        await ask(create_app(cassette=golden)).post(CHAT, json=chat("unknown"))
    assert "refused: nothing" in caplog.text


async def test_the_app_is_mounted_below_a_path(golden: Path) -> None:
    """Routes count from there; the app's owner opens and closes it."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    app = create_app(cassette=golden)
    outer = Starlette(routes=[Mount("/ai", app=app)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url="http://x") as client:
        assert (await client.post(f"/ai{CHAT}", json=chat(stream=False))).status_code == 200
        assert (await client.get("/ai/healthz")).status_code == 200
    await app.close()


def test_its_repr_names_the_mode(tmp_path: Path) -> None:
    """And no token."""
    app = create_app(cassettes=tmp_path, token="token-123", upstreams={"default": StubInferenceProvider()})
    assert repr(app) == "<playhead gateway, replay, 0 cassettes open>"
