"""What a chat provider is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ChatMessage:
    """
    One message of a conversation.

    Attributes:
        role: Who speaks: ``system``, ``user`` or ``assistant``.
        content: The text.
    """

    role: str
    content: str

    def to_dict(self) -> dict[str, str]:
        """Give the message as vendors write it: ``{"role": ..., "content": ...}``."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True)
class ChatResponse:
    """
    One answer.

    Attributes:
        content: The text.
        model: The model that was asked for.
        provider: The name of the provider in its configuration.
        tokens_used: All tokens of question and answer as the server counted them (Ollama: of the answer);
            ``None`` where it gave no count.
        finish_reason: Why the answer ended, in the server's word.
        latency_ms: From the call to the whole answer, in milliseconds.
        served_model: The model the server said it used; beside the six fields, and not compared.
    """

    content: str
    model: str
    provider: str
    tokens_used: int | None = None
    finish_reason: str | None = None
    latency_ms: int | None = None
    served_model: str | None = field(default=None, compare=False, repr=False)
