"""The module has the system's names, and they are the project's own objects."""

from __future__ import annotations

import playhead
from playhead.compat import executionkit


def test_the_names() -> None:
    """Each name is there; the root of the errors is ours, so that one ``except`` catches both."""
    assert all(hasattr(executionkit, name) for name in executionkit.__all__)
    assert executionkit.ExecutionKitError is playhead.PlayheadError
    assert issubclass(executionkit.RateLimitError, executionkit.LLMError)
