"""requests by itself, over urllib3."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdks.cases import NOT_HERE, Sdk
from tests.sdks.prover import StreamingProver
from tests.sdks.servers.plain import PlainServer
from tests.sdks.sync_rows import cases, headers

requests = pytest.importorskip("requests", reason=NOT_HERE)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Sender:
    """A session and the address it is pointed at."""

    def __init__(self, session: Any, url: str, timeout: float | None) -> None:
        self._session = session
        self._url = url
        self._timeout = timeout

    def send(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = None
    ) -> dict[str, Any]:
        """Send a request."""
        response = self._send(method, path, body, content_type)
        return {
            "status": response.status_code,
            "reason": response.reason,
            "headers": dict(response.headers),
            "url": response.url,
            "history": [one.status_code for one in response.history],
            "encoding": response.encoding,
            "body": response.content,
        }

    def lines(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        """Send a request and read lines."""
        with self._send(method, path, body, content_type, stream=True) as response:
            yield from response.iter_lines()

    def _send(self, method: str, path: str, body: Any, content_type: str | None, *, stream: bool = False) -> Any:
        sent = {"data": body, "headers": headers(content_type), "timeout": self._timeout, "stream": stream}
        return self._session.request(method, f"{self._url}{path}", **sent)


@contextmanager
def client(url: str, timeout: float | None = None) -> Iterator[Any]:
    """Open a session."""
    with requests.Session() as session:
        yield Sender(session, url, timeout)


SDK = Sdk(
    name="requests",
    distribution="requests",
    stack="urllib3",
    server=PlainServer,
    client=client,
    async_client=None,
    cases=cases(raises=False),
    provider="openai",
)


class TestRequests(StreamingProver):
    """Every row of the table."""

    sdk = SDK
