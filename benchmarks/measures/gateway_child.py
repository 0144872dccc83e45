"""A server for the load: the gateway in replay, or a bare starlette app that gives the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from playhead.gateway import create_app
from playhead.gateway.serving import open_port, serve


def _ready(port: int) -> None:
    print(port, flush=True)


def _gateway(folder: Path) -> None:
    app = create_app(cassette=folder / "load.cassette", takes="cycle")
    with open_port("127.0.0.1", 0) as listening:
        listening.listen(1024)
        serve(app, listening, on_ready=lambda: _ready(listening.getsockname()[1]))


def _bare(folder: Path) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    answers = msgspec.json.decode((folder / "answers.json").read_bytes(), type=dict[str, list[str]])

    async def chat(request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        stream = bool(body["stream"])
        pieces = answers[f"{body['messages'][-1]['content']} {stream}"]
        if not stream:
            return Response(pieces[0].encode(), media_type="application/json")

        async def given() -> Any:
            for piece in pieces:
                yield piece.encode()

        return StreamingResponse(given(), media_type="text/event-stream")

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    with open_port("127.0.0.1", 0) as listening:
        listening.listen(1024)
        _ready(listening.getsockname()[1])
        uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none")).run(sockets=[listening])


if __name__ == "__main__":
    {"gateway": _gateway, "bare": _bare}[sys.argv[1]](Path(sys.argv[2]))
