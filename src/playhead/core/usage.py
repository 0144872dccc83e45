"""Token counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from playhead.errors import UsageError

# The names other vendors give the three counts; reading by either name gives the same number.
_USAGE_ALIASES = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
}
_USAGE_KEYS = ("prompt_tokens", "completion_tokens", "total_tokens")


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Token counts, read as attributes or as a read-only mapping (``usage["input_tokens"]`` works too).

    Attributes:
        prompt_tokens: Tokens of the question.
        completion_tokens: Tokens of the answer.
        total_tokens: As reported; never computed here.
        details: The vendor's further counts as given (cached tokens, reasoning tokens).
        reported: ``False`` where the provider gave no counts: unknown is not zero.

    Raises:
        TypeError: A count is not an ``int`` (a ``bool`` is not one).
        UsageError: A count is negative.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    details: Mapping[str, Any] = {}
    reported: bool = True

    def __post_init__(self) -> None:
        for count in (self.prompt_tokens, self.completion_tokens, self.total_tokens):
            if type(count) is not int:
                raise TypeError(f"token count must be an int, got {count!r}")
            if count < 0:
                raise UsageError(f"token count must be non-negative, got {count!r}")

    def __getitem__(self, key: str) -> Any:
        name = _USAGE_ALIASES.get(key, key)
        if name in _USAGE_KEYS:
            return getattr(self, name)
        return self.details[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Give the count of that name, or the default."""
        return self[key] if key in self else default  # noqa: SIM401 - this is what get is made of

    def __contains__(self, key: object) -> bool:
        return key in _USAGE_KEYS or key in _USAGE_ALIASES or key in self.details

    def __iter__(self) -> Iterator[str]:
        yield from _USAGE_KEYS
        yield from (key for key in self.details if key not in _USAGE_KEYS)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keys(self) -> Iterator[str]:
        """Give the names of all counts, so that ``dict(usage)`` works."""
        return iter(self)


UNREPORTED = Usage(reported=False)
