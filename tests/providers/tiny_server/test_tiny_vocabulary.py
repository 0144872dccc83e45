"""The tiny model's tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from playhead.providers.tiny_server.language import LEXICON, WordClass
from playhead.providers.tiny_server.vocabulary import (
    CALL_CLOSE,
    CALL_OPEN,
    TURN_END,
    TokenRole,
    build_vocabulary,
    byte_alphabet,
    encoded,
)


def test_every_byte_has_a_character_of_its_own() -> None:
    """The alphabet is a bijection of bytes and printable characters, as byte-level BPE needs."""
    alphabet = byte_alphabet()
    assert len(alphabet) == len(set(alphabet)) == 256
    assert all(character.isprintable() and not character.isspace() for character in alphabet)


def test_the_alphabet_is_the_one_gpt2_tokenizers_use() -> None:
    """A space, a newline and a letter are written as in every GPT-2 vocabulary."""
    assert encoded(" a\n") == "\u0120a\u010a"


@given(st.text())
def test_encoding_loses_nothing(text: str) -> None:
    """Any text can be read back from its encoded form."""
    numbers = {character: number for number, character in enumerate(byte_alphabet())}
    assert bytes(numbers[character] for character in encoded(text)).decode() == text


def test_tokens_are_unique_and_words_keep_their_class() -> None:
    """No text is two tokens, and each word of the language is a token of its class."""
    tokens = build_vocabulary().tokens
    by_text = {token.text: token for token in tokens}
    assert len(by_text) == len(tokens)
    for word_class, words in LEXICON.items():
        assert {by_text[encoded(word)].word_class for word in words} == {word_class}


def test_every_merge_makes_a_token() -> None:
    """What a merge joins and what it makes are all in the vocabulary; a tokenizer would fail otherwise."""
    vocabulary = build_vocabulary()
    texts = {token.text for token in vocabulary.tokens}
    for merge in vocabulary.merges:
        left, right = merge.split(" ")
        assert {left, right, left + right} <= texts


def test_chat_markers_are_hidden_and_call_markers_shown() -> None:
    """The end of a turn never shows in an answer; the marks of a tool call do, for the parser."""
    vocabulary = build_vocabulary()
    roles = {text: vocabulary.tokens[vocabulary.id_of(text)].role for text in (TURN_END, CALL_OPEN, CALL_CLOSE)}
    assert roles == {
        TURN_END: TokenRole.CONTROL,
        CALL_OPEN: TokenRole.MARKER,
        CALL_CLOSE: TokenRole.MARKER,
    }
    assert vocabulary.tokens[vocabulary.id_of(TURN_END)].word_class is WordClass.END
