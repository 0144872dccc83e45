"""The status page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from playhead import StubInferenceProvider
from playhead.gateway import create_app
from playhead.gateway.serving import Background
from tests.gateway.conftest import CHAT, chat

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
EVIL = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script></td></tr></table>"

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed here")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@pytest.fixture
def browser() -> Iterator[Any]:
    """Start a browser."""
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Open a page, and see that nothing is said on its console."""
    said: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    assert said == []


def ask(url: str, body: dict[str, Any], path: str = CHAT) -> int:
    """Make a call."""
    return httpx.post(f"{url}{path}", json=body).status_code


def test_the_page_shows_calls_as_they_come(golden: Path, page: Any, tmp_path: Path) -> None:
    """What was there before it was opened, what comes later, and why a call was refused."""
    app = create_app(cassette=golden, cassettes=tmp_path, upstreams={"openai": "http://127.0.0.1:9/v1"})
    with Background(app) as url:
        assert ask(url, chat(stream=False)) == 200
        page.goto(url)
        expect = sync_api.expect
        expect(page.locator("#mode")).to_have_text("replay")
        expect(page.locator("#link")).to_have_text("connected")
        expect(page.locator("#calls tr")).to_have_count(1)
        assert ask(url, chat(stream=True)) == 200
        assert ask(url, chat("hello their")) == 422
        expect(page.locator("#calls tr")).to_have_count(3)
        first = page.locator("#calls tr").first
        expect(first.locator(".tag")).to_have_text("refused")
        expect(first.locator(".why")).to_contain_text("hello their")
        expect(first.locator(".why")).to_contain_text("hint: ")
        expect(page.locator("#cassettes tr")).to_contain_text(str(golden))
        expect(page.locator("#providers tr")).to_contain_text("openai")
        expect(page.locator("#providers .tag")).to_have_text("not asked")
        expect(page.locator("#counts")).to_contain_text("2")
        page.check("#only")
        expect(page.locator("#calls tr")).to_have_count(1)


def test_what_a_request_says_is_never_markup(tmp_path: Path, page: Any) -> None:
    """A prompt, a model's name, a test's id and a path are shown as text."""
    app = create_app(cassettes=tmp_path, mode="record-missing", upstreams={"default": StubInferenceProvider()})
    with Background(app) as url:
        httpx.post(f"{url}{CHAT}", json={**chat(EVIL), "model": EVIL}, headers={"x-playhead-test": EVIL})
        httpx.post(f"{url}/<script>x</script>", json={})
        page.goto(url)
        sync_api.expect(page.locator("#calls tr")).to_have_count(2)
        sync_api.expect(page.locator("#calls")).to_contain_text(EVIL)
        assert page.title() == "Playhead gateway"
        assert page.locator("main img, main script").count() == 0


def test_the_policy_keeps_a_foreign_script_from_running(golden: Path, browser: Any) -> None:
    """If text ever became markup, the browser would still not run it, nor send anything elsewhere."""
    opened = browser.new_page()
    with Background(create_app(cassette=golden)) as url:
        opened.goto(url)
        opened.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = \"document.title='taken'\";"
            " document.body.append(s); }"
        )
        assert opened.title() == "Playhead gateway"
        reached = opened.evaluate("() => fetch('http://127.0.0.1:9/').then(() => 'sent', error => error.name)")
        assert reached == "TypeError"
        opened.close()


def test_the_page_can_be_used_without_seeing_it(golden: Path, page: Any) -> None:
    """A heading, landmarks, named tables and headers, a label for the box, keys for all of it."""
    with Background(create_app(cassette=golden)) as url:
        page.goto(url)
        assert page.get_by_role("heading", level=1).inner_text() == "Playhead gateway"
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("region").count() == 3
        assert page.get_by_role("columnheader").count() == 16
        assert page.get_by_label("only refused and failed").is_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "only"
        assert page.evaluate("document.documentElement.lang") == "en"


def test_a_page_behind_a_token_works_with_the_password(golden: Path, browser: Any) -> None:
    """A browser sends it with everything the page asks for."""
    app = create_app(cassette=golden, token="token-0123456789")
    with Background(app) as url:
        context = browser.new_context(http_credentials={"username": "me", "password": "token-0123456789"})
        opened = context.new_page()
        opened.goto(url)
        sync_api.expect(opened.locator("#link")).to_have_text("connected")
        sync_api.expect(opened.locator("#mode")).to_have_text("replay")
        context.close()


def test_the_page_says_when_the_gateway_is_gone(golden: Path, browser: Any) -> None:
    """And does not go on to look alive."""
    opened = browser.new_page()
    with Background(create_app(cassette=golden)) as url:
        opened.goto(url)
        sync_api.expect(opened.locator("#link")).to_have_text("connected")
    sync_api.expect(opened.locator("#link")).to_contain_text("not connected")
    opened.close()
