"""The tiny model's tokens: every byte, common letter pairs, the words of its language, the chat markers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from playhead.providers.tiny_server.language import LEXICON, WordClass

END_OF_TEXT: Final = "<|endoftext|>"
TURN_START: Final = "<|im_start|>"
TURN_END: Final = "<|im_end|>"
CALL_READY: Final = "<|call_ready|>"
CALL_OPEN: Final = "<tool_call>"
CALL_CLOSE: Final = "</tool_call>"

# Frequent pairs of letters in English text: merging them about halves the tokens of a prompt.
_LETTER_PAIRS: Final = (
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de "
    "ri ro ic ne ea ra ce li ch ll be ma si om ur pe so us mo lo di pr tr un"
)


class TokenRole(Enum):
    """How the tokenizer treats a token."""

    TEXT = "text"
    CONTROL = "control"  # never shown in an answer
    MARKER = "marker"  # parsed as one token and shown: the tool-call parser reads it


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of the vocabulary: its text in the tokenizer's alphabet, its class and its role."""

    text: str
    word_class: WordClass
    role: TokenRole = TokenRole.TEXT


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All tokens, a token's id being its place, and the merges that build the letter pairs."""

    tokens: tuple[Token, ...]
    merges: tuple[str, ...]

    def id_of(self, text: str) -> int:
        """Return the id of the token written ``text``."""
        return next(number for number, token in enumerate(self.tokens) if token.text == text)


def byte_alphabet() -> tuple[str, ...]:
    """
    Return the printable character that stands for each byte, 256 of them in byte order.

    Byte-level BPE, as GPT-2 introduced it, never stores a raw byte: Latin-1 characters that print stand for
    themselves, and the others take the code points from 256 on, in order.
    """
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    substitutes = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in visible else next(substitutes)) for byte in range(256))


def encoded(text: str) -> str:
    """Return ``text`` in the tokenizer's alphabet."""
    alphabet = byte_alphabet()
    return "".join(alphabet[byte] for byte in text.encode())


def build_vocabulary() -> Vocabulary:
    """Return the vocabulary, always the same one in the same order."""
    classes: dict[str, WordClass] = dict.fromkeys(byte_alphabet(), WordClass.FRAGMENT)
    classes.update((pair, WordClass.FRAGMENT) for pair in _LETTER_PAIRS.split())
    for word_class, words in LEXICON.items():
        classes.update((encoded(word), word_class) for word in words)
    chat = (
        Token(END_OF_TEXT, WordClass.CONTROL, TokenRole.CONTROL),
        Token(TURN_START, WordClass.CONTROL, TokenRole.CONTROL),
        Token(TURN_END, WordClass.END, TokenRole.CONTROL),
        Token(CALL_READY, WordClass.CALL_READY, TokenRole.CONTROL),
        Token(CALL_OPEN, WordClass.CALL_OPEN, TokenRole.MARKER),
        Token(CALL_CLOSE, WordClass.CALL_CLOSE, TokenRole.MARKER),
    )
    return Vocabulary(
        tokens=tuple(Token(text, word_class) for text, word_class in classes.items()) + chat,
        merges=tuple(f"{pair[0]} {pair[1]}" for pair in _LETTER_PAIRS.split()),
    )
