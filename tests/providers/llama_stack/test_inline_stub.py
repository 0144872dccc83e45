"""The stub in OpenAI's shapes."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.llama_stack import MESSAGES, every_call, texts

import playhead
from playhead.core.model import Origin
from playhead.providers.llama_stack.configs import StubConfig
from playhead.providers.llama_stack.inline_stub import get_adapter_impl


async def test_every_method_answers_without_a_service() -> None:
    """Chat, completion, vectors and availability are answered; the same question has the same answer."""
    provider = get_adapter_impl(StubConfig(), {})
    found = await every_call(provider, "any")
    assert found["chat"]["choices"][0]["message"]["content"] == "<stub: Name a city.>"
    assert "".join(texts(found["chunks"])) == "<stub: Name a city.>"
    assert found["prompt"]["choices"][0]["text"] == "<stub: Once upon>"
    assert [item["embedding"] for item in found["vectors"]["data"]] == [[0.0] * 8] * 2
    assert found["there"] is True
    assert await every_call(provider, "any") == found


async def test_a_text_of_one_s_own() -> None:
    """A text that is configured is every answer; vectors stay vectors."""
    provider = get_adapter_impl(StubConfig(text="Paris."), {})
    answer = await provider.openai_chat_completion("any", MESSAGES)
    assert answer.choices[0].message.content == "Paris."
    assert len((await provider.openai_embeddings("any", "a")).data) == 1


async def test_what_it_answers_is_marked(tmp_path: Path) -> None:
    """Its recorded answers are a stub's, and never pass for a model's."""
    with playhead.use_cassette(tmp_path / "stub.cassette", mode="record") as session:
        await every_call(session.wrap(get_adapter_impl(StubConfig(), {}), name="stub"), "any")
    origins = {entry.evidence.origin for entry in playhead.open_cassette(tmp_path / "stub.cassette")}
    assert origins == {Origin.STUB}
