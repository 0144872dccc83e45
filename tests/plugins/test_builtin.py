"""The plugins that come with Playhead."""

from __future__ import annotations

from tests.plugins.parts import factory_arguments

import playhead
from playhead import CompletionRequest, Family, Origin
from playhead.dialects.registry import BY_NAME
from playhead.plugins import InferenceBackendRegistry, PluginSettings, build_registrar
from playhead.plugins.builtin import BUILT_IN

REGISTRAR = build_registrar(PluginSettings(), entry_points=())
REGISTRY = InferenceBackendRegistry(REGISTRAR.inference_backends)


def test_every_dialect_comes_through_the_door_of_plugins() -> None:
    """The registrar has the wire formats of the registry, and no other."""
    assert REGISTRAR.dialects == BY_NAME


def test_the_core_is_what_a_replay_needs() -> None:
    """Dialects, stubs and OpenAI's backend cannot be disabled; the others can."""
    assert [plugin.name for plugin, core in BUILT_IN if core] == ["dialects", "stub", "openai"]


async def test_the_stub_answers_text_and_vectors() -> None:
    """A worker of the stub gives a text for a job and a vector for each text, marked as a stub's."""
    worker = REGISTRY.lookup(family="llm", sdk="stub")(**factory_arguments())
    assert await worker.gen_text("hello") == "<stub: hello>"
    assert worker.origin is Origin.STUB
    assert len(await REGISTRY.lookup(family="embedding", sdk="stub")(**factory_arguments()).embed(["a", "b"])) == 2


async def test_the_cycling_stub_goes_round() -> None:
    """Each worker has a round of its own."""
    make = REGISTRY.lookup(family=Family.LLM, sdk="cycling-stub")
    worker = make(**factory_arguments())
    said = [(await worker.complete(CompletionRequest("a"))).text for _ in range(4)]
    assert said == [*playhead.CyclingStubInferenceProvider().texts, said[0]]
    assert (await make(**factory_arguments()).complete(CompletionRequest("a"))).text == said[0]


def test_the_factories_say_whose_answers_theirs_are() -> None:
    """A recording through them is a stub's before any worker is made."""
    for sdk in ("stub", "cycling-stub"):
        assert getattr(REGISTRY.lookup(family="llm", sdk=sdk), "origin", None) is Origin.STUB
