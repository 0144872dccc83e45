"""Token counts: read in every way, refused where they are none, unknown where nobody gave them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from playhead.core.model import Completion
from playhead.core.usage import UNREPORTED, Usage
from playhead.errors import UsageError
from tests.strategies import counts, field_values


@given(counts, counts, counts, field_values)
def test_usage_reads_as_a_mapping(prompt: int, completion: int, total: int, details: dict[str, Any]) -> None:
    """Counts read alike by attribute, by our names, by the other vendors' names and as a dict."""
    usage = Usage(prompt, completion, total, details=details)
    assert usage["prompt_tokens"] == usage["input_tokens"] == usage.prompt_tokens == prompt
    assert usage["completion_tokens"] == usage["output_tokens"] == usage.get("output_tokens") == completion
    assert usage["total_tokens"] == total
    assert list(usage) == list(usage.keys()) == list(dict(usage))
    assert len(usage) == 3 + len(details.keys() - {"prompt_tokens", "completion_tokens", "total_tokens"})
    assert all(key in usage for key in details)


def test_usage_without_such_a_count() -> None:
    """A count that nobody gave is absent, not zero."""
    usage = Usage(1, 2, 3, details={"cached": 5})
    assert ("cached" in usage, "reasoning" in usage) == (True, False)
    assert (usage["cached"], usage.get("reasoning"), usage.get("reasoning", 7)) == (5, None, 7)
    with pytest.raises(KeyError):
        usage["reasoning"]


def test_total_is_as_reported() -> None:
    """The total is what the provider said, even where it does not add up."""
    assert Usage(1, 2, 9).total_tokens == 9
    assert Usage(1, 2).total_tokens == 0


@pytest.mark.parametrize("field", ["prompt_tokens", "completion_tokens", "total_tokens"])
def test_usage_refuses(field: str) -> None:
    """A count is a non-negative int; a bool, a float and text are not."""
    with pytest.raises(UsageError, match="non-negative, got -1"):
        Usage(**{field: -1})  # type: ignore[arg-type]
    for value in (True, 1.0, "1", None):
        with pytest.raises(TypeError, match="token count must be an int"):
            Usage(**{field: value})  # type: ignore[arg-type]


def test_unknown_is_not_zero() -> None:
    """A completion without counts says so; one with a report of zeros says that."""
    assert not Completion("x").usage.reported
    assert Usage().reported
    assert Completion("x").usage != Usage()


def test_unreported_is_one_value() -> None:
    """A completion without counts has the one value that says so."""
    assert Completion("x").usage is UNREPORTED
    assert Usage(reported=False) == UNREPORTED
