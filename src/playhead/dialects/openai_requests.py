"""
What requests to OpenAI's endpoints have in common: where the model stands, and how they are written again.

Source of the paths: https://platform.openai.com/docs/api-reference and, for deployments,
https://learn.microsoft.com/azure/ai-services/openai/reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from playhead.core.model import CompletionRequest, Family
from playhead.dialects.bodies import PLAIN, Message, read_body, write_body
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_wire import text
from playhead.dialects.paths import read

_DEPLOYMENTS = "/deployments/"


def read_posted(
    asked: Asked,
    operation: str,
    *,
    family: Family = Family.LLM,
    messages: tuple[Message, ...] | None = None,
    prompt: str | None = None,
    taken: tuple[str, ...] = (),
    names: Mapping[str, str] = PLAIN,
) -> CompletionRequest:
    """
    Make the request of a posted body, as ``read_body`` does.

    Where the path names a deployment (Azure), that is the model: it decides what answers, whatever the body says.
    Such a request keeps its path in the context, so that it can be written again; the URL in the context of a recorded
    one does as well.
    """
    if _DEPLOYMENTS not in asked.path:
        return read_body(
            asked.body, operation=operation, family=family, messages=messages, prompt=prompt, taken=taken, names=names
        )
    return read_body(
        asked.body,
        operation=operation,
        family=family,
        messages=messages,
        prompt=prompt,
        taken=taken,
        names=names,
        model=_deployment(asked.path),
        context={"path": asked.path},
    )


def write_posted(
    request: CompletionRequest,
    path: str,
    fields: Mapping[str, Any],
    *,
    stream: bool = False,
    names: Mapping[str, str] = PLAIN,
) -> Asked:
    """
    Give the posted body of a request; the inverse of ``read_posted``.

    Args:
        request: The request.
        path: The endpoint's usual path.
        fields: What the conversation or prompt is written as.
        stream: Whether a stream is asked for, where the params do not say.
        names: As for ``read_posted``.
    """
    own = text(request.context.get("path")) or _path_of(text(request.context.get("url")))
    deployed = _DEPLOYMENTS in own and _deployment(own) == request.model
    body = write_body(request, fields, names=names, model=not deployed)
    if stream:
        body.setdefault("stream", True)
    return Asked("POST", own if deployed else path, body)


def _path_of(url: str) -> str:
    return urlsplit(url).path if _DEPLOYMENTS in url and "[" not in url else ""


def _deployment(path: str) -> str | None:
    return read(path.partition(_DEPLOYMENTS)[2].partition("/")[0]) or None
