"""What both vendor providers share."""

from __future__ import annotations

import traceback
from typing import Any

import httpx
import pytest

from playhead.core.model import Completion, CompletionRequest, Family
from playhead.errors import UsageError
from playhead.providers.vendors.calls import VendorSettings, model_names
from playhead.providers.vendors.table import VENDORS


def test_a_row_of_one_s_own_is_a_vendor() -> None:
    """A further vendor needs no change here."""
    row = VENDORS["openai"]._replace(name="acme", base_url="https://acme.example/api", model="a-1")
    settings = VendorSettings(row, api_key="calls-key", headers={"X-Team": "blue"})
    request = settings.call_for(CompletionRequest("hi")).request(httpx.Client())
    assert str(request.url) == "https://acme.example/api/chat/completions"
    assert request.headers["X-Team"] == "blue"
    assert (settings.name, settings.model) == ("acme", "a-1")


def test_ollama_behind_a_gate_gets_the_key_it_is_given() -> None:
    """It wants none, but a key that is given is meant to be used."""
    settings = VendorSettings("ollama", api_key="calls-key")
    request = settings.models_call(timeout=1.0).request(httpx.Client())
    assert request.headers["Authorization"] == "Bearer calls-key"
    assert request.extensions["timeout"]["read"] == 1.0


def test_a_family_without_an_endpoint_is_refused() -> None:
    """Nothing is sent in its place."""
    request = CompletionRequest("a cat", family=Family.IMG_GEN)
    with pytest.raises(UsageError, match="vendor 'openai' has no endpoint for family 'img_gen'"):
        VendorSettings("openai").call_for(request)


def test_model_names_are_plain() -> None:
    """A name that is listed can be asked."""
    assert model_names(Completion(output=["models/a", "b"])) == ["a", "b"]


@pytest.mark.parametrize(
    "setting",
    [
        {"base_url": "ftp://user:hidden-word@x.example"},
        {"timeout": -1},
        {"name": "No Name"},
        {"api_key": "calls hidden-word"},
    ],
)
def test_a_refusal_shows_no_key_with_its_locals(setting: dict[str, Any]) -> None:
    """Test runners print the variables of every frame."""
    held = {"api_key": "local-hidden-word", **setting}
    with pytest.raises(UsageError) as caught:
        VendorSettings("openai", **held)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [line for frame in frames.stack if frame.filename != __file__ for line in str(frame.locals).splitlines()]
    assert shown
    assert not any("hidden-word" in line for line in shown)
