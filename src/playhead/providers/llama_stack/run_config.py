"""
References to the environment in run configurations: ``${env.NAME}``, with a default or depending on the variable.

A configuration that holds references may be committed; the values are put in when a provider is made.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, cast

from playhead.errors import UsageError

# ":=" gives what stands where the variable is not set or empty, ":+" what stands where it is.
_REFERENCE = re.compile(r"\$\{env\.([A-Za-z_]\w*)(?:(:=|:\+)([^}]*))?\}")


def env(name: str, default: str | None = None) -> str:
    """
    Write a reference to a variable of the environment.

    Args:
        name: The variable.
        default: What stands where it is not set or empty; without one it must be set.
    """
    return f"${{env.{name}}}" if default is None else f"${{env.{name}:={default}}}"


def resolve_env(value: Any, environment: Mapping[str, str] | None = None) -> Any:
    """
    Put the values of the environment where a configuration refers to them, at any depth.

    ``${env.NAME:=default}`` gives the default where the variable is not set or empty, ``${env.NAME:+value}`` the value
    where it is set and nothing where it is not.

    Args:
        value: The configuration; it is not changed.
        environment: The variables; this process's where they are left out.

    Raises:
        UsageError: A variable without a default is not set.
    """
    variables = os.environ if environment is None else environment
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _value(found, variables), value)
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, Any]", value)
        return {name: resolve_env(item, variables) for name, item in given.items()}
    if isinstance(value, (list, tuple)):
        return [resolve_env(item, variables) for item in cast("list[Any]", value)]
    return value


def references(value: Any) -> frozenset[str]:
    """Give the names of all variables a configuration refers to."""
    if isinstance(value, str):
        return frozenset(found[1] for found in _REFERENCE.finditer(value))
    items: list[Any] = []
    if isinstance(value, Mapping):
        items = list(cast("Mapping[Any, Any]", value).values())
    elif isinstance(value, (list, tuple)):
        items = list(cast("list[Any]", value))
    return frozenset[str]().union(*map(references, items))


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, operator, rest = found.groups()
    held = variables.get(name, "")
    if operator == ":+":
        return str(rest) if held else ""
    if held:
        return held
    if operator is None:
        raise UsageError(
            f"the configuration refers to the variable {name!r}, which is not set",
            hint=f"set it, or give it to the test run: --playhead-env {name}=...",
        )
    return str(rest)
