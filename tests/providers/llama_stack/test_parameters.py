"""The parameters of Llama Stack's methods: by name and in one object, to the same body."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import UsageError
from playhead.providers.llama_stack.parameters import CHAT, EMBEDDINGS, PROMPT, Parameters, dump, read_parameters

MESSAGES = [{"role": "user", "content": "hi"}]


class ChatParams(pydantic.BaseModel):
    """Parameters in one object, as Llama Stack has them now."""

    model_config = pydantic.ConfigDict(extra="allow")

    model: str
    messages: list[dict[str, Any]]
    temperature: float | None = None
    stream: bool | None = None


def test_names_and_places_are_the_same() -> None:
    """A call by place is a call by name."""
    by_place = read_parameters(CHAT, ("m", MESSAGES), {"temperature": 0.5})
    assert by_place == read_parameters(CHAT, (), {"model": "m", "messages": MESSAGES, "temperature": 0.5})
    assert by_place == Parameters({"model": "m", "messages": MESSAGES, "temperature": 0.5})


@pytest.mark.parametrize("how", ["by place", "by name"])
def test_one_object_is_the_same_as_names(how: str) -> None:
    """Parameters in one object come to the same body, those it was not given left out."""
    params = ChatParams(model="m", messages=MESSAGES, top_k=4)  # type: ignore[call-arg]
    args, kwargs = ((params,), {}) if how == "by place" else ((), {"params": params})
    named = read_parameters(CHAT, (), {"model": "m", "messages": MESSAGES, "top_k": 4})
    assert read_parameters(CHAT, args, kwargs) == named


def test_a_mapping_is_such_an_object_too() -> None:
    """A plain dict holds parameters as well."""
    found = read_parameters(PROMPT, ({"model": "m", "prompt": "p", "stream": True},), {})
    assert found.body == {"model": "m", "prompt": "p", "stream": True}
    assert found.streams


def test_what_is_none_is_not_sent() -> None:
    """Unset stays unset, false and nought are sent."""
    found = read_parameters(CHAT, ("m", MESSAGES), {"stop": None, "stream": False, "temperature": 0})
    assert found.body == {"model": "m", "messages": MESSAGES, "stream": False, "temperature": 0}
    assert not found.streams


def test_embeddings_have_a_default_format() -> None:
    """Numbers are asked for where nothing is said, in either form, and dimensions may come by place."""
    for given_ in (("m", "text"), ({"model": "m", "input": "text"},)):
        body = read_parameters(EMBEDDINGS, given_, {}).body
        assert body == {"model": "m", "input": "text", "encoding_format": "float"}
    body = read_parameters(EMBEDDINGS, ("m", "text", "base64", 8, "me"), {}).body
    assert body == {"model": "m", "input": "text", "encoding_format": "base64", "dimensions": 8, "user": "me"}


def test_options_of_the_sdk_are_no_part_of_the_body() -> None:
    """Headers, query and time-out are the call's; a further body is the body's and wins."""
    found = read_parameters(
        CHAT,
        ("m", MESSAGES),
        {
            "extra_headers": {"x-a": "1"},
            "extra_query": {"v": 2},
            "timeout": 3.0,
            "extra_body": {"top_k": 4},
            "top_k": 1,
        },
    )
    assert found == Parameters({"model": "m", "messages": MESSAGES, "top_k": 4}, {"x-a": "1"}, {"v": 2}, 3.0)


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        (("m", MESSAGES, 0.5), {}, "takes 2 parameters by place"),
        (("m", MESSAGES), {"model": "n"}, "was given 'model' twice"),
        ((["m"],), {}, "a list does not hold the parameters"),
        ((), {"params": 3}, "a int does not hold the parameters"),
    ],
)
def test_what_makes_no_call_is_refused(args: tuple[Any, ...], kwargs: dict[str, Any], words: str) -> None:
    """A parameter too many, one that comes twice, an object without parameters: an error of ours says which."""
    with pytest.raises(UsageError, match=words):
        read_parameters(CHAT, args, kwargs)


def test_objects_in_parameters_are_plain() -> None:
    """A message that is an object is what it holds."""
    found = read_parameters(CHAT, ("m", [SimpleNamespace(role="user", content="hi")]), {})
    assert found.body["messages"] == MESSAGES


def test_dump_leaves_out_what_was_not_set() -> None:
    """An SDK's object is the JSON that it was made of."""
    assert dump(ChatParams(model="m", messages=[])) == {"model": "m", "messages": []}


@given(st.dictionaries(st.sampled_from(["temperature", "top_p", "n", "seed", "stop"]), st.integers() | st.none()))
def test_every_form_gives_one_body(further: dict[str, Any]) -> None:
    """By place, by name and in an object: one body, whatever else is given."""
    named = {"model": "m", "messages": MESSAGES, **further}
    forms = [
        read_parameters(CHAT, ("m", MESSAGES), further),
        read_parameters(CHAT, (), named),
        read_parameters(CHAT, (named,), {}),
        read_parameters(CHAT, (), {"params": named}),
    ]
    assert all(form == forms[0] for form in forms)
    assert None not in forms[0].body.values()
