"""The module has the system's names, under the paths its users write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import playhead
from playhead.compat import paxman


@pytest.fixture(autouse=True)
def none_registered() -> Iterator[None]:
    """Start and end with nothing registered."""
    paxman.forget_capabilities()
    yield
    paxman.forget_capabilities()


def test_the_names() -> None:
    """Each name is there, and is the project's own."""
    assert all(hasattr(paxman, name) for name in paxman.__all__)
    assert paxman.InferenceProviderError is playhead.InferenceProviderError


def test_the_lines_that_register_a_provider() -> None:
    """The two lines a user of the system has, with the import changed and nothing else."""
    provider = paxman.StubInferenceProvider("a")
    paxman.register_capability(
        paxman.capabilities.inference.with_provider("openai", provider),
    )
    assert paxman.registered_capability("inference").complete(paxman.CompletionRequest("x")).text == "a"
