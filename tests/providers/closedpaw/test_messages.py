"""What a chat provider is asked and what it answers."""

from __future__ import annotations

from dataclasses import fields, replace

from playhead.providers.closedpaw.messages import ChatMessage, ChatResponse


def test_a_message_is_written_with_its_two_members() -> None:
    """Nothing but role and content goes into a payload."""
    assert ChatMessage("user", "hello").to_dict() == {"role": "user", "content": "hello"}


def test_a_response_has_six_fields_of_which_three_may_be_left_out() -> None:
    """A count that nobody gave is None, not 0."""
    response = ChatResponse("hi", "m", "p")
    assert [field.name for field in fields(response) if field.compare] == [
        "content",
        "model",
        "provider",
        "tokens_used",
        "finish_reason",
        "latency_ms",
    ]
    assert (response.tokens_used, response.finish_reason, response.latency_ms) == (None, None, None)


def test_the_served_model_is_kept_beside_the_six_fields() -> None:
    """Two answers are equal by what the caller sees; what the server says of itself is for the evidence."""
    response = ChatResponse("hi", "m", "p", 3, "stop", 12, served_model="m-2026")
    assert response == replace(response, served_model=None)
    assert response != replace(response, latency_ms=13)
    assert "m-2026" not in repr(response)
