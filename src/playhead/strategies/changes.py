"""
Answers that a model might as well have given: cut off by its limit of tokens, its parallel tool calls in another order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar, overload

import msgspec
from hypothesis import strategies as st

from playhead.core.evidence import Interaction
from playhead.core.model import Completion, Failure, Outcome, Stream, ToolCall, end_of
from playhead.errors import UsageError

T = TypeVar("T")

LENGTH = "length"
"""Why an answer ended that was cut off, in OpenAI's word."""

LENGTH_WORDS = {
    "anthropic": "max_tokens",
    "google": "MAX_TOKENS",
    "bedrock": "max_tokens",
    "cohere": "MAX_TOKENS",
}
"""
The same in other vendors' words.

Sources: https://docs.anthropic.com/en/api/handling-stop-reasons, https://ai.google.dev/api/generate-content
(FinishReason), https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
https://docs.cohere.com/reference/chat.
"""


def length_of(completion: Completion) -> int:
    """Give how many code points a model wrote: the text, then the arguments of its tool calls."""
    return len(completion.text) + sum(len(call.arguments) for call in completion.tool_calls)


def truncated(completion: Completion, missing: int, *, finish_reason: str = LENGTH) -> Completion:
    """
    Give an answer without its last code points, as a limit of tokens cuts it.

    A model writes its text, then its tool calls one after the other. A call whose arguments are cut stays with what is
    left of them; later ones are gone.

    Args:
        completion: The answer.
        missing: How many code points are cut off; 0 leaves the answer as it is.
        finish_reason: Why it ended, in the vendor's word.
    """
    if not missing:
        return completion
    left = max(0, length_of(completion) - missing)
    text = completion.text[:left]
    left -= len(text)
    calls: list[ToolCall] = []
    for call in completion.tool_calls:
        if left <= 0:
            break
        arguments = call.arguments[:left]
        left -= len(arguments)
        calls.append(ToolCall(call.id, call.name, arguments))
    return msgspec.structs.replace(
        completion, text=text, tool_calls=tuple(calls), finish_reason=finish_reason, raw=None
    )


def permuted(items: Sequence[T], rank: int) -> tuple[T, ...]:
    """
    Give items in another order.

    Args:
        items: The items.
        rank: Which order, in lexical order: 0 as they are, 1 the last two swapped; taken modulo the number of orders.
    """
    left = list(items)
    rank %= math.factorial(len(left))
    found: list[T] = []
    while left:
        at, rank = divmod(rank, math.factorial(len(left) - 1))
        found.append(left.pop(at))
    return tuple(found)


def reordered(completion: Completion, rank: int) -> Completion:
    """Give an answer with its parallel tool calls in another order (see ``permuted``)."""
    calls = permuted(completion.tool_calls, rank)
    return (
        completion
        if calls == completion.tool_calls
        else msgspec.structs.replace(completion, tool_calls=calls, raw=None)
    )


def with_completion(outcome: Outcome, completion: Completion) -> Outcome:
    """Give an outcome that comes to another answer, its text pieces as they were as far as the text goes."""
    if not isinstance(outcome, Stream):
        return completion
    if outcome.cuts is None:
        return msgspec.structs.replace(outcome, end=completion)
    cuts = cut_lengths(outcome.cuts, len(completion.text))
    yielded = None if outcome.yielded is None else completion
    return Stream(end=completion, cuts=cuts, yielded=yielded)


def cut_lengths(cuts: Sequence[int], total: int) -> tuple[int, ...]:
    """Give the lengths of pieces for a text of another length: fewer of them, or one more."""
    found: list[int] = []
    for length in cuts:
        if total <= 0:
            break
        found.append(min(length, total))
        total -= found[-1]
    return tuple([*found, total] if total > 0 else found)


@overload
def truncations(answer: Completion, *, finish_reason: str = LENGTH) -> st.SearchStrategy[Completion]: ...
@overload
def truncations(answer: Stream, *, finish_reason: str = LENGTH) -> st.SearchStrategy[Stream]: ...
@overload
def truncations(answer: Failure, *, finish_reason: str = LENGTH) -> st.SearchStrategy[Failure]: ...
@overload
def truncations(answer: Interaction, *, finish_reason: str = LENGTH) -> st.SearchStrategy[Outcome]: ...


def truncations(answer: Any, *, finish_reason: str = LENGTH) -> st.SearchStrategy[Any]:
    """
    Draw an answer cut off at some place by its limit of tokens.

    Args:
        answer: A completion, a stream or an interaction; a failure has nothing to cut.
        finish_reason: Why it ended, in the vendor's word.

    Returns:
        The outcome, with text, then tool calls and their arguments cut. Shrinks to the whole answer.

    Raises:
        UsageError: It is none of these.
    """
    outcome, completion = _read(answer)
    if completion is None:
        return st.just(outcome)
    return st.integers(0, length_of(completion)).map(
        lambda missing: (
            with_completion(outcome, truncated(completion, missing, finish_reason=finish_reason))
            if missing
            else outcome
        )
    )


@overload
def reorderings(answer: Completion) -> st.SearchStrategy[Completion]: ...
@overload
def reorderings(answer: Stream) -> st.SearchStrategy[Stream]: ...
@overload
def reorderings(answer: Failure) -> st.SearchStrategy[Failure]: ...
@overload
def reorderings(answer: Interaction) -> st.SearchStrategy[Outcome]: ...


def reorderings(answer: Any) -> st.SearchStrategy[Any]:
    """
    Draw an answer with its parallel tool calls in some order.

    Args:
        answer: A completion, a stream or an interaction.

    Returns:
        The outcome. Shrinks to the recorded order.

    Raises:
        UsageError: It is none of these.
    """
    outcome, completion = _read(answer)
    if completion is None or len(completion.tool_calls) < 2:
        return st.just(outcome)
    orders = math.factorial(len(completion.tool_calls))
    return st.integers(0, orders - 1).map(
        lambda rank: with_completion(outcome, reordered(completion, rank)) if rank else outcome
    )


def _read(answer: Any) -> tuple[Outcome, Completion | None]:
    outcome = answer.outcome if isinstance(answer, Interaction) else answer
    if not isinstance(outcome, Completion | Failure | Stream):
        raise UsageError(
            f"a {type(outcome).__name__} is no outcome", hint="a completion, a stream, or an interaction of a cassette"
        )
    end = end_of(outcome)
    return outcome, end if isinstance(end, Completion) else None
