"""The tools, and how they are described to a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def weather(arguments: dict[str, Any]) -> str:
    """Tell the weather of a city."""
    return f"-3 °C in {arguments['city']}"


def clock(arguments: dict[str, Any]) -> str:
    """Tell the time in a zone."""
    return f"06:40 in {arguments['zone']}"


TOOLS: dict[str, Callable[[dict[str, Any]], str]] = {"weather": weather, "clock": clock}


def described(name: str, parameter: str) -> dict[str, Any]:
    """Describe a tool of one parameter."""
    parameters = {"type": "object", "properties": {parameter: {"type": "string"}}, "required": [parameter]}
    function = {"name": name, "description": TOOLS[name].__doc__, "parameters": parameters}
    return {"type": "function", "function": function}


DESCRIPTIONS = [described("weather", "city"), described("clock", "zone")]
