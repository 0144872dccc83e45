"""What the operations of Amazon Bedrock have in common."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.dialects.aws_event_stream import Header, write_message
from playhead.dialects.bedrock_wire import EventFrames, claims_verb, model_of, path_of, refuse_failure, write_event
from playhead.dialects.dialect import Asked
from playhead.errors import ProviderError


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/model/us.amazon.nova-micro-v1%3A0/converse", "us.amazon.nova-micro-v1:0"),
        ("/model/us.amazon.nova-micro-v1:0/converse", "us.amazon.nova-micro-v1:0"),
        ("/gateway/model/m/converse", "m"),
        ("/model/arn%3Aaws%3Abedrock%3A%3A1%3Aprofile%2Fm/converse", "arn:aws:bedrock::1:profile/m"),
        ("/model/arn:aws:bedrock::1:profile/m/converse", "arn:aws:bedrock::1:profile/m"),
        ("/model//converse", ""),
        ("/model/converse", ""),
        ("/converse", ""),
    ],
)
def test_model_of(path: str, model: str) -> None:
    """The model stands in the path, encoded or not, an ARN with its slashes too."""
    assert model_of(path) == model
    assert claims_verb(Asked("POST", path, {}), "converse") is bool(model)
    assert not claims_verb(Asked("POST", path, {}), "other")
    assert not claims_verb(Asked("GET", path, {}), "converse")
    assert not claims_verb(Asked("POST", path, []), "converse")


@given(st.text(min_size=1))
def test_path_there_and_back(model: str) -> None:
    """Every model has a path, which names it."""
    assert model_of(path_of(model, "converse")) == model
    assert path_of(None, "converse") == "/model/unknown/converse"
    assert path_of("a:0", "invoke") == "/model/a%3A0/invoke"


def message(payload: bytes, **headers: str) -> bytes:
    """Write a message with text headers."""
    return write_message({f":{name.replace('_', '-')}": Header(value) for name, value in headers.items()}, payload)


def test_events() -> None:
    """An event is an object of one key; one without payload is empty."""
    data = write_event("messageStart", {"role": "assistant", "é": "\ud800"}) + message(b"", event_type="ping")
    for cut in range(len(data)):
        frames = EventFrames()
        found = [*frames.feed(data[:cut]), *frames.feed(data[cut:]), *frames.finish()]
        assert found == [{"messageStart": {"role": "assistant", "é": "\ud800"}}, {"ping": {}}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            message(b'{"message": "Slow down"}', message_type="exception", exception_type="throttlingException"),
            "'throttlingException' 'Slow down'",
        ),
        (message(b"", message_type="exception", exception_type="oops"), "'oops' None"),
        (message(b"", message_type="error", error_code="500", error_message="broken"), "'500' 'broken'"),
        (message(b"oops", message_type="event", event_type="chunk"), "is not JSON"),
        (b"\0" * 12, "the event stream is damaged"),
    ],
)
def test_exceptions(data: bytes, words: str) -> None:
    """An exception in a stream is raised with its words, and so is damage."""
    with pytest.raises(ProviderError, match=words):
        list(EventFrames().feed(data))


@pytest.mark.parametrize("body", ['{"message": "no"}', '{"Message": "no"}', '{"__type": "no"}', '{"error": "no"}'])
def test_refuse_failure(body: str) -> None:
    """An exception of the service's that came as an answer is none."""
    with pytest.raises(ProviderError, match="'no'"):
        refuse_failure(json.loads(body))
    refuse_failure({"message": {"role": "assistant"}})
