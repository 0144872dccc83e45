"""httplib2 by itself, over http.client."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks.cases import NOT_HERE, Sdk
from tests.sdks.prover import Prover
from tests.sdks.servers.plain import PlainServer
from tests.sdks.sync_rows import cases, headers

httplib2 = pytest.importorskip("httplib2", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Sender:
    """A client for each thread, since this library's may not be shared, and the address they are pointed at."""

    def __init__(self, url: str, timeout: float | None) -> None:
        self._url = url
        self._timeout = timeout
        self._own = threading.local()
        self._all: list[Any] = []

    @property
    def _http(self) -> Any:
        if not hasattr(self._own, "http"):
            self._own.http = httplib2.Http(timeout=self._timeout)
            self._all.append(self._own.http)
        return self._own.http

    def close(self) -> None:
        """Close every connection."""
        for http in self._all:
            http.close()

    def send(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = None
    ) -> dict[str, Any]:
        """Send a request; what the library adds about its own cache is left out."""
        response, content = self._http.request(f"{self._url}{path}", method, body=body, headers=headers(content_type))
        return {"status": response.status, "reason": response.reason, "headers": dict(response), "body": content}

    def lines(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        """Send a request and cut the answer, which comes whole, into lines."""
        return self.send(method, path, body, content_type)["body"].splitlines()


@contextmanager
def client(url: str, timeout: float | None = None) -> Iterator[Any]:
    """Give clients that try once."""
    sender = Sender(url, timeout)
    try:
        yield sender
    finally:
        sender.close()


SDK = Sdk(
    name="httplib2",
    distribution="httplib2",
    stack="http.client",
    server=PlainServer,
    client=client,
    async_client=None,
    cases=cases(raises=False),
    provider="openai",
)


class TestHttplib2(Prover):
    """Every row of the table."""

    sdk = SDK
