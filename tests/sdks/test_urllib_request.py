"""Python's own urllib.request, over http.client."""

from __future__ import annotations

import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.sdks.cases import Sdk
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.plain import PlainServer
from tests.sdks.sync_rows import cases, headers

if TYPE_CHECKING:
    from collections.abc import Iterator


class Sender:
    """The address requests are sent to."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout

    def send(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = None
    ) -> dict[str, Any]:
        """Send a request."""
        with self._send(method, path, body, content_type) as response:
            return {
                "status": response.status,
                "reason": response.reason,
                "headers": list(response.headers.items()),
                "url": response.url,
                "body": response.read(),
            }

    def lines(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        """Send a request and read lines."""
        with self._send(method, path, body, content_type) as response:
            yield from response

    def _send(self, method: str, path: str, body: bytes | None, content_type: str | None) -> Any:
        request = urllib.request.Request(f"{self._url}{path}", body, headers(content_type), method=method)
        return urllib.request.urlopen(request, timeout=self._timeout)


@contextmanager
def client(url: str, timeout: float = 20) -> Iterator[Any]:
    """Give the module, pointed at an address."""
    yield Sender(url, timeout)


SDK = Sdk(
    name="urllib.request",
    distribution="",
    stack="http.client",
    server=PlainServer,
    client=client,
    async_client=None,
    cases=tuple(case for case in cases(raises=True) if case.feature not in ("chat, gzip", "post, gzip")),
    provider="openai",
)


class TestUrllibRequest(StreamingProver):
    """Every row of the table."""

    sdk = SDK
