"""
The little language the tiny model speaks: words in classes, and which class may follow which.

Every class of words is a state of a Markov chain. Nouns, adjectives and determiners are split into those of
the subject and those of the object, so a chain that remembers one word still gives whole sentences. A second,
smaller chain writes JSON: it decides only between what the server's grammar allows, and keeps strings and
numbers short.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class WordClass(StrEnum):
    """What a token is for; also the lane of the hidden state that remembers it."""

    FIRST = "first"
    SUBJECT_DETERMINER = "subject-determiner"
    SUBJECT_ADJECTIVE = "subject-adjective"
    SUBJECT = "subject"
    ADVERB = "adverb"
    VERB = "verb"
    OBJECT_DETERMINER = "object-determiner"
    OBJECT_ADJECTIVE = "object-adjective"
    OBJECT = "object"
    PREPOSITION = "preposition"
    PLACE = "place"
    CONJUNCTION = "conjunction"
    COMMA = "comma"
    PAUSE = "pause"
    STOP = "stop"
    QUOTE = "quote"
    STRING = "string"
    DIGIT = "digit"
    BRACKET = "bracket"
    BLANK = "blank"
    FRAGMENT = "fragment"
    CONTROL = "control"
    END = "end"
    CALL_READY = "call-ready"
    CALL_OPEN = "call-open"
    CALL_CLOSE = "call-close"


def _bare(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _spaced(words: str) -> tuple[str, ...]:
    return tuple(f" {word}" for word in words.split())


LEXICON: Final[Mapping[WordClass, tuple[str, ...]]] = {
    WordClass.FIRST: _bare("The One Every This That Each Our My"),
    WordClass.SUBJECT_DETERMINER: _spaced("every one this that each our"),
    WordClass.SUBJECT_ADJECTIVE: _spaced(
        "quiet clever patient tired young brave gentle curious lonely cheerful careful famous sleepy proud"
    ),
    WordClass.SUBJECT: _spaced(
        "river fox sailor baker gardener painter clock neighbor traveler teacher sparrow captain lighthouse "
        "wind child shepherd tailor poet raven miller"
    ),
    WordClass.ADVERB: _spaced("slowly often never gladly softly rarely always quietly seldom still"),
    WordClass.VERB: _spaced(
        "carries follows remembers paints finds keeps opens borrows mends watches hides trades draws counts "
        "greets loses brings forgets"
    ),
    WordClass.OBJECT_DETERMINER: _spaced("the a another some"),
    WordClass.OBJECT_ADJECTIVE: _spaced(
        "silver broken small golden warm forgotten paper wooden blue narrow bright heavy hidden distant"
    ),
    WordClass.OBJECT: _spaced(
        "lantern letter song map bell mirror kettle coin basket story ladder ribbon compass candle feather "
        "blanket teapot whistle"
    ),
    WordClass.PREPOSITION: tuple(
        f"{word} the" for word in _spaced("under beside beyond near behind before after across without")
    ),
    WordClass.PLACE: _spaced(
        "bridge harbor road window door hill market orchard station valley garden kitchen tower library moon"
    ),
    WordClass.CONJUNCTION: _spaced("and while because until but so"),
    WordClass.COMMA: (",",),
    WordClass.PAUSE: (". ",),
    WordClass.STOP: (".",),
    WordClass.QUOTE: ('"',),
    WordClass.STRING: _bare(
        "amber willow north copper meadow winter cedar island velvet marble autumn harvest silk thunder"
    ),
    WordClass.DIGIT: tuple("0123456789"),
    WordClass.BRACKET: tuple("{}[]:"),
    WordClass.BLANK: ("\n", " "),
}
"""The text of each class that is spelt out; leading spaces are part of a token."""

_NOUN_PHRASE: Final = {WordClass.SUBJECT_ADJECTIVE: 0.45, WordClass.SUBJECT: 0.55}
_AFTER_STRAY_TEXT: Final = {WordClass.VERB: 0.5, WordClass.COMMA: 0.2, WordClass.STOP: 0.3}

FOLLOWERS: Final[Mapping[WordClass, Mapping[WordClass, float]]] = {
    WordClass.FIRST: _NOUN_PHRASE,
    WordClass.SUBJECT_DETERMINER: _NOUN_PHRASE,
    WordClass.SUBJECT_ADJECTIVE: {WordClass.SUBJECT: 1.0},
    WordClass.SUBJECT: {WordClass.VERB: 0.8, WordClass.ADVERB: 0.2},
    WordClass.ADVERB: {WordClass.VERB: 1.0},
    WordClass.VERB: {WordClass.OBJECT_DETERMINER: 1.0},
    WordClass.OBJECT_DETERMINER: {WordClass.OBJECT_ADJECTIVE: 0.4, WordClass.OBJECT: 0.6},
    WordClass.OBJECT_ADJECTIVE: {WordClass.OBJECT: 1.0},
    WordClass.OBJECT: {
        WordClass.STOP: 0.4,
        WordClass.PREPOSITION: 0.3,
        WordClass.PAUSE: 0.1,
        WordClass.CONJUNCTION: 0.1,
        WordClass.COMMA: 0.1,
    },
    WordClass.PREPOSITION: {WordClass.PLACE: 1.0},
    WordClass.PLACE: {
        WordClass.STOP: 0.45,
        WordClass.PAUSE: 0.3,
        WordClass.CONJUNCTION: 0.15,
        WordClass.COMMA: 0.1,
    },
    WordClass.CONJUNCTION: {WordClass.SUBJECT_DETERMINER: 1.0},
    WordClass.COMMA: {WordClass.CONJUNCTION: 1.0, WordClass.QUOTE: 1e-4, WordClass.DIGIT: 1e-4},
    WordClass.PAUSE: {WordClass.FIRST: 1.0},
    WordClass.STOP: {WordClass.END: 1.0, WordClass.CALL_OPEN: 1e-4},
    WordClass.BLANK: {
        WordClass.FIRST: 1.0,
        WordClass.QUOTE: 1e-4,
        WordClass.DIGIT: 1e-4,
        WordClass.BLANK: 1e-9,
    },
    WordClass.CALL_READY: {WordClass.FIRST: 1.0},
    WordClass.CALL_OPEN: {WordClass.FIRST: 1.0, WordClass.BRACKET: 1e-4},
    WordClass.CALL_CLOSE: {WordClass.END: 1.0},
    WordClass.BRACKET: {
        WordClass.QUOTE: 0.7,
        WordClass.DIGIT: 0.1,
        WordClass.BRACKET: 0.1,
        WordClass.CALL_CLOSE: 0.09,
        WordClass.FRAGMENT: 0.01,
    },
    WordClass.QUOTE: {WordClass.STRING: 1.0, WordClass.BRACKET: 1e-4, WordClass.COMMA: 1e-4},
    WordClass.STRING: {WordClass.QUOTE: 1.0},
    WordClass.DIGIT: {WordClass.BRACKET: 0.5, WordClass.COMMA: 0.42, WordClass.DIGIT: 0.08},
    WordClass.FRAGMENT: _AFTER_STRAY_TEXT,
    WordClass.CONTROL: {WordClass.FIRST: 1.0},
    WordClass.END: {WordClass.END: 1.0},
}
"""
For each class, the share of the classes that come next; classes not named get a floor in their place.

Shares far below the others are for when a grammar rules the others out: a number where JSON wants a value, a
tool call where the request forbids to end without one. That is also why a full stop always ends the answer,
and a sentence that is followed by another ends in a token of its own.
"""


def followers(*, tool_calling: bool) -> Mapping[WordClass, Mapping[WordClass, float]]:
    """Return the table of followers; with ``tool_calling`` an answer that may call a tool does call one."""
    if not tool_calling:
        return FOLLOWERS
    return {**FOLLOWERS, WordClass.CALL_READY: {WordClass.CALL_OPEN: 1.0}}
