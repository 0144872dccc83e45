"""Bedrock's runtime: converse, converse-stream as an AWS event stream, and invoke with a model's own body."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.sdks.servers.base import Answer, Asked, LoopbackServer, json_answer
from tests.sdks.servers.event_stream import frame
from tests.sdks.servers.words import KNOWN_MODELS, TOOL_ARGUMENTS, count, cut, last_text, vector, words

ERRORS = {
    400: "ValidationException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
}


class BedrockServer(LoopbackServer):
    """``/model/NAME/OPERATION``."""

    vendor = "boto3"

    @property
    def base_url(self) -> str:
        """The address as the SDK wants it."""
        return self.root

    def error(self, status: int, message: str) -> Answer:
        """Refuse: the kind stands in a header."""
        return json_answer({"message": message}, status, x_amzn_errortype=ERRORS.get(status, "Unknown"))

    def answer(self, asked: Asked, turn: int) -> Answer:
        """Answer by the last part of the path."""
        _, _, name, operation = asked.path.split("/", 3)
        if name not in KNOWN_MODELS:
            return self.error(404, f"no model {name!r}")
        body = asked.json
        if operation == "invoke":
            return json_answer({"embedding": vector(turn, body.get("inputText", "")), "inputTextTokenCount": 2})
        if operation == "invoke-with-response-stream":
            pieces = words(turn, body.get("prompt", ""))
            return stream([("chunk", packed_piece(piece)) for piece in pieces])
        if not body.get("messages"):
            return self.error(400, "messages must not be empty")
        if operation == "converse":
            return json_answer(self.converse(body, turn), x_amzn_RequestId=f"req-{turn:04}")
        if operation == "converse-stream":
            return stream(list(self.events(body, turn)))
        return self.error(404, f"no such operation: {operation}")

    def content(self, body: Mapping[str, Any], turn: int) -> list[dict[str, Any]]:
        """Give the answer's blocks."""
        text = [{"text": "".join(words(turn, last_text(body["messages"])))}]
        if "toolConfig" not in body:
            return [*text]
        name = body["toolConfig"]["tools"][0]["toolSpec"]["name"]
        call = {"toolUseId": f"call_{turn:04}", "name": name, "input": json.loads(TOOL_ARGUMENTS)}
        return [*text, {"toolUse": call}]

    def usage(self, body: Mapping[str, Any], content: list[dict[str, Any]]) -> dict[str, int]:
        """Count words."""
        asked, answered = count(last_text(body["messages"])), count(content[0]["text"])
        return {"inputTokens": asked, "outputTokens": answered, "totalTokens": asked + answered}

    def converse(self, body: Mapping[str, Any], turn: int) -> dict[str, Any]:
        """Give a whole answer."""
        content = self.content(body, turn)
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": "tool_use" if "toolConfig" in body else "end_turn",
            "usage": self.usage(body, content),
            "metrics": {"latencyMs": 100 + turn},
        }

    def events(self, body: Mapping[str, Any], turn: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give a stream's events."""
        content = self.content(body, turn)
        yield "messageStart", {"role": "assistant"}
        for piece in words(turn, last_text(body["messages"])):
            yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}
        yield "contentBlockStop", {"contentBlockIndex": 0}
        for block in content[1:]:
            call = block["toolUse"]
            start = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
            yield "contentBlockStart", {"contentBlockIndex": 1, "start": start}
            for part in cut(json.dumps(call["input"])):
                yield "contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": part}}}
            yield "contentBlockStop", {"contentBlockIndex": 1}
        yield "messageStop", {"stopReason": "tool_use" if "toolConfig" in body else "end_turn"}
        yield "metadata", {"usage": self.usage(body, content), "metrics": {"latencyMs": 100 + turn}}


def packed_piece(piece: str) -> dict[str, Any]:
    """Give a piece of a model's own stream, in base64."""
    return {"bytes": base64.b64encode(json.dumps({"generation": piece}).encode()).decode()}


def stream(events: list[tuple[str, dict[str, Any]]]) -> Answer:
    """Answer with an event stream."""
    pieces = [
        frame(
            {":event-type": kind, ":content-type": "application/json", ":message-type": "event"},
            json.dumps(value, ensure_ascii=False).encode(),
        )
        for kind, value in events
    ]
    return Answer(content_type="application/vnd.amazon.eventstream", pieces=pieces)
