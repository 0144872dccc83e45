"""diskcache with its default settings, but for eviction, which a recording must not have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import diskcache

from benchmarks.contenders.base import Asked, Reader, Recorded
from benchmarks.contenders.keyed import encode, key_of, text_of


def _cache(folder: Path) -> Any:
    return diskcache.Cache(str(folder), eviction_policy="none")


class _Playing:
    def __init__(self, folder: Path) -> None:
        self._cache = _cache(folder)

    def answer(self, asked: Asked) -> str:
        """Get the value."""
        return text_of(self._cache[key_of(asked.request)])

    def close(self) -> None:
        """Close the cache."""
        self._cache.close()


class DiskCache:
    """One cache folder."""

    whole_file = False
    syncs = False

    def __init__(self, name: str) -> None:
        self.name = name

    def preload(self) -> None:
        """Everything is imported above."""

    def record(self, folder: Path, calls: Iterable[Recorded], *, fsync: bool = False) -> None:
        """Set each call."""
        assert not fsync
        with _cache(folder) as cache:
            for call in calls:
                cache[key_of(call.request)] = encode(call)

    def open(self, folder: Path) -> Reader:
        """Open the cache."""
        return _Playing(folder)
