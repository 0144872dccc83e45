"""Who may come in."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest

from tests.gateway.conftest import CHAT, Ask, chat, stub_app

TOKEN = "a-token-of-the-gateway"


def basic(password: str) -> str:
    """Give what a browser sends."""
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {TOKEN}"},
        {"x-api-key": TOKEN},
        {"x-goog-api-key": TOKEN},
        {"api-key": TOKEN},
        {"x-playhead-token": TOKEN},
        {"authorization": basic(TOKEN)},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_the_token_is_taken_wherever_an_sdk_puts_its_key(
    tmp_path: Path, ask: Ask, headers: dict[str, str]
) -> None:
    """Whatever the vendor: the SDK is given the token for a key."""
    client = ask(stub_app(tmp_path / "a.cassette", token=TOKEN))
    assert (await client.post(CHAT, json=chat(), headers=headers)).status_code == 200


async def test_the_token_is_taken_from_the_query_as_googles_old_clients_send_it(tmp_path: Path, ask: Ask) -> None:
    """The key is a parameter there."""
    client = ask(stub_app(tmp_path / "a.cassette", token=TOKEN))
    assert (await client.get(f"/playhead/state?key={TOKEN}")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic ???"}, {"x-api-key": TOKEN[:-1]}, {"api-key": ""}],
)
async def test_nobody_comes_in_without_the_token(tmp_path: Path, ask: Ask, headers: dict[str, str]) -> None:
    """Neither to models nor to the page; the refusal does not say what was sent."""
    client = ask(stub_app(tmp_path / "a.cassette", token=TOKEN))
    for answer in (await client.post(CHAT, json=chat(), headers=headers), await client.get("/", headers=headers)):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert "wrong" not in answer.text.replace("missing or wrong", "")
    assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8080", 200), ("LOCALHOST", 200), ("[::1]:1", 200), ("evil.example", 421), ("", 421)],
)
async def test_a_page_whose_name_was_bent_to_this_machine_is_refused(
    tmp_path: Path, ask: Ask, host: str, status: int
) -> None:
    """DNS can point any name at 127.0.0.1; the browser still sends the name."""
    client = ask(stub_app(tmp_path / "a.cassette", hosts=["localhost", "127.0.0.1", "[::1]"]))
    assert (await client.get("/healthz", headers={"host": host})).status_code == status


async def test_other_peoples_pages_do_not_come_in(tmp_path: Path, ask: Ask) -> None:
    """A page of another origin could send a request, though not read the answer."""
    client = ask(stub_app(tmp_path / "a.cassette"))
    assert (await client.post(CHAT, json=chat(), headers={"origin": "https://evil.example"})).status_code == 403
    assert (await client.post(CHAT, json=chat(), headers={"origin": "null"})).status_code == 403
    own = await client.post(CHAT, json=chat(), headers={"origin": "http://gateway"})
    assert own.status_code == 200
    assert "access-control-allow-origin" not in own.headers


async def test_a_page_that_was_let_in_may_read(tmp_path: Path, ask: Ask) -> None:
    """With the headers that browsers want for it."""
    client = ask(stub_app(tmp_path / "a.cassette", origins=["https://app.example"]))
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    before: httpx.Response = await client.options(CHAT, headers=asked)
    assert before.headers["access-control-allow-origin"] == "https://app.example"
    answer = await client.post(CHAT, json=chat(), headers={"origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
