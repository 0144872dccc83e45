"""Names of hosts that are let through: read with care, and found by name, port and what a star stands for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.hosts import checked_hosts, host_in, without_port
from playhead.errors import UsageError


@pytest.mark.parametrize("value", ["localhost", 3, None, {"localhost"}, {"localhost": 1}, b"localhost"])
def test_only_lists_are_lists_of_hosts(value: Any) -> None:
    """A bare text would be read as its letters; it and everything else that is no list is refused."""
    with pytest.raises(UsageError, match=r"allowed_hosts must be a list of hosts|is no host"):
        checked_hosts("allowed_hosts", value)


@pytest.mark.parametrize("host", ["", "http://localhost", "localhost/path", 3, None, b"localhost"])
def test_what_is_no_host_is_refused(host: Any) -> None:
    """A URL, a path or another type names no host; the message says which setting it stands in."""
    with pytest.raises(UsageError, match="in ignore_hosts is no host"):
        checked_hosts("ignore_hosts", ["localhost", host])


def test_hosts_are_kept_in_lower_case() -> None:
    """Case does not matter in names, and what comes out can be checked again."""
    hosts = checked_hosts("ignore_hosts", ["LocalHost:80", "*.Example.com"])
    assert hosts == ("localhost:80", "*.example.com")
    assert checked_hosts("ignore_hosts", hosts) == hosts
    assert checked_hosts("ignore_hosts", []) == ()


@pytest.mark.parametrize(
    ("pattern", "host", "port", "found"),
    [
        ("localhost", "localhost", None, True),
        ("localhost", "LOCALHOST", 80, True),
        ("localhost", "localhost.example.com", 80, False),
        ("localhost:80", "localhost", 80, True),
        ("localhost:80", "localhost", 81, False),
        ("localhost:80", "localhost", None, False),
        ("example.com", "api.example.com", 443, False),
        ("*.example.com", "api.example.com", 443, True),
        ("*.example.com", "a.b.example.com", None, True),
        ("*.example.com", "example.com", 443, False),
        ("*.example.com", "badexample.com", 443, False),
        ("*.example.com:443", "api.example.com", 443, True),
        ("*.example.com:443", "api.example.com", 80, False),
        ("*", "anything", 1, True),
        ("*:5432", "anything", 5432, True),
        ("*:5432", "anything", 1, False),
        ("::1", "::1", 80, True),
        ("[::1]", "::1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:80", "[::1]", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("127.0.0.1:80", "127.0.0.1", 80, True),
    ],
)
def test_hosts_are_found(pattern: str, host: str, port: int | None, found: bool) -> None:
    """A pattern names a host, with a port that one alone, with a star every host below it."""
    assert host_in([pattern], host, port) is found
    assert host_in(["other", pattern], host, port) is found


@given(st.lists(st.text(max_size=8), max_size=3), st.text(max_size=8), st.none() | st.integers(0, 65535))
def test_any_texts_give_an_answer(patterns: list[str], host: str, port: int | None) -> None:
    """Whatever the names are, a host is one of them or not; without patterns it is none."""
    assert host_in(patterns, host, port) in (True, False)
    assert not host_in([], host, port)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("localhost:80", "localhost"),
        ("*.example.com:443", "*.example.com"),
        ("[::1]:80", "[::1]"),
        ("[::1]", "[::1]"),
        ("::1", "::1"),
        ("fe80::1:80", "fe80::1:80"),
        ("localhost:http", "localhost:http"),
    ],
)
def test_a_port_is_left_out(host: str, name: str) -> None:
    """What stands behind the last colon is a port only where it cannot be a part of an address."""
    assert without_port(host) == name
    assert host_in([name], name)
