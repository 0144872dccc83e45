"""A server of no vendor, for the HTTP libraries by themselves: JSON, bytes, lines, redirects, cookies, every status."""

from __future__ import annotations

from tests.sdks.servers.base import Answer, Asked, json_answer
from tests.sdks.servers.openai_like import ChatServer
from tests.sdks.servers.words import PNG, words


class PlainServer(ChatServer):
    """Whatever HTTP has, and OpenAI's chat under ``/v1``."""

    vendor = "plain"

    @property
    def base_url(self) -> str:
        """The address without a path: every path is this server's."""
        return self.root

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by path."""
        if asked.path.startswith("/v1/"):
            return super().answer(asked, turn)
        if asked.path == "/echo":
            echoed = {"turn": turn, "method": asked.method, "query": dict(asked.query), "body": asked.body.decode()}
            return json_answer(echoed, x_turn=str(turn))
        if asked.path == "/image":
            return Answer(PNG + bytes([turn]), content_type="image/png")
        if asked.path == "/lines":
            pieces = [f"{word}\n".encode() for word in ("first", *words(turn, "lines"), "last")]
            return Answer(content_type="text/plain; charset=utf-8", pieces=pieces)
        if asked.path == "/moved":
            return Answer(status=307, headers={"location": "/echo?moved=yes"})
        if asked.path == "/cookies":
            return Answer(b"{}", headers={"set-cookie": f"session=turn-{turn}; Path=/"})
        if asked.path == "/nothing":
            return Answer(status=204)
        return self.error(404, f"no such path: {asked.path}")
