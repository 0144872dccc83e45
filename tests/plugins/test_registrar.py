"""The registrar's menu."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.plugins.parts import list_nothing, make_nothing

import playhead
from playhead import Family
from playhead.dialects.registry import DIALECTS
from playhead.plugins import PluginRegistrar
from playhead.plugins.registrar import UNNAMED

Adds = Callable[[PluginRegistrar], None]

ADDS: dict[str, Adds] = {
    "backend": lambda to: to.add_inference_backend(family=Family.LLM, sdk="acme", make_worker=make_nothing),
    "lister": lambda to: to.add_model_lister(sdk="acme", lister=list_nothing),
    "dialect": lambda to: to.add_dialect(DIALECTS[0]),
    "specification": lambda to: to.add_provider_spec(SimpleNamespace(provider_type="remote::acme")),
}
EACH = pytest.mark.parametrize("adds", ADDS.values(), ids=ADDS)


def contents(registrar: PluginRegistrar) -> list[Any]:
    """Give all that was registered."""
    return [
        *registrar.inference_backends,
        *registrar.model_listers,
        *registrar.dialects,
        *registrar.provider_specs,
    ]


def test_what_is_added_is_there() -> None:
    """Each thing of the menu stands under its key, and is named among its plugin's contributions."""
    registrar = PluginRegistrar()
    with registrar.registering("acme"):
        for adds in ADDS.values():
            adds(registrar)
    assert registrar.inference_backends == {(Family.LLM, "acme"): make_nothing}
    assert registrar.model_listers == {"acme": list_nothing}
    assert registrar.dialects == {(DIALECTS[0].provider, DIALECTS[0].operation): DIALECTS[0]}
    assert list(registrar.provider_specs) == ["remote::acme"]
    assert registrar.contributions_of("acme") == (
        "llm acme",
        "models of acme",
        f"dialect {DIALECTS[0].name}",
        "provider remote::acme",
    )
    assert registrar.contributions_of("other") == ()


@EACH
def test_the_same_thing_twice_names_both_plugins(adds: Adds) -> None:
    """The first one and the second one stand in the error, and the second may be disabled."""
    registrar = PluginRegistrar()
    with registrar.registering("first"):
        adds(registrar)
    with pytest.raises(playhead.DuplicateContributionError) as caught, registrar.registering("second"):
        adds(registrar)
    assert (caught.value.first_plugin, caught.value.second_plugin) == ("first", "second")
    assert "'first' and 'second'" in caught.value.message
    assert 'disabled = ["second"]' in str(caught.value.hint)


def test_a_plugin_may_clash_with_itself() -> None:
    """One that gives a thing twice is told so, without advice to disable it."""
    registrar = PluginRegistrar()

    def register_twice() -> None:
        with registrar.registering("acme"):
            ADDS["lister"](registrar)
            ADDS["lister"](registrar)

    with pytest.raises(playhead.DuplicateModelListerError) as caught:
        register_twice()
    assert (caught.value.sdk, caught.value.first_plugin, caught.value.second_plugin) == ("acme", "acme", "acme")
    assert caught.value.hint is None


@EACH
def test_what_a_failed_plugin_added_is_gone(adds: Adds) -> None:
    """Nothing of a plugin that fails half-way stays, and what others added does."""
    registrar = PluginRegistrar()
    registrar.add_inference_backend(family="search", sdk="other", make_worker=make_nothing)

    def register_half() -> None:
        with registrar.registering("acme"):
            adds(registrar)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        register_half()
    assert contents(registrar) == [(Family.SEARCH, "other")]
    assert registrar.contributions_of(UNNAMED) == ("search other",)


@EACH
def test_after_the_end_nothing_can_be_added(adds: Adds) -> None:
    """A plugin that keeps the registrar and uses it later is refused."""
    registrar = PluginRegistrar()
    registrar.close(())
    with pytest.raises(playhead.UsageError, match="has ended"):
        adds(registrar)


@pytest.mark.parametrize("family", ["llm", "img_gen", "extract", "search", "embedding", Family.LLM])
def test_a_family_may_be_given_by_its_value(family: str) -> None:
    """The value and the member are the same key."""
    registrar = PluginRegistrar()
    registrar.add_inference_backend(family=family, sdk="acme", make_worker=make_nothing)
    assert list(registrar.inference_backends) == [(Family(family), "acme")]


WRONG: dict[str, Callable[[PluginRegistrar], None]] = {
    "no such family": lambda to: to.add_inference_backend(family="poetry", sdk="acme", make_worker=make_nothing),
    "no family of models": lambda to: to.add_inference_backend(
        family=Family.HTTP, sdk="acme", make_worker=make_nothing
    ),
    "no name": lambda to: to.add_inference_backend(family="llm", sdk="", make_worker=make_nothing),
    "a name of another kind": lambda to: to.add_model_lister(sdk=7, lister=list_nothing),  # type: ignore[arg-type]
    "a factory that cannot be called": lambda to: to.add_inference_backend(
        family="llm",
        sdk="acme",
        make_worker="acme",  # type: ignore[arg-type]
    ),
    "a lister that cannot be called": lambda to: to.add_model_lister(sdk="acme", lister=None),  # type: ignore[arg-type]
    "a specification without a type": lambda to: to.add_provider_spec(object()),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_makes_no_sense_is_refused(wrong: Adds) -> None:
    """The error says what is wrong, and nothing is registered."""
    registrar = PluginRegistrar()
    with pytest.raises(playhead.UsageError):
        wrong(registrar)
    assert contents(registrar) == []
