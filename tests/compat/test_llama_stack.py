"""Llama Stack's names are there, and are ours."""

from __future__ import annotations

import pytest

from playhead.compat import llama_stack
from playhead.providers.llama_stack.mixin import OpenAIMixin


def test_the_names_are_ours() -> None:
    """The mixin is the one that sessions know the calls of."""
    assert llama_stack.OpenAIMixin is OpenAIMixin


@pytest.mark.parametrize("name", llama_stack.__all__)
def test_each_name_is_there_and_documented(name: str) -> None:
    """What the module lists, it has, with a docstring."""
    assert getattr(llama_stack, name).__doc__
