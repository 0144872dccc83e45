"""
The gateway: an HTTP server that replays and records for clients in any language.

``create_app`` gives it as an ASGI app; ``playhead serve`` runs it. starlette and uvicorn are imported when they are
needed, not sooner.
"""

from playhead.gateway.app import create_app

__all__ = ["create_app"]
