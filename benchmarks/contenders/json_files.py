"""One indented JSON file a request, named by its key: what many projects write for themselves."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from benchmarks.contenders.base import Asked, Reader, Recorded
from benchmarks.contenders.keyed import encode, key_of, text_of


class _Playing:
    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    def answer(self, asked: Asked) -> str:
        """Read the file of that name."""
        with open(f"{self._folder}/{key_of(asked.request).hex()}.json", "rb") as file:  # noqa: PTH123 - the fastest way
            return text_of(file.read())

    def close(self) -> None:
        """Nothing is held open."""


class JsonFiles:
    """A folder of files."""

    whole_file = False
    syncs = True

    def __init__(self, name: str) -> None:
        self.name = name

    def preload(self) -> None:
        """Everything is imported above."""

    def record(self, folder: Path, calls: Iterable[Recorded], *, fsync: bool = False) -> None:
        """Write a file a call."""
        for call in calls:
            data = msgspec.json.format(encode(call), indent=2)
            with open(folder / f"{key_of(call.request).hex()}.json", "wb") as file:  # noqa: PTH123 - the fastest way
                file.write(data)
                if fsync:
                    file.flush()
                    os.fsync(file.fileno())

    def open(self, folder: Path) -> Reader:
        """Remember the folder."""
        return _Playing(folder)
