"""Keys kept out of an HTTP library's log."""

from __future__ import annotations

import logging

import pytest

from playhead.providers.hidden_logs import SecretFilter, hide_secrets_in_logs
from playhead.providers.secrets import remember


def test_a_known_secret_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    """The rest of the line stays."""
    remember("hidden-logs-test-value")
    hide_secrets_in_logs()
    with caplog.at_level(logging.INFO, logger="httpx"):
        logging.getLogger("httpx").info("HTTP Request: %s %s", "GET", "https://x.example/?key=hidden-logs-test-value")
    assert "hidden-logs-test-value" not in caplog.text
    assert "HTTP Request: GET https://x.example/?key=" in caplog.text


def test_a_line_without_a_secret_is_left_alone() -> None:
    """Its template and arguments are what other handlers group by."""
    record = logging.LogRecord("httpx", logging.INFO, "f", 1, "asked %s", ("a",), None)
    assert SecretFilter().filter(record)
    assert (record.msg, record.args) == ("asked %s", ("a",))


def test_the_filter_is_there_once() -> None:
    """However many providers are made."""
    hide_secrets_in_logs()
    hide_secrets_in_logs()
    assert sum(isinstance(one, SecretFilter) for one in logging.getLogger("httpx").filters) == 1
