"""The numbers and names that the model, the child process and its parent have to agree on."""

from __future__ import annotations

from typing import Final

MODEL_NAME: Final = "tiny-random"
"""The name the server lists and answers under."""

LOOPBACK: Final = "127.0.0.1"

SLOTS: Final = 2
"""How many requests are answered at the same time; further ones wait."""

CONTEXT_TOKENS: Final = 4096
"""Tokens of context over all slots, so each slot has 2048 for prompt and answer."""

ANNOUNCEMENT: Final = "playhead tiny server listening on "
"""What the child prints, followed by its address, once its socket is bound."""
