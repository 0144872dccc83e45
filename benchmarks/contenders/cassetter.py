"""
cassetter, by the path its own interceptors take: match, or record with an order claimed before the call; then save.

Its ``Cassette`` is used directly, which spares it the patching of HTTP libraries and the HTTP client itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cassetter.intercept._httpx
from cassetter import Cassetter as Settings
from cassetter.cassette import NoMatchError
from cassetter.compare import body_to_bytes

from benchmarks.contenders.answers import text_of
from benchmarks.contenders.base import Asked, Reader, Recorded

assert cassetter.intercept._httpx  # what opening would import


def _lists(headers: dict[str, str]) -> dict[str, list[str]]:
    return {name.lower(): [value] for name, value in headers.items()}


class _Playing:
    def __init__(self, cassette: Any) -> None:
        self._cassette = cassette

    def answer(self, asked: Asked) -> str:
        """Ask as its interceptors do."""
        response = self._cassette.match("POST", asked.url, _lists(asked.headers), asked.body)[1]
        return text_of(body_to_bytes(response.body))

    def close(self) -> None:
        """Nothing is held open."""


class Cassetter:
    """cassetter in one of its formats, with one way of matching."""

    whole_file = True
    syncs = False

    def __init__(self, name: str, file_name: str, matching: str) -> None:
        self.name = name
        self.file_name = file_name
        self._match_on: Any = ["method", "uri", "body"] if matching == "body" else None

    def preload(self) -> None:
        """Everything is imported above."""

    def _load(self, folder: Path, record_mode: str) -> Any:
        cassette = Settings(record_mode=record_mode, match_on=self._match_on).cassette(folder / self.file_name)
        cassette.load()
        return cassette

    def record(self, folder: Path, calls: Iterable[Recorded], *, fsync: bool = False) -> None:
        """Record as its interceptors do, and save as the end of the block does."""
        assert not fsync
        cassette = self._load(folder, "rewrite")
        for call in calls:
            exchange = call.exchange
            headers = _lists(exchange.request_headers)
            try:
                cassette.match("POST", exchange.url, headers, exchange.request)
            except NoMatchError:
                cassette.record(
                    method="POST",
                    uri=exchange.url,
                    request_headers=headers,
                    request_body=exchange.request,
                    status=200,
                    response_headers=_lists(exchange.response_headers),
                    response_body=exchange.response,
                    order=cassette.reserve_record_order(),
                )
        cassette.save()

    def open(self, folder: Path) -> Reader:
        """Load the cassette."""
        return _Playing(self._load(folder, "none"))
