"""The question and the answer: what they accept, refuse and show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.core.model import Completion, CompletionRequest, Failure, Family, Origin, Stream, ToolCall
from playhead.core.usage import Usage
from playhead.errors import UsageError
from tests.strategies import any_text, text_stream

# --- requests

REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "nothing": (CompletionRequest, UsageError, "needs a prompt or messages"),
    "no prompt for an image": (lambda: CompletionRequest(family=Family.IMG_GEN), UsageError, "needs a prompt"),
    "empty prompt": (lambda: CompletionRequest(""), UsageError, "prompt must not be empty"),
    "prompt of bytes": (lambda: CompletionRequest(b"x"), TypeError, "prompt must be a str"),  # type: ignore[arg-type]
    "both": (lambda: CompletionRequest("x", messages=({"role": "user"},)), UsageError, "not both"),
    "no messages": (lambda: CompletionRequest(messages=()), UsageError, "messages must not be empty"),
    "messages of text": (
        lambda: CompletionRequest(messages=("hi",)),  # type: ignore[arg-type]
        TypeError,
        "each message must be a mapping, got 'hi'",
    ),
    "messages as text": (lambda: CompletionRequest(messages="hi"), TypeError, "each message"),  # type: ignore[arg-type]
    "empty model": (lambda: CompletionRequest("x", model=""), UsageError, "model must not be empty"),
    "model of a number": (lambda: CompletionRequest("x", model=4), TypeError, "model must be"),  # type: ignore[arg-type]
    "negative limit": (lambda: CompletionRequest("x", max_tokens=-1), UsageError, "max_tokens must be"),
    "negative temperature": (lambda: CompletionRequest("x", temperature=-0.1), UsageError, "non-negative, got -0.1"),
    "temperature nan": (lambda: CompletionRequest("x", temperature=float("nan")), UsageError, "finite"),
    "temperature inf": (lambda: CompletionRequest("x", temperature=float("inf")), UsageError, "finite"),
    "temperature of text": (
        lambda: CompletionRequest("x", temperature="1"),  # type: ignore[arg-type]
        TypeError,
        "temperature must be a number",
    ),
    "temperature of a bool": (lambda: CompletionRequest("x", temperature=True), TypeError, "temperature must be"),
}


@pytest.mark.parametrize(("make", "cls", "text"), REFUSED.values(), ids=REFUSED)
def test_request_refuses(make: Callable[[], Any], cls: type[Exception], text: str) -> None:
    """A request that no provider could answer is refused where it is made, with the value in the message."""
    with pytest.raises(cls, match=text):
        make()


@pytest.mark.parametrize("value", [1.5, True, "5"])
def test_limit_must_be_an_integer(value: Any) -> None:
    """A limit that is no integer is refused, bools included."""
    with pytest.raises((TypeError, UsageError), match="max_tokens must be"):
        CompletionRequest("x", max_tokens=value)


@pytest.mark.parametrize("value", [0, 0.0, 2])
def test_zero_temperature_is_sent(value: float) -> None:
    """Zero is a temperature, unlike one that was left out."""
    assert CompletionRequest("x", temperature=value).temperature == value
    assert CompletionRequest("x").temperature is None


def test_limit_of_zero() -> None:
    """Zero is a limit, unlike one that was left out."""
    assert CompletionRequest("x", max_tokens=0).max_tokens == 0


def test_lists_become_tuples() -> None:
    """Messages and tools given as lists are kept as tuples, so that nobody can append to them."""
    request = CompletionRequest(messages=[{"role": "user", "content": "x"}], tools=[{"name": "t"}])  # type: ignore[arg-type]
    assert request.messages == ({"role": "user", "content": "x"},)
    assert request.tools == ({"name": "t"},)


def test_generator_of_messages_is_not_lost() -> None:
    """Messages from a generator are kept or refused, never silently none."""
    spoken = {"role": "user", "content": "x"}
    try:
        request = CompletionRequest(messages=(message for message in [spoken]))  # type: ignore[arg-type]
    except TypeError:
        return
    assert request.messages == (spoken,)


def test_prompt_is_one_user_message() -> None:
    """A prompt reads as a conversation of one user message."""
    assert CompletionRequest("x").conversation() == ({"role": "user", "content": "x"},)
    spoken = ({"role": "system", "content": "s"}, {"role": "user", "content": "x"})
    assert CompletionRequest(messages=spoken).conversation() == spoken
    assert CompletionRequest(family=Family.EMBEDDING, params={"input": "x"}).conversation() == ()


FROZEN = [
    CompletionRequest("x"),
    Completion("x"),
    Failure("builtins.ValueError"),
    Stream(),
    Usage(),
    ToolCall(),
]


@pytest.mark.parametrize("value", FROZEN, ids=lambda value: type(value).__name__)
def test_frozen(value: msgspec.Struct) -> None:
    """No field of a question or an answer can be set."""
    for name in value.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(value, name, None)


# --- answers


def test_tool_arguments() -> None:
    """Arguments stay the model's text and are parsed on demand; text that was cut off is told as such."""
    assert ToolCall(name="f", arguments='{"a": [1]}').parse_arguments() == {"a": [1]}
    with pytest.raises(UsageError, match="arguments of tool call 'f' are not JSON") as caught:
        ToolCall(name="f", arguments='{"a": ').parse_arguments()
    assert isinstance(caught.value.__cause__, msgspec.DecodeError)


def test_content_is_the_text() -> None:
    """A completion's text has a second name."""
    assert Completion("x").content == "x"


def test_tool_calls_become_a_tuple() -> None:
    """Tool calls given as a list are kept as a tuple."""
    assert Completion(tool_calls=[ToolCall("1")]).tool_calls == (ToolCall("1"),)  # type: ignore[arg-type]


@given(st.lists(any_text), st.booleans(), st.booleans())
def test_stream_keeps_the_cuts(pieces: list[str], whole: bool, ended: bool) -> None:
    """A stream of text gives its pieces with the boundaries they came in, empty pieces and surrogates too."""
    stream = text_stream(pieces, end=Completion("other") if ended else None, whole=whole)
    assert stream.pieces() == tuple(pieces)
    assert stream.joined() == "".join(pieces)


def test_stream_of_values() -> None:
    """A stream of other things gives them as they are, and has no text."""
    stream = Stream(end=Completion("done"), values=({"a": 1}, b"x"))
    assert stream.pieces() == ({"a": 1}, b"x")
    assert stream.joined() == ""
    assert Stream().pieces() == ()


def test_words() -> None:
    """Families and origins are the words that stand in files."""
    assert [family.value for family in Family] == ["llm", "img_gen", "extract", "search", "embedding", "http"]
    assert [origin.value for origin in Origin] == ["live", "stub", "imported", "edited", "synthetic"]


def test_mappings_are_checked() -> None:
    """Parameters and context that are no mappings are refused, not found out by a provider."""
    for name in ("params", "context"):
        for value in ([1], "ab", 1, None):
            fields: dict[str, Any] = {name: value}
            with pytest.raises(TypeError, match=f"{name} must be a mapping"):
                CompletionRequest("x", **fields)


@pytest.mark.parametrize("value", [1, None, b"x"])
def test_id_must_be_text(value: Any) -> None:
    """An id that is no text is refused."""
    with pytest.raises(TypeError, match="id must be a str"):
        CompletionRequest("x", id=value)


def test_id_must_be_unicode() -> None:
    """An id with a lone surrogate, which no file could hold, is refused."""
    with pytest.raises(UsageError, match="not valid Unicode"):
        CompletionRequest("x", id="a\ud800")


def test_whatever_is_sent_over_the_wire_is_a_request() -> None:
    """With an operation neither prompt nor messages are needed: a body without them was sent all the same."""
    empty = CompletionRequest(operation="chat.completions")
    assert (empty.prompt, empty.messages, empty.conversation()) == (None, None, ())
    assert CompletionRequest(operation="messages", messages=()).conversation() == ()


def test_the_provider_seam_has_no_operation() -> None:
    """A request that a caller builds has no operation, and needs a prompt or messages."""
    assert CompletionRequest("x").operation == ""
    with pytest.raises(UsageError):
        CompletionRequest()
