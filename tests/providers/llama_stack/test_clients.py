"""Clients that are kept: one an event loop and place, let go with their loop."""

from __future__ import annotations

import asyncio
from typing import Any

from playhead.providers.llama_stack.clients import Kept, place_of


class Client:
    """Stands for a client."""


def test_one_loop_has_one_client_a_place() -> None:
    """Within a loop the same place gives the same client, another place another."""
    kept = Kept()

    async def use() -> None:
        first = kept.get("a", Client)
        assert kept.get("a", Client) is first
        assert kept.get("b", Client) is not first

    asyncio.run(use())


def test_another_loop_has_its_own() -> None:
    """A client is never used in a loop that did not open it, and goes with its loop."""
    kept = Kept()

    async def use() -> Client:
        return kept.get("a", Client)

    first = asyncio.run(use())
    assert asyncio.run(use()) is not first
    assert repr(kept) == "<clients of 1 event loops>"


def test_outside_of_a_loop_nothing_is_kept() -> None:
    """Without a loop to belong to a client is new each time."""
    kept = Kept()
    assert kept.get("a", Client) is not kept.get("a", Client)
    assert kept.take("a") is None
    assert repr(kept) == "<clients of 0 event loops>"


def test_a_client_is_taken_once() -> None:
    """Who takes a client has it alone; the next call makes another."""
    kept = Kept()

    async def use() -> None:
        first = kept.get("a", Client)
        assert kept.take("a") is first
        assert kept.take("a") is None
        assert kept.get("a", Client) is not first

    asyncio.run(use())


def test_a_place_tells_address_and_key_apart_and_shows_neither() -> None:
    """Another key is another place, and no place holds a key to be read."""
    key = "sk-secret-1234567890"
    of = [("openai", "u", key), ("openai", "u", None), ("httpx", "u", key), ("openai", "v", key)]
    places = {place_of(*one) for one in of}
    assert len(places) == 4
    assert key not in repr(places)
    assert place_of("openai", "u", None) == place_of("openai", "u", "")


def test_how_a_client_is_made_tells_it_apart() -> None:
    """Further arguments are part of the place, mappings and lists among them."""
    headers = [{"default_headers": {"a": value}} for value in "12"]
    of: list[dict[str, Any]] = [{}, {"max_retries": 0}, {"x": ["a"]}, *headers]
    assert len({place_of("openai", "u", None, one) for one in of}) == len(of)
    assert place_of("openai", "u", None, {"a": {"b": 1}}) == place_of("openai", "u", None, {"a": {"b": 1}})
