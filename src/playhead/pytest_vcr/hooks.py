"""The hook that suites configure vcrpy by."""

from __future__ import annotations

from typing import Any

import pytest


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """
    Configure the ``vcr.VCR`` of one test before its cassette is opened.

    Args:
        config: The run's configuration.
        vcr: The object: register matchers, serializers and a persister on it, or set its defaults.
    """
