"""Playhead and its peers behind one interface; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.contenders.base import Contender

OURS = "Playhead"
MOCK = "limit: MockTransport"
"""An HTTP client whose calls a mock answers and nobody records: what the client itself costs."""

# name -> module, factory, arguments
_HOMES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    OURS: ("ours", "Playhead", ("golden.cassette",)),
    "Playhead, text profile": ("ours", "Playhead", ("golden.cassette.json",)),
    "vcrpy YAML": ("vcrpy", "Vcrpy", ("yaml", "default")),
    "vcrpy YAML, body ==": ("vcrpy", "Vcrpy", ("yaml", "same_body")),
    "vcrpy YAML through requests": ("vcrpy", "VcrpyThrough", ("yaml", "default", "requests")),
    "vcrpy YAML through httpx": ("vcrpy", "VcrpyThrough", ("yaml", "default", "httpx")),
    "vcrpy JSON through httpx": ("vcrpy", "VcrpyThrough", ("json", "default", "httpx")),
    "vcrpy JSON": ("vcrpy", "Vcrpy", ("json", "default")),
    "vcrpy JSON, body ==": ("vcrpy", "Vcrpy", ("json", "same_body")),
    "vcrpy JSON, its own body matcher": ("vcrpy", "Vcrpy", ("json", "body")),
    "cassetter YAML": ("cassetter", "Cassetter", ("golden.yaml", "default")),
    "cassetter YAML, body": ("cassetter", "Cassetter", ("golden.yaml", "body")),
    "cassetter TOML, body": ("cassetter", "Cassetter", ("golden.toml", "body")),
    "JSON file a request": ("json_files", "JsonFiles", ()),
    "SQLite": ("sqlite", "Sqlite", ()),
    "diskcache": ("disk_cache", "DiskCache", ()),
}
_OVER = " over "


def over(tool: str, client: str) -> str:
    """Name a recorder of HTTP (``http_tools.NAMES``) with a client (``over_http.CLIENTS``) in front of it."""
    return f"{tool}{_OVER}{client}"


NAMES = tuple(_HOMES)


def contender(name: str) -> Contender:
    """
    Load a contender.

    Raises:
        ImportError: Its library is not installed.
    """
    tool, _, client = name.partition(_OVER)
    over_http = ("over_http", "Mocked", (client,)) if tool == MOCK else ("over_http", "OverHttp", (tool, client))
    module, factory, arguments = over_http if client else _HOMES[name]
    found: Contender = getattr(importlib.import_module(f"benchmarks.contenders.{module}"), factory)(name, *arguments)
    return found


def available(*names: str) -> dict[str, Contender]:
    """Load the contenders that can be loaded here."""
    found: dict[str, Contender] = {}
    for name in names:
        try:
            loaded = contender(name)
            loaded.preload()
        except ImportError:
            continue
        found[name] = loaded
    return found
