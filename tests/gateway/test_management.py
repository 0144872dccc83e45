"""The providers of a manager over HTTP: the six endpoints, with their replies and codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playhead.compat.closedpaw import ProviderConfig, ProviderManager, ProviderType
from playhead.gateway import create_app
from playhead.gateway.app import Gateway
from playhead.providers.secrets import resolved_values
from tests.gateway.conftest import Ask
from tests.sdks.servers.ollama import OllamaServer

KEY = "sk-proof-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    """Give a server that speaks Ollama's protocol."""
    with OllamaServer() as server:
        yield server


def live(folder: Path, **more: Any) -> Gateway:
    """Make a gateway whose providers may be asked."""
    return create_app(cassettes=folder, mode="live", **more)


async def test_the_first_access_finds_ollama_on_this_machine(tmp_path: Path, ask: Ask) -> None:
    """As the manager of this process does; no key stands in the reply."""
    answer = await ask(create_app(cassettes=tmp_path)).get("/api/providers")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "default_provider": "ollama",
            "providers": {
                "ollama": {
                    "type": "ollama",
                    "enabled": True,
                    "default_model": "llama3.2:3b",
                    "base_url": "http://127.0.0.1:11434",
                }
            },
        },
    )


@pytest.mark.parametrize("way", ["query", "json", "both"])
async def test_a_provider_is_registered_while_the_gateway_runs(tmp_path: Path, ask: Ask, way: str) -> None:
    """By query and by JSON; its key goes to the provider and into no reply."""
    manager = ProviderManager()
    client = ask(create_app(cassettes=tmp_path, manager=manager))
    facts = {"name": "mine", "provider_type": "openai", "api_key": KEY, "default_model": "gpt-4o-mini"}
    if way == "query":
        answer = await client.post("/api/providers/register", params=facts)
    elif way == "json":
        answer = await client.post("/api/providers/register", json=facts)
    else:
        split = {"api_key": "overruled", "name": "mine"}
        answer = await client.post("/api/providers/register", params=split, json=facts)
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "provider": "mine"})
    assert manager.get_provider("mine").config.api_key == KEY
    assert KEY in resolved_values()
    listed = await client.get("/api/providers")
    assert listed.json()["default_provider"] == "mine"
    assert KEY not in listed.text + answer.text


async def test_every_field_of_a_configuration_can_be_given(tmp_path: Path, ask: Ask) -> None:
    """A query has them as texts, JSON as they are."""
    manager = ProviderManager()
    client = ask(create_app(cassettes=tmp_path, manager=manager))
    facts: dict[str, Any] = {
        "provider_type": "ollama", "base_url": "http://127.0.0.1:1", "models": ["a", "b"], "enabled": False,
        "rate_limit": 5, "timeout": 2, "settings": {"x": 1},
    }  # fmt: skip
    texts = {**facts, "models": "a, b", "enabled": "false", "settings": json.dumps({"x": 1})}
    await client.post("/api/providers/register", json={"name": "one", **facts})
    await client.post("/api/providers/register", params={"name": "two", **texts})
    one, two = (vars(manager.get_provider(name).config) for name in ("one", "two"))
    assert {**one, "name": ""} == {**two, "name": ""}
    assert (one["models"], one["enabled"], one["rate_limit"], one["settings"]) == (["a", "b"], False, 5, {"x": 1})


@pytest.mark.parametrize(
    ("facts", "status", "detail"),
    [
        ({"name": "x", "provider_type": "telepathy"}, 400, "Invalid provider type: telepathy"),
        ({"name": "x"}, 400, "Invalid provider type: NoneType"),
        ({"name": "x", "provider_type": "custom"}, 500, "Failed to register provider"),
        ({"name": 3, "provider_type": "openai"}, 400, "name must be a text"),
        ({"name": "x", "provider_type": "openai", "rate_limit": "often"}, 400, "rate_limit has no value of its kind"),
        ({"name": "x", "provider_type": "openai", "enabled": "maybe"}, 400, "enabled has no value of its kind"),
        ({"name": "x", "provider_type": "openai", "settings": "[]"}, 400, "settings has no value of its kind"),
        (["x"], 400, "The body is no JSON object"),
    ],
)
async def test_a_provider_that_cannot_be_is_refused(
    tmp_path: Path, ask: Ask, facts: Any, status: int, detail: str
) -> None:
    """With the code and the words of the original endpoints."""
    answer = await ask(create_app(cassettes=tmp_path)).post("/api/providers/register", json=facts)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


@pytest.mark.parametrize("body", [b"{", b'{"api_key": "' + KEY.encode()])
async def test_a_body_that_cannot_be_read_is_not_quoted(tmp_path: Path, ask: Ask, body: bytes) -> None:
    """It may hold a key."""
    answer = await ask(create_app(cassettes=tmp_path)).post("/api/providers/register", content=body)
    assert answer.status_code == 400
    assert KEY not in answer.text


@pytest.mark.parametrize("reference", ["env:HOME", "file:/etc/passwd", "vault:all#key"])
async def test_no_client_has_this_machines_secrets_sent_to_it(tmp_path: Path, ask: Ask, reference: str) -> None:
    """A reference would be followed here, and what it gives sent to an address of the client's choice."""
    facts = {"name": "x", "provider_type": "openai", "base_url": "http://evil.example", "api_key": reference}
    answer = await ask(create_app(cassettes=tmp_path)).post("/api/providers/register", json=facts)
    assert answer.status_code == 400


async def test_the_default_is_changed(tmp_path: Path, ask: Ask) -> None:
    """To a provider that is there."""
    client = ask(create_app(cassettes=tmp_path))
    await client.post("/api/providers/register", json={"name": "mine", "provider_type": "openai"})
    answer = await client.post("/api/providers/mine/default")
    assert answer.json() == {"status": "success", "default_provider": "mine"}
    assert (await client.get("/api/providers")).json()["default_provider"] == "mine"
    missing = await client.post("/api/providers/yours/default")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Provider not found"})


async def test_models_and_health_are_asked_of_each(tmp_path: Path, ask: Ask, ollama: OllamaServer) -> None:
    """One that is not there has none and is not well, and keeps no other from answering."""
    manager = ProviderManager()
    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "here", base_url=ollama.root))
    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "gone", base_url="http://127.0.0.1:9", timeout=1))
    client = ask(live(tmp_path, manager=manager))
    models = (await client.get("/api/providers/here/models")).json()
    assert models["provider"] == "here"
    assert models["models"]
    assert (await client.get("/api/providers/models")).json() == {"here": models["models"], "gone": []}
    assert (await client.get("/api/providers/health")).json() == {"here": True, "gone": False}
    missing = await client.get("/api/providers/yours/models")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Provider not found"})
    overview = (await client.get("/playhead/providers")).json()
    assert overview["health"] == {"here": "reachable", "gone": "unreachable"}
    await manager.close_all()


async def test_a_provider_that_fails_is_told_by_its_kind_alone(tmp_path: Path, ask: Ask) -> None:
    """What an exception says may hold anything."""
    manager = ProviderManager()
    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "gone", base_url="http://127.0.0.1:9", timeout=1))
    answer = await ask(live(tmp_path, manager=manager)).get("/api/providers/gone/models")
    assert answer.status_code == 502
    assert "127.0.0.1" not in answer.text
    await manager.close_all()


async def test_in_replay_nobody_is_asked(tmp_path: Path, ask: Ask, ollama: OllamaServer) -> None:
    """All are well by policy, and have the models that were configured."""
    manager = ProviderManager()
    manager.register_provider(ProviderConfig(ProviderType.OLLAMA, "here", base_url=ollama.root, models=["a"]))
    client = ask(create_app(cassettes=tmp_path, manager=manager))
    assert (await client.get("/api/providers/health")).json() == {"here": True}
    assert (await client.get("/api/providers/models")).json() == {"here": ["a"]}
    assert (await client.get("/api/providers/here/models")).json() == {"provider": "here", "models": ["a"]}
    assert (await client.get("/playhead/providers")).json()["health"] == {"here": "not asked"}
    assert ollama.asked == []
    await manager.close_all()


async def test_the_page_makes_no_manager(tmp_path: Path, ask: Ask) -> None:
    """Who never asks for providers has none."""
    answer = await ask(create_app(cassettes=tmp_path)).get("/playhead/providers")
    assert answer.json() == {"providers": {}, "health": {}}


def test_a_key_in_an_address_is_in_no_log(tmp_path: Path) -> None:
    """The server writes none of the addresses it is asked at, whatever level is logged."""
    code = f"""
import logging, httpx
logging.basicConfig(level=logging.DEBUG)
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)
from playhead.gateway import create_app
from playhead.gateway import serving
with serving.Background(create_app(cassettes={str(tmp_path)!r})) as url:
    facts = {{"name": "x", "provider_type": "openai", "api_key": {KEY!r}}}
    print(httpx.post(url + "/api/providers/register", params=facts).text)
    print(httpx.get(url + "/nowhere", params={{"key": {KEY!r}}}).status_code)
    print(httpx.get(url + "/playhead/state").text)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert '"status":"success"' in done.stdout
    assert KEY not in done.stdout + done.stderr
