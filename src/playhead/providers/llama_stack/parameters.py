"""
The parameters of Llama Stack's methods: by name, as they were first, or in one object, as they are now.

Both forms come to the JSON body that is posted, so both match the same recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from playhead.errors import UsageError
from playhead.providers.conventions.plain import plain


class Form(NamedTuple):
    """
    How one method takes its parameters.

    Attributes:
        method: Its name.
        path: Where it posts to, below the base URL.
        positions: Its parameters that may be given by place, in order.
        defaults: What is sent where a caller says nothing.
    """

    method: str
    path: str
    positions: tuple[str, ...]
    defaults: Mapping[str, Any] = {}


CHAT = Form("openai_chat_completion", "/chat/completions", ("model", "messages"))
PROMPT = Form("openai_completion", "/completions", ("model", "prompt"))
EMBEDDINGS = Form(
    "openai_embeddings",
    "/embeddings",
    ("model", "input", "encoding_format", "dimensions", "user"),
    {"encoding_format": "float"},
)


class Parameters(NamedTuple):
    """
    What a call asks for.

    Attributes:
        body: The JSON body.
        headers: Headers of this call alone.
        query: Its URL's parameters.
        timeout: Its time-out in seconds, as httpx takes it; ``None`` for the client's own.
    """

    body: dict[str, Any]
    headers: Mapping[str, str] = {}
    query: Mapping[str, Any] = {}
    timeout: Any = None

    @property
    def streams(self) -> bool:
        """Whether the answer is to come in pieces."""
        return bool(self.body.get("stream"))


def dump(value: Any) -> Any:
    """Give an object of the SDK's as the JSON value it came from: without fields the server left out."""
    model_dump = getattr(value, "model_dump", None)
    if not callable(model_dump):
        return plain(value)
    # Servers do not keep to the SDK's types (base64 where it has a list of numbers), and pydantic warns of that.
    return plain(model_dump(mode="json", exclude_unset=True, warnings=False))


def read_parameters(form: Form, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Parameters:
    """
    Read a call; a parameter that is ``None`` is not sent, and ``extra_body`` is part of the body.

    Raises:
        UsageError: More parameters come by place than the method has, one comes twice, or the object given holds none.
    """
    given = dict(_of_object(args, kwargs) or _by_name(form, args, kwargs))
    headers, query = given.pop("extra_headers", None), given.pop("extra_query", None)
    timeout, further = given.pop("timeout", None), given.pop("extra_body", None)
    named = {**form.defaults, **{name: dump(value) for name, value in given.items() if value is not None}}
    return Parameters(named | dict(dump(further) or {}), dict(headers or {}), dict(query or {}), timeout)


def _of_object(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give what the one object of a call holds; ``None`` where the call names its parameters."""
    if len(args) == 1 and not kwargs and not isinstance(args[0], str):
        given = args[0]
    elif not args and list(kwargs) == ["params"]:
        given = kwargs["params"]
    else:
        return None
    held = dump(given)
    if not isinstance(held, dict):
        raise UsageError(
            f"a {type(given).__name__} does not hold the parameters of a call",
            hint="give an object with model, messages and the like, or give them by name",
        )
    return cast("dict[str, Any]", held)


def _by_name(form: Form, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(args) > len(form.positions):
        raise UsageError(
            f"{form.method} takes {len(form.positions)} parameters by place, {', '.join(form.positions)}: "
            f"{len(args)} were given",
            hint="give the others by name",
        )
    placed = dict(zip(form.positions, args, strict=False))
    twice = sorted(placed.keys() & kwargs.keys())
    if twice:
        raise UsageError(f"{form.method} was given {twice[0]!r} twice")
    return {**placed, **kwargs}
