"""Llama Stack's names are there, and are ours; providers in the box and from plugins are listed together."""

from __future__ import annotations

import pytest

from playhead.compat import llama_stack
from playhead.errors import DuplicateContributionError, UsageError
from playhead.plugins.discovery import build_registrar
from playhead.plugins.registrar import PluginRegistrar
from playhead.providers.llama_stack.mixin import OpenAIMixin


class Acme:
    """A plugin that gives one provider."""

    name = "acme"
    targets_api = 1

    def __init__(self, kind: str = "acme") -> None:
        self.spec = llama_stack.remote_provider_spec(kind, module="acme.adapter", config_class="acme.config.C")

    def register(self, registrar: PluginRegistrar) -> None:
        """Give it."""
        registrar.add_provider_spec(self.spec)


def install(plugin: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a plugin as if it were installed; tests/conformance installs a real one."""
    monkeypatch.setattr(
        llama_stack,
        "build_registrar",
        lambda config: build_registrar(config, built_in=[(plugin, False)], entry_points=()),
    )


def test_the_names_are_ours() -> None:
    """The mixin is the one that sessions know the calls of."""
    assert llama_stack.OpenAIMixin is OpenAIMixin


@pytest.mark.parametrize("name", llama_stack.__all__)
def test_each_name_is_there_and_documented(name: str) -> None:
    """What the module lists, it has, with a docstring."""
    assert getattr(llama_stack, name).__doc__


def test_providers_are_listed_by_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in the box and a plugin's stand in one list, sorted, to be narrowed by API."""
    plugin = Acme()
    install(plugin, monkeypatch)
    found = llama_stack.available_providers()
    assert plugin.spec in found
    assert [spec.provider_type for spec in found] == sorted(spec.provider_type for spec in found)
    assert llama_stack.available_providers("inference") == found
    assert llama_stack.available_providers("safety") == []
    assert llama_stack.provider_spec("remote::acme") is plugin.spec


def test_a_type_in_the_box_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that gives a type of ours is refused, not preferred in silence."""
    install(Acme("openai"), monkeypatch)
    with pytest.raises(DuplicateContributionError, match="'remote::openai', which is in the box"):
        llama_stack.available_providers()


def test_an_unknown_provider_is_an_error_that_lists_them() -> None:
    """A wrong type is refused with those there are."""
    with pytest.raises(UsageError, match="there is no provider 'remote::nobody'") as caught:
        llama_stack.provider_spec("remote::nobody")
    assert caught.value.hint is not None
    assert "remote::openai" in caught.value.hint
