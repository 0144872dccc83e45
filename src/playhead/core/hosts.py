"""How hosts are named where some are let through: ``name``, ``name:port``, ``*.name``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playhead.errors import UsageError


def checked_hosts(name: str, value: Any) -> tuple[str, ...]:
    """
    Give a setting's hosts in lower case.

    Args:
        name: The setting, for the message.
        value: A list or tuple of texts.

    Raises:
        UsageError: It is something else, or holds a URL.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise UsageError(f"{name} must be a list of hosts, got {value!r}", hint=f"{name}=['localhost']")
    hosts: list[str] = []
    for host in value:  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(host, str) or not host or "/" in host:
            raise UsageError(f"{host!r} in {name} is no host", hint="name, name:port or *.name, without a scheme")
        hosts.append(host.lower())
    return tuple(hosts)


def host_in(patterns: Sequence[str], host: str, port: int | None = None) -> bool:
    """Tell whether a host is one of those that the patterns name."""
    if not patterns:
        return False
    name = host.lower().strip("[]")
    for pattern in patterns:
        wanted, _, wanted_port = pattern.rpartition(":") if _has_port(pattern) else (pattern, "", "")
        if wanted_port and wanted_port != str(port):
            continue
        wanted = wanted.strip("[]")
        if wanted == name or (wanted.startswith("*.") and name.endswith(wanted[1:])) or wanted == "*":
            return True
    return False


def without_port(host: str) -> str:
    """Give a host without its port, where it names one: ``localhost:80``, ``[::1]:80``."""
    return host.rpartition(":")[0] if _has_port(host) else host


def _has_port(pattern: str) -> bool:
    head, colon, tail = pattern.rpartition(":")
    return bool(colon) and tail.isdigit() and (":" not in head or head.endswith("]"))
