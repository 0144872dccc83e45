"""
vcrpy, by the path its own stubs take: build a request, ask ``can_play_response_for``, play or append, save.

The cassette is used directly, which spares vcrpy the patching of HTTP libraries and the HTTP client itself; with
``VcrpyThrough`` a real call through ``requests`` or ``httpx`` is made instead.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import vcr
import yaml  # type: ignore[import-untyped]
from vcr.cassette import Cassette
from vcr.request import Request
from vcr.serializers import yamlserializer

from benchmarks.contenders.answers import text_of
from benchmarks.contenders.base import Asked, Reader, Recorded

# A YAML figure without libyaml would be ten times worse than vcrpy can do.
assert issubclass(yamlserializer._CassetteLoader, yaml.CSafeLoader)
assert issubclass(yamlserializer._CassetteDumper, yaml.CDumper)

NOT_OF_CASSETTE = ("path_transformer", "func_path_generator", "record_on_exception")
"""What ``use_cassette`` takes for itself of the settings it gives its cassette."""
_STUBS = ("requests_stubs", "urllib3_stubs", "httpx_stubs", "boto3_stubs", "aiohttp_stubs", "httplib2_stubs")


def same_body(one: Request, other: Request) -> bool:
    """Match as fast as can be: the bytes of the bodies, and nothing else."""
    return bool(one.body == other.body)


class _Playing:
    def __init__(self, cassette: Any) -> None:
        self._cassette = cassette

    def answer(self, asked: Asked) -> str:
        """Ask as vcrpy's stubs do."""
        request = Request("POST", asked.url, asked.body, asked.headers)
        if not self._cassette.can_play_response_for(request):
            raise vcr.errors.CannotOverwriteExistingCassetteException(cassette=self._cassette, failed_request=request)
        return text_of(self._cassette.play_response(request)["body"]["string"])

    def close(self) -> None:
        """Nothing is held open."""


class Vcrpy:
    """vcrpy with one serializer and one way of matching."""

    whole_file = True
    syncs = False

    def __init__(self, name: str, serializer: str, matching: str) -> None:
        self.name = name
        self.file_name = f"golden.{serializer}"
        self.recorder = vcr.VCR(serializer=serializer)
        if matching == "same_body":
            self.recorder.register_matcher("same_body", same_body)
            self.recorder.match_on = ("same_body",)
        elif matching == "body":
            self.recorder.match_on = (*self.recorder.match_on, "body")

    def preload(self) -> None:
        """Everything is imported above."""

    def load(self, folder: Path, record_mode: str) -> Any:
        """Load a cassette with the settings ``use_cassette`` would give it."""
        path = str(folder / self.file_name)
        settings = self.recorder.get_merged_config(path=path, record_mode=vcr.mode(record_mode))
        return Cassette.load(**{name: value for name, value in settings.items() if name not in NOT_OF_CASSETTE})

    def record(self, folder: Path, calls: Iterable[Recorded], *, fsync: bool = False) -> None:
        """Record as vcrpy's stubs do, into a new file, and save as the end of the block does."""
        assert not fsync
        (folder / self.file_name).unlink(missing_ok=True)
        cassette = self.load(folder, "once")
        for call in calls:
            exchange = call.exchange
            request = Request("POST", exchange.url, exchange.request, exchange.request_headers)
            if not cassette.can_play_response_for(request):
                response = {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {name: [value] for name, value in exchange.response_headers.items()},
                    "body": {"string": exchange.response},
                }
                cassette.append(request, response)
        cassette._save()

    def open(self, folder: Path) -> Reader:
        """Load the cassette."""
        return _Playing(self.load(folder, "none"))


class _PlayingThrough:
    def __init__(self, recorder: Any, path: str, post: Callable[..., Any]) -> None:
        self._block = recorder.use_cassette(path, record_mode=vcr.mode("none"))
        self._block.__enter__()
        self._post = post

    def answer(self, asked: Asked) -> str:
        """Make a real call; vcrpy's patches answer it."""
        return text_of(self._post(asked.url, asked.body, asked.headers))

    def close(self) -> None:
        """Leave the block."""
        self._block.__exit__(None, None, None)


def _post_by_requests(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    import requests

    return requests.post(url, data=body, headers=headers, timeout=5).content


def _post_by_httpx(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    import httpx

    with httpx.Client() as client:
        return client.post(url, content=body, headers=headers).content


_CLIENTS: dict[str, Callable[..., bytes]] = {"requests": _post_by_requests, "httpx": _post_by_httpx}


class VcrpyThrough(Vcrpy):
    """The same with ``use_cassette`` and a call through an HTTP client."""

    def __init__(self, name: str, serializer: str, matching: str, client: str) -> None:
        super().__init__(name, serializer, matching)
        self._client = client

    def preload(self) -> None:
        """Import the client and the stubs that the block would import."""
        importlib.import_module(self._client)
        for stub in _STUBS:
            with contextlib.suppress(ImportError):
                importlib.import_module(f"vcr.stubs.{stub}")

    def open(self, folder: Path) -> Reader:
        """Enter the block."""
        return _PlayingThrough(self.recorder, str(folder / self.file_name), _CLIENTS[self._client])
