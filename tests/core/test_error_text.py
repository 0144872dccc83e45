"""Servers' words: what stands in a credential's place is masked, prose is not."""

from __future__ import annotations

import pytest

from playhead.core.error_text import redact_error_text

SECRET = "hunt3r-xyzzy"


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: sk-{SECRET}",
        f"bad sk_{SECRET}",
        f"gsk_{SECRET.replace('-', '')}zz refused",
        f"ghp_{SECRET.replace('-', '')}",
        f"token AIza{SECRET}",
        f"xoxb-{SECRET}",
        f"api_key={SECRET}",
        f"apikey: {SECRET}",
        f'{{"api_key": "{SECRET}"}}',
        f"x-api-key: {SECRET}",
        f"access_key={SECRET}",
        f"password={SECRET} passwd={SECRET}",
        f"https://host/v1?key={SECRET}&x=1",
        f"token={SECRET}",
        f"secret: {SECRET}",
        f"auth={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"bearer {SECRET}",
        f"OPENAI_API_KEY={SECRET}",
        f"the token {SECRET} has expired",
        f"unlike anything {SECRET}",
    ],
)
def test_ek_08_what_stands_in_a_credentials_place_is_masked(text: str) -> None:
    """Each place a server quotes a credential in is masked, and so is a known value anywhere."""
    masked = redact_error_text(text, values=[SECRET] if "unlike" in text else [])
    assert SECRET not in masked
    assert SECRET.replace("-", "") not in masked
    assert "[REDACTED]" in masked


@pytest.mark.parametrize(
    "text",
    [
        "monkey business",
        "turkey",
        "key=abc",
        "key:value",
        "the secret sauce",
        "token limit reached",
        "bearer of bad news",
    ],
)
def test_ek_08_prose_survives(text: str) -> None:
    """Words that only sound like credentials are left alone."""
    assert redact_error_text(text) == text


@pytest.mark.parametrize(
    "text", ["a bearer token is required", "max_tokens: 4096 is too large", "401 Unauthorized", ""]
)
def test_what_servers_say_survives(text: str) -> None:
    """A server's ordinary complaints keep their meaning."""
    assert redact_error_text(text) == text


def test_masking_twice_is_masking_once() -> None:
    """A mask is not taken for a credential."""
    once = redact_error_text(f"Authorization: Bearer {SECRET} and api_key={SECRET}")
    assert redact_error_text(once) == once
