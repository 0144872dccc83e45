"""
Imported by every Python that a page starts: only this machine can be reached.

The folder of this file is put on ``PYTHONPATH`` by the test; it holds nothing else.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_BY_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_BY_NAME = {"socket.getaddrinfo", "socket.gethostbyname"}


def _is_here(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name in ("", "localhost")


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if event in _BY_ADDRESS:
        address = args[1] if len(args) > 1 else None
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise PermissionError(f"a page of the docs tried to reach {address[0]!r}")
    elif event in _BY_NAME and args[0] is not None and not _is_here(args[0]):
        raise PermissionError(f"a page of the docs tried to look up {args[0]!r}")


sys.addaudithook(_heard)
