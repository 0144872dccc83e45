"""The rows of synchronous HTTP libraries, each of which says how it sends a request and what it got."""

from __future__ import annotations

import json
from typing import Any, Protocol
from urllib.parse import urlencode

from tests.sdks import chat_shape
from tests.sdks.cases import KEY, Ask, Case
from tests.sdks.servers.base import dropped, overloaded, slow, squeezed, too_many

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Sender(Protocol):
    """What each library is wrapped in."""

    def send(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = None
    ) -> dict[str, Any]:
        """Send a request and give status, reason, headers and body."""
        ...

    def lines(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        """Send a request and give the lines of the answer one by one."""
        ...


def headers(content_type: str | None) -> dict[str, str]:
    """Give a request's headers."""
    return {"Authorization": f"Bearer {KEY}"} | ({} if content_type is None else {"Content-Type": content_type})


def question(ask: Ask) -> bytes:
    """Give a body of JSON."""
    return json.dumps({"q": ask.prompt}).encode()


def chat(client: Sender, ask: Ask) -> Any:
    """Ask for a chat by hand."""
    body = {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}]}
    return json.loads(client.send("POST", "/v1/chat/completions", json.dumps(body).encode(), JSON)["body"])


def posted(client: Sender, ask: Ask) -> Any:
    """Send JSON to no vendor's path."""
    return client.send("POST", "/echo?page=1", question(ask), JSON)


def query(client: Sender, ask: Ask) -> Any:
    """Send parameters."""
    return client.send("GET", f"/echo?{urlencode({'q': ask.prompt})}")


def form(client: Sender, ask: Ask) -> Any:
    """Send a form."""
    return client.send("PUT", "/echo", urlencode({"q": ask.prompt, "more": "é"}).encode(), FORM)


def image(client: Sender, _: Ask) -> Any:
    """Get bytes that are no text."""
    return client.send("GET", "/image")


def stream(client: Sender, ask: Ask) -> Any:
    """Read lines."""
    return ask.collect(client.lines("POST", "/lines", question(ask), JSON))


def moved(client: Sender, _: Ask) -> Any:
    """Follow a redirection."""
    return client.send("GET", "/moved")


def nothing(client: Sender, _: Ask) -> Any:
    """Get an answer without a body."""
    return client.send("DELETE", "/nothing")


def missing(client: Sender, _: Ask) -> Any:
    """Get a status that is no success."""
    return client.send("GET", "/absent")


IMPATIENT = {"timeout": 0.3}


def cases(*, raises: bool) -> tuple[Case, ...]:
    """Give the rows; ``raises`` says whether the library raises for a status that is no success."""
    return (
        Case("chat", chat, proves=chat_shape.chat),
        Case("chat, gzip", chat, faults=(squeezed,), proves=chat_shape.chat),
        Case("post", posted),
        Case("post, gzip", posted, faults=(squeezed,)),
        Case("query", query),
        Case("form", form),
        Case("bytes", image, prompted=False),
        Case("stream", stream),
        Case("redirection", moved, requests=2, prompted=False),
        Case("no content", nothing, prompted=False),
        Case("error", missing, fails=raises, prompted=False),
        Case("status 429", posted, faults=(too_many,), fails=raises),
        Case("status 500", posted, faults=(overloaded,), fails=raises),
        Case("time-out", posted, faults=(slow,), fails=True, options=IMPATIENT),
        Case("dropped", posted, faults=(dropped,), fails=True),
    )
