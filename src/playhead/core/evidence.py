"""What a recorded call proves, and the call as users see it."""

from __future__ import annotations

import msgspec

from playhead.core.model import Completion, CompletionRequest, Failure, Origin, Outcome, Stream, ToolCall, end_of
from playhead.core.usage import UNREPORTED, Usage
from playhead.core.wire import Answer


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What an interaction proves.

    Attributes:
        text: The answer's text, empty for a failure.
        provider: The provider's stable name.
        model: The model that answered; ``None`` where no answer came.
        model_requested: The model asked for; ``None`` where it was left to the provider.
        model_version: The answering model's version, where given.
        usage: Token counts.
        finish_reason: Why the answer ended.
        tool_calls: The tools the model asked to call.
        origin: Where the outcome came from.
        failure: How the call failed, or ``None``.
    """

    text: str
    provider: str
    model: str | None
    model_requested: str | None = None
    model_version: str | None = None
    usage: Usage = UNREPORTED
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    origin: Origin = Origin.LIVE
    failure: Failure | None = None


class Interaction(msgspec.Struct, frozen=True):
    """
    One request with its outcome.

    Attributes:
        request: The question, secrets redacted.
        outcome: The answer, failure or stream.
        provider: The provider's stable name.
        fingerprint: The match key, 64 hexadecimal digits.
        sequence: 0 for the first take of this request, 1 for the second, and so on.
        origin: Where the outcome came from.
        recorded_on: The UTC date of the recording, ``YYYY-MM-DD``, or ``None``.
        latency_ms: Milliseconds from call to answer; 0 below 10.
        gaps_ms: Milliseconds before each piece of a stream.
        answer: The answer as it came over the wire, where it did.
    """

    request: CompletionRequest
    outcome: Outcome
    provider: str
    fingerprint: str
    sequence: int
    origin: Origin = Origin.LIVE
    recorded_on: str | None = None
    latency_ms: int = 0
    gaps_ms: tuple[int, ...] = ()
    answer: Answer | None = None

    @property
    def evidence(self) -> Evidence:
        """What this interaction proves, whatever kind its outcome is."""
        end = end_of(self.outcome)
        if isinstance(end, Completion):
            return Evidence(
                text=end.text,
                provider=self.provider,
                model=end.model or None,
                model_requested=self.request.model,
                model_version=end.model_version,
                usage=end.usage,
                finish_reason=end.finish_reason,
                tool_calls=end.tool_calls,
                origin=self.origin,
            )
        return Evidence(
            text=self.outcome.joined() if isinstance(self.outcome, Stream) else "",
            provider=self.provider,
            model=None,
            model_requested=self.request.model,
            origin=self.origin,
            failure=end,
        )
