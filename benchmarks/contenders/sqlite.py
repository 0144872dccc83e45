"""SQLite: key to JSON, write-ahead log, a commit a call so that a killed process loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from benchmarks.contenders.base import Asked, Reader, Recorded
from benchmarks.contenders.keyed import encode, key_of, text_of

_FILE = "golden.db"


class _Playing:
    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)

    def answer(self, asked: Asked) -> str:
        """Select the row."""
        row = self._connection.execute("SELECT body FROM calls WHERE key = ?", (key_of(asked.request),)).fetchone()
        return text_of(row[0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Sqlite:
    """One table in one file."""

    whole_file = False
    syncs = True

    def __init__(self, name: str) -> None:
        self.name = name

    def preload(self) -> None:
        """Everything is imported above."""

    def record(self, folder: Path, calls: Iterable[Recorded], *, fsync: bool = False) -> None:
        """Insert and commit each call; closing writes the log back into the file."""
        connection = sqlite3.connect(folder / _FILE)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'OFF'}")
        connection.execute("CREATE TABLE IF NOT EXISTS calls (key BLOB PRIMARY KEY, body BLOB NOT NULL)")
        for call in calls:
            connection.execute("INSERT OR REPLACE INTO calls VALUES (?, ?)", (key_of(call.request), encode(call)))
            connection.commit()
        connection.close()

    def open(self, folder: Path) -> Reader:
        """Connect."""
        return _Playing(folder / _FILE)
