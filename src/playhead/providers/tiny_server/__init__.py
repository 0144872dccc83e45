"""
A real model server for the demo and the tests: llama.cpp's HTTP server on a tiny model built on the spot.

The model is made from a seed, weighs well under a megabyte and answers in nonsense that scans as English. The
server around it is the real one: it samples, streams, calls tools, embeds and refuses bad requests. At a
temperature above zero two answers differ; with a seed they repeat. It speaks ``/v1/chat/completions``,
``/v1/completions``, ``/v1/responses``, ``/v1/embeddings``, ``/v1/models`` and Anthropic's ``/v1/messages``.

Importing this package imports no third party; the extra ``playhead[demo]`` brings what a start needs.

    with TinyServer() as server:
        client = OpenAI(base_url=server.base_url, api_key="unused")
"""

from playhead.providers.tiny_server.dependencies import missing_dependency
from playhead.providers.tiny_server.model import write_model
from playhead.providers.tiny_server.server import TinyServer
from playhead.providers.tiny_server.settings import MODEL_NAME

__all__ = ["MODEL_NAME", "TinyServer", "missing_dependency", "write_model"]
