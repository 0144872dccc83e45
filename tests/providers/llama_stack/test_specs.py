"""Specifications of providers: what they say, and how a provider is made of one."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from playhead.errors import MissingDependencyError, UsageError
from playhead.providers.llama_stack.specs import (
    ProviderKind,
    ProviderSpec,
    config_class_of,
    inline_provider_spec,
    make_provider,
    remote_provider_spec,
    sample_config,
)


class Config:
    """A configuration of one field."""

    def __init__(self, *, url: str) -> None:
        self.url = url

    @classmethod
    def sample_run_config(cls) -> dict[str, Any]:
        """Give a sample."""
        return {"url": "${env.ACME_URL:=http://acme}"}


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Give a provider's module, as if it were installed."""
    made = types.ModuleType("acme_provider")
    made.Config = Config  # type: ignore[attr-defined]
    made.get_adapter_impl = lambda config, deps: ("made", config.url, dict(deps))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme_provider", made)
    return made


def acme(**further: Any) -> ProviderSpec:
    """Specify the provider."""
    return remote_provider_spec(
        "acme",
        module="acme_provider",
        **{"config_class": "acme_provider.Config", "pip_packages": ["acme>=2"], **further},
    )


def test_what_a_spec_says() -> None:
    """Kind and name are in the type; the packages are a tuple, the API is inference where nothing is said."""
    spec = acme(description="Acme.")
    assert (spec.api, spec.provider_type, spec.kind, spec.name) == (
        "inference", "remote::acme", ProviderKind.REMOTE, "acme",
    )  # fmt: skip
    assert (spec.pip_packages, spec.description) == (("acme>=2",), "Acme.")
    inline = inline_provider_spec("near", module="m", config_class="m.C", api="safety")
    assert (inline.api, inline.kind, inline.pip_packages) == ("safety", ProviderKind.INLINE, ())


@pytest.mark.parametrize(
    "fields",
    [
        {"provider_type": "acme"},
        {"provider_type": "local::acme"},
        {"provider_type": "remote::"},
        {"provider_type": "remote::Acme Corp"},
        {"module": "not a module"},
        {"module": ""},
        {"config_class": "m..C"},
        {"provider_data_validator": "x y"},
        {"api": ""},
    ],
    ids=str,
)
def test_a_spec_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    """A wrong type or name is refused when it is specified, not when it is used."""
    with pytest.raises(UsageError):
        ProviderSpec(**{"provider_type": "remote::a", "module": "m", "config_class": "m.C", **fields})


@pytest.mark.usefixtures("module")
async def test_the_module_makes_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """From its sample, from fields with references, and from an object: the module is given a configuration."""
    assert await make_provider(acme()) == ("made", "http://acme", {})
    monkeypatch.setenv("ACME_URL", "http://other")
    assert await make_provider(acme()) == ("made", "http://other", {})
    assert await make_provider(acme(), {"url": "${env.ACME_URL}/v1"}, {"safety": 1}) == (
        "made", "http://other/v1", {"safety": 1},
    )  # fmt: skip
    assert await make_provider(acme(), Config(url="u")) == ("made", "u", {})
    assert config_class_of(acme()) is Config
    assert sample_config(acme()) == {"url": "${env.ACME_URL:=http://acme}"}


async def test_a_maker_may_be_awaited_and_have_the_inline_name(module: Any) -> None:
    """``async def`` is awaited; an inline provider's module may call it ``get_provider_impl``."""

    async def make(config: Config, deps: Any) -> str:
        return f"awaited {config.url} {deps}"

    del module.get_adapter_impl
    module.get_provider_impl = make
    assert await make_provider(acme(), {"url": "u"}) == "awaited u {}"


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("further", "config", "words"),
    [
        ({"config_class": "acme_provider.Missing"}, {"url": "u"}, "no class 'acme_provider.Missing'"),
        ({"api_dependencies": ("safety",)}, {"url": "u"}, "needs a provider of 'safety'"),
        ({"deprecation_error": "use remote::b"}, {"url": "u"}, "is not made any more: use remote::b"),
        ({}, {"uri": "u"}, "unexpected keyword argument 'uri'"),
        ({}, {"url": "${env.NOT_SET_HERE}"}, "'NOT_SET_HERE', which is not set"),
    ],
)
async def test_what_cannot_be_made_says_why(further: dict[str, Any], config: Any, words: str) -> None:
    """Each reason has its words."""
    with pytest.raises(UsageError, match=words):
        await make_provider(acme(**further), config)


async def test_a_module_without_a_maker(module: Any) -> None:
    """A module that makes nothing is named."""
    del module.get_adapter_impl
    with pytest.raises(UsageError, match=r"it has no get_adapter_impl\(config, deps\)"):
        await make_provider(acme(), {"url": "u"})
    del module.Config
    module.Config = type("Config", (), {})
    with pytest.raises(UsageError, match="has no sample_run_config"):
        sample_config(acme())


@pytest.mark.usefixtures("module")
async def test_a_deprecated_provider_is_made_with_a_warning() -> None:
    """One that is on its way out still works, and says so."""
    with pytest.warns(DeprecationWarning, match="remote::acme: use remote::b"):
        await make_provider(acme(deprecation_warning="use remote::b"), {"url": "u"})


async def test_what_is_not_installed_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider whose package is missing says which, and what it declares; a wrong module is another error."""
    (tmp_path / "lacking_provider.py").write_text("import acme_sdk_that_is_not_there.client\n")
    monkeypatch.syspath_prepend(tmp_path)
    spec = acme()
    lacking = remote_provider_spec(
        "acme", module="lacking_provider", config_class=f"{__name__}.Config", pip_packages=spec.pip_packages
    )
    with pytest.raises(MissingDependencyError, match="'acme_sdk_that_is_not_there' is not installed") as caught:
        await make_provider(lacking, Config(url="u"))
    assert "acme>=2" in caught.value.message
    nowhere = remote_provider_spec("acme", module="no.such.module", config_class="m.C")
    with pytest.raises(UsageError, match=r"module 'no.such.module' of 'remote::acme' is not there"):
        await make_provider(nowhere, Config(url="u"))
