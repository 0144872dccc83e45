"""The records of models and backends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import playhead
from playhead.plugins import InferenceBackend, InferenceModelSpec, ModelHandle
from playhead.providers.secrets import resolved_values

KEY = "correct-horse-battery-staple"


def test_a_model_has_an_id_of_its_own_or_its_name() -> None:
    """What the vendor calls it is the name, where nothing else is said."""
    spec = InferenceModelSpec(name="large", sdk="acme", backend_name="cloud")
    assert spec.model_id == "large"
    assert InferenceModelSpec(name="large", sdk="acme", backend_name="cloud", model_id="l-2").model_id == "l-2"


@pytest.mark.parametrize("field", ["name", "sdk", "backend_name"])
def test_a_model_without_a_name_of_its_parts_is_refused(field: str) -> None:
    """Each of the three is needed."""
    fields: dict[str, Any] = {"name": "large", "sdk": "acme", "backend_name": "cloud", field: ""}
    with pytest.raises(playhead.UsageError, match="needs a name"):
        InferenceModelSpec(**fields)


@pytest.mark.parametrize(
    ("variant", "word"), [(None, "acme@cloud"), ("", "acme@cloud"), ("eu", "acme@cloud/eu")], ids=repr
)
def test_a_handle_is_made_of_a_model(variant: str | None, word: str) -> None:
    """SDK, backend and variant stand in one word; any object with the attributes will do."""
    spec = SimpleNamespace(sdk="acme", backend_name="cloud", variant=variant)
    handle = ModelHandle.make_for_inference_model(inference_model=spec)
    assert handle.sdk_handle == word
    assert (handle.sdk, handle.backend, handle.variant) == ("acme", "cloud", variant or None)


def test_models_of_one_backend_share_a_handle() -> None:
    """The model is no part of it."""
    made = [
        ModelHandle.make_for_inference_model(
            inference_model=InferenceModelSpec(name=name, sdk="acme", backend_name="cloud")
        )
        for name in ("large", "small")
    ]
    assert made[0] == made[1]


def test_a_key_is_given_and_never_shown() -> None:
    """The key can be had, is in no ``repr``, and is redacted from then on."""
    backend = InferenceBackend("cloud", api_key=KEY)
    assert backend.api_key == KEY
    assert backend.key_source == (KEY, None)
    assert KEY not in repr(backend) + repr(vars(backend))
    assert KEY in resolved_values()


def test_a_reference_is_read_when_the_key_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend can be made without its key; who asks for the key needs it."""
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    backend = InferenceBackend("cloud", api_key_ref="env:ACME_API_KEY")
    with pytest.raises(playhead.InferenceProviderError):
        _ = backend.api_key
    monkeypatch.setenv("ACME_API_KEY", KEY)
    assert backend.api_key == KEY
    assert "env:ACME_API_KEY" in repr(backend)
    assert KEY not in repr(backend)


def test_a_backend_without_a_key_has_none() -> None:
    """No key is ``None``, and further settings cannot be changed from outside."""
    given = {"region": "eu"}
    backend = InferenceBackend("cloud", extra_config=given)
    given["region"] = "us"
    assert backend.api_key is None
    assert backend.extra_config == {"region": "eu"}


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "cloud", "api_key": KEY, "api_key_ref": "env:A"}], ids=["no name", "two keys"]
)
def test_a_backend_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    """A name is needed, and one source of the key at most."""
    with pytest.raises(playhead.UsageError):
        InferenceBackend(**fields)
