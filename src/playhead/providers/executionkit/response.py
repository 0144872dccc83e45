"""What a chat gives: text, tool calls, and token counts under either vendor's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from playhead.errors import UsageError

_MOST_TOKENS = 1_000_000_000
"""A count beyond it is a fault of the server's, not a count."""

_TRUNCATED = ("length", "max_tokens")


def _read_only(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values if isinstance(values, MappingProxyType) else MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True)
class ToolCall:
    """
    A tool the model asks for.

    Attributes:
        id: The call's id, which the tool's answer names.
        name: The tool.
        arguments: Its arguments, read-only.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", _read_only(self.arguments))


@dataclass(frozen=True, slots=True)
class LLMResponse:
    """
    One answer.

    Attributes:
        content: The text.
        tool_calls: The tools the model asks for.
        finish_reason: Why the answer ended, in the server's word.
        usage: The server's token counts as given, read-only; empty where it gave none.
        raw: The server's answer, where it was kept.
    """

    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    usage: Mapping[str, Any] = field(default_factory=dict[str, Any])
    raw: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tool_calls", tuple(self.tool_calls))
        object.__setattr__(self, "usage", _read_only(self.usage))

    @property
    def input_tokens(self) -> int:
        """
        Tokens of the question, 0 where the server did not say.

        Raises:
            UsageError: The count is no count.
        """
        return self._count("input_tokens", "prompt_tokens")

    @property
    def output_tokens(self) -> int:
        """
        Tokens of the answer, 0 where the server did not say.

        Raises:
            UsageError: The count is no count.
        """
        return self._count("output_tokens", "completion_tokens")

    @property
    def total_tokens(self) -> int:
        """
        Both together.

        Raises:
            UsageError: A count is no count.
        """
        return self.input_tokens + self.output_tokens

    @property
    def has_tool_calls(self) -> bool:
        """Whether the model asks for a tool."""
        return bool(self.tool_calls)

    @property
    def was_truncated(self) -> bool:
        """Whether the answer ended because it was as long as it might be."""
        return self.finish_reason in _TRUNCATED

    def _count(self, *names: str) -> int:
        for name in names:
            if name in self.usage:
                value = self.usage[name]
                if type(value) is not int or not 0 <= value <= _MOST_TOKENS:
                    raise UsageError(f"usage[{name!r}] must be an int from 0 to {_MOST_TOKENS}, got {value!r}")
                return value
        return 0
