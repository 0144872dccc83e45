"""The numbers the tiny server is run with."""

from __future__ import annotations

import ipaddress

from playhead.providers.tiny_server import settings


def test_the_server_is_reached_from_this_machine_alone() -> None:
    """The address is a loopback one: no test and no demo listens to a network."""
    assert ipaddress.ip_address(settings.LOOPBACK).is_loopback


def test_each_slot_has_room_for_a_question() -> None:
    """The context divides evenly among the slots, with the 2048 tokens each that the documentation names."""
    assert settings.CONTEXT_TOKENS % settings.SLOTS == 0
    assert settings.CONTEXT_TOKENS // settings.SLOTS == 2048
