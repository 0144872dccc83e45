"""Google's calls, put together from the SDK's arguments and results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playhead.core.wire import WireError
from playhead.interchange.genai import ADDRESS, camel, in_json, read
from playhead.interchange.source import Unusable


def asked(endpoint: str, **body: Any) -> dict[str, Any]:
    """Give a request as the recorder keeps it."""
    return {"url": f"vertexai://{endpoint}", "endpoint": endpoint, "body": {"model": "gemini-2.0-flash", **body}}


def test_a_stream_is_as_vertex_sends_it() -> None:
    """The chunks are events in JSON's spelling, under the headers the SDK kept."""
    chunk = {
        "sdk_http_response": {
            "headers": {"Content-Type": "text/event-stream", "Vary": "Origin", "Content-Length": "9"}
        },
        "candidates": [{"content": {"parts": [{"text": "4"}], "role": "model"}, "finish_reason": "STOP"}],
        "usage_metadata": {"total_token_count": 3},
        "model_version": "gemini-2.0-flash",
    }
    sent, answer, notes = read(asked("/generate_content_stream", contents="2+2?"), {"body": [chunk]})
    base = "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/"
    assert sent.url == base + "gemini-2.0-flash:streamGenerateContent?alt=sse"
    assert json.loads(sent.body) == {"contents": [{"parts": [{"text": "2+2?"}], "role": "user"}]}
    assert answer.headers == (("Content-Type", "text/event-stream"), ("Vary", "Origin"))
    (piece,) = answer.pieces
    assert piece.startswith(b'data: {"candidates":[{"content":{"parts":[{"text":"4"}],"role":"model"},"finishReason":')
    assert piece.endswith(b'"usageMetadata":{"totalTokenCount":3},"modelVersion":"gemini-2.0-flash"}\r\n\r\n')
    assert notes == (ADDRESS,)


def test_the_config_is_spread_over_the_request() -> None:
    """Some fields stand beside the contents, the others in the generation config; the SDK's own are not sent."""
    config = {
        "temperature": 0,
        "max_output_tokens": 5,
        "system_instruction": "Be brief.",
        "tools": [
            {"function_declarations": [{"name": "f", "parameters": {"properties": {"some_name": {"any_of": []}}}}]}
        ],
        "labels": {"my_label": "x"},
        "http_options": {"timeout": 1},
    }
    sent, answer, _ = read(
        asked("/generate_content", contents=[{"text": "hi"}, {"parts": [], "role": "model"}], config=config),
        {"body": {"candidates": []}},
    )
    assert json.loads(sent.body) == {
        "contents": [{"parts": [{"text": "hi"}], "role": "user"}, {"parts": [], "role": "model"}],
        "systemInstruction": {"parts": [{"text": "Be brief."}], "role": "user"},
        "tools": [
            {"functionDeclarations": [{"name": "f", "parameters": {"properties": {"some_name": {"anyOf": []}}}}]}
        ],
        "labels": {"my_label": "x"},
        "generationConfig": {"temperature": 0, "maxOutputTokens": 5},
    }
    assert answer.headers == (("content-type", "application/json"),)
    assert answer.content() == b'{"candidates":[]}'


def test_what_a_tool_takes_and_gives_is_the_users_own() -> None:
    """Keys of arguments and results are not respelt."""
    call = {"function_call": {"name": "f", "args": {"a_b": {"c_d": 1}}}}
    assert in_json(call) == {"functionCall": {"name": "f", "args": {"a_b": {"c_d": 1}}}}
    given = {"function_response": {"response": {"a_b": 1}}}
    assert in_json(given) == {"functionResponse": {"response": {"a_b": 1}}}
    assert camel("max_output_tokens") == "maxOutputTokens"
    assert camel("text") == "text"


def test_embeddings_are_a_batch() -> None:
    """Each text is a request of its own."""
    config = {"output_dimensionality": 3}
    sent, answer, _ = read(
        asked("/embed_content", contents=["a", "b"], config=config), {"body": {"embeddings": [{"values": [1]}]}}
    )
    assert sent.path.endswith(":batchEmbedContents")
    first = json.loads(sent.body)["requests"][0]
    assert first["content"]["parts"] == [{"text": "a"}]
    assert first["outputDimensionality"] == 3
    assert answer.content() == b'{"embeddings":[{"values":[1]}]}'


def test_an_exception_is_an_answer_or_a_broken_exchange() -> None:
    """As in every other recording."""
    raised = {"category": "provider_sdk", "type": "ClientError", "status_code": 400, "body": {"error": {"code": 400}}}
    _, answer, _ = read(asked("/generate_content"), {"body": None, "is_exception": True, "exception_data": raised})
    assert (answer.status, answer.content()) == (400, b'{"error":{"code":400}}')
    broke = {"body": [{"candidates": []}], "is_exception": True, "exception_message": "gone"}
    _, answer, _ = read(asked("/generate_content_stream"), broke)
    assert answer.error == WireError("llama_stack.Exception", "other", "gone")
    assert answer.pieces == (b'data: {"candidates":[]}\r\n\r\n',)


def test_a_method_that_is_not_known_is_named() -> None:
    """Its address is not guessed."""
    with pytest.raises(Unusable, match="'/edit_image'"):
        read(asked("/edit_image"), {"body": {}})
