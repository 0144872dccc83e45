"""What is shown of a gateway; the page itself is looked at in a browser by test_page.py."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from pathlib import Path

from playhead.core.redaction import DEFAULT
from playhead.gateway import create_app
from playhead.gateway.app import Gateway
from playhead.gateway.status import Status, page
from playhead.gateway.upstreams import Upstreams
from tests.gateway.conftest import CHAT, Ask, chat


def shown(app: Gateway) -> Status:
    """Give what is shown of an app."""
    return Status(app.sessions, Upstreams({"openai": "https://api.openai.com/v1"}), app.log, DEFAULT)


async def test_the_facts_say_what_happened(golden: Path, ask: Ask) -> None:
    """Counts, cassettes, upstreams, and each call with why it was refused."""
    app = create_app(cassette=golden)
    client = ask(app)
    await client.post(CHAT, json=chat(stream=False))
    await client.post(CHAT, json=chat("unknown"))
    facts = shown(app).facts()
    assert facts["counts"] == {"played": 1, "recorded": 0, "live": 0, "refused": 1, "failed": 0}
    assert [call["verdict"] for call in facts["calls"]] == ["played", "refused"]
    assert "nothing" in facts["calls"][1]["message"]
    assert facts["cassettes"][0]["path"] == str(golden)
    assert facts["upstreams"] == [{"name": "openai", "address": "https://api.openai.com/v1", "kind": "server"}]
    assert shown(app).facts(since=2)["calls"] == []


async def test_events_tell_all_there_is_and_then_what_is_new(golden: Path, ask: Ask) -> None:
    """News that come together are told together; the stream ends with the gateway."""
    app = create_app(cassette=golden)
    client = ask(app)
    await client.post(CHAT, json=chat(stream=False))
    events = shown(app).events()
    first = json.loads((await anext(events)).removeprefix(b"data: "))
    assert [call["number"] for call in first["calls"]] == [1]
    await client.post(CHAT, json=chat(stream=True))
    await client.post(CHAT, json=chat("unknown"))
    second = json.loads((await asyncio.wait_for(anext(events), 5)).removeprefix(b"data: "))
    assert [call["number"] for call in second["calls"]] == [2, 3]
    app.log.close()
    assert [event async for event in events if not event.startswith(b"data: ")] == []


def test_the_page_may_run_nothing_but_what_it_holds() -> None:
    """Its policy names its own script and style by digest; there is no place for another, nor for an address."""
    text, headers = page()
    policy = headers["content-security-policy"]
    for tag in ("script", "style"):
        found = re.findall(f"<{tag}>(.*?)</{tag}>", text.decode(), re.DOTALL)
        assert len(found) == 1
        digest = base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    markup = re.sub(r"<(script|style)>.*?</\1>", "", text.decode(), flags=re.DOTALL)
    assert "http" not in markup
    assert " on" not in re.sub(r">[^<]*<", "><", markup)
    assert "style=" not in markup
    assert "innerHTML" not in text.decode()
