"""Where the model of a request to OpenAI stands."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.dialects.exchanges import bodies, conversations, key, there_and_back
from tests.strategies import same

from playhead.core.model import CompletionRequest
from playhead.dialects.dialect import Asked
from playhead.dialects.openai_chat import DIALECTS
from playhead.dialects.openai_requests import read_posted, write_posted

(CHAT,) = DIALECTS
DEPLOYED = "/openai/deployments/gpt%204o/chat/completions"


@given(bodies("temperature", messages=conversations))
def test_deployments_there_and_back(body: dict[str, Any]) -> None:
    """The deployment that a path names is the model, and the body is what it was."""
    request = there_and_back(CHAT, Asked("POST", DEPLOYED, body))
    assert request.model == "gpt 4o"
    assert CHAT.encode_request(request, False).path == DEPLOYED


@given(bodies("temperature", messages=conversations))
def test_a_recorded_deployment_is_written_again(body: dict[str, Any]) -> None:
    """The URL that a recorder keeps instead of the path is enough to write the request again."""
    request = CHAT.decode_request(Asked("POST", DEPLOYED, body))
    where = {"method": "POST", "url": f"https://x.azure.com{DEPLOYED}?api-version=1"}
    again = CHAT.encode_request(msgspec.structs.replace(request, context=where), False)
    assert same(again.body, CHAT.encode_request(request, False).body)
    assert again.path == DEPLOYED


def test_deployments_are_not_taken_for_each_other() -> None:
    """Two deployments are two models, even where the bodies name the same one."""
    body = {"model": "gpt-4o", "messages": []}
    keys = {key(CHAT, Asked("POST", f"/openai/deployments/{name}/chat/completions", body)) for name in ("a", "b")}
    assert len({*keys, key(CHAT, Asked("POST", "/v1/chat/completions", body))}) == 3


@pytest.mark.parametrize("path", ["/openai/deployments/", "/openai/deployments//chat/completions"])
def test_a_deployment_without_a_name(path: str) -> None:
    """A path that names none leaves the model to the body."""
    request = read_posted(Asked("POST", path, {"model": "m"}), "op")
    assert request.model == "m"
    assert write_posted(request, "/p", {}).body == {"model": "m"}


@pytest.mark.parametrize(
    "context", [{}, {"path": "/x"}, {"path": 5}, {"path": "/deployments/other/x"}, {"url": "http://[/deployments/m/x"}]
)
def test_facts_that_are_someone_elses(context: dict[str, Any]) -> None:
    """A context that is not of a deployment of this model changes nothing."""
    request = CompletionRequest(prompt="hi", model="m", context=context)
    assert write_posted(request, "/p", {"prompt": "hi"}, stream=True) == Asked(
        "POST", "/p", {"model": "m", "prompt": "hi", "stream": True}
    )
