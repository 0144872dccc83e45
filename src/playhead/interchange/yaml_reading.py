"""
YAML as data and nothing else.

No object is ever made because a file names its class, whatever its tag; there are no merge keys and no times. Values
are built from the parser's events without recursion: PyYAML's loaders end the process on a file that is nested deeply
enough.
"""

from __future__ import annotations

import base64
import binascii
import importlib
from collections.abc import Callable
from typing import Any, cast

from playhead.errors import MissingDependencyError
from playhead.interchange.values import MAX_DEPTH


class NotYaml(Exception):
    """A text is no YAML that can be read; its text is the reason. Never leaves this folder."""


_TAG = "tag:yaml.org,2002:"
_RESOLVED = frozenset(_TAG + name for name in ("null", "bool", "int", "float"))


def read_yaml(data: bytes) -> Any:
    """
    Read a YAML file.

    Returns:
        Objects with text or number keys, lists, text, bytes (``!!binary``), numbers, booleans and ``None``. A value
        that the file names several times is one object in several places; it may hold itself.

    Raises:
        NotYaml: It is no YAML, nested too deeply, or several documents.
        MissingDependencyError: PyYAML is not installed.
    """
    yaml = yaml_library("to read YAML")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(yaml).build(yaml.parse(data, Loader=loader))
    except NotYaml:
        raise
    except RecursionError:
        raise NotYaml("nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - the parser, its reader and their codecs each fail in their own way
        raise NotYaml(_short(error)) from None


def yaml_library(purpose: str) -> Any:
    """
    Give PyYAML.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        return importlib.import_module("yaml")
    except ImportError:
        raise MissingDependencyError("pyyaml", purpose=purpose) from None


def _short(error: Exception) -> str:
    mark: Any = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0] or type(error).__name__
    place = f", line {mark.line + 1}" if mark is not None else ""
    return f"{problem}{place}"


class _Builder:
    """Puts values together from the parser's events."""

    def __init__(self, yaml: Any) -> None:
        self._yaml = yaml
        self._resolver: Any = yaml.resolver.Resolver()
        self._maker: Any = yaml.constructor.SafeConstructor()
        self._anchors: dict[str, Any] = {}
        self._plain: dict[str, Any] = {}
        # What is open: the value, and for an object the key that waits for its value.
        self._open: list[tuple[Any, list[Any]]] = []

    def build(self, events: Any) -> Any:
        take: dict[type, Callable[[Any], Any]] = {
            self._yaml.ScalarEvent: self._scalar,
            self._yaml.AliasEvent: self._alias,
            self._yaml.MappingStartEvent: lambda event: self._start(event, {}),
            self._yaml.SequenceStartEvent: lambda event: self._start(event, []),
        }
        ends = (self._yaml.MappingEndEvent, self._yaml.SequenceEndEvent)
        whole: Any = None
        documents = 0
        for event in events:
            kind: Any = type(event)  # pyright: ignore[reportUnknownVariableType]
            if kind in ends:
                whole = self._open.pop()[0]
            elif kind in take:
                whole = take[kind](event)
                if kind in (self._yaml.MappingStartEvent, self._yaml.SequenceStartEvent):
                    continue
            else:
                documents += isinstance(event, self._yaml.DocumentStartEvent)
                if documents > 1:
                    # What stands in the others would be dropped in silence.
                    raise NotYaml("several documents in one file")
                continue
            self._put(whole)
        return whole

    def _start(self, event: Any, value: Any) -> Any:
        if len(self._open) >= MAX_DEPTH:
            raise NotYaml("nested too deeply")
        if event.anchor:
            self._anchors[event.anchor] = value
        self._open.append((value, []))
        return value

    def _put(self, value: Any) -> None:
        if not self._open:
            return
        held, waiting = self._open[-1]
        if type(held) is list:
            cast("list[Any]", held).append(value)
        elif waiting:
            held[waiting.pop()] = value
        else:
            waiting.append(_key(value))

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise NotYaml(f"an alias {event.anchor!r} of nothing")
        return self._anchors[event.anchor]

    def _scalar(self, event: Any) -> Any:
        value = self._meant(event.value, event.tag, event.implicit)
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _meant(self, text: str, tag: str | None, implicit: tuple[bool, bool]) -> Any:
        if tag is not None and tag != "!":
            if tag in (_TAG + "binary", _TAG + "python/bytes"):
                return _binary(text)
            return self._typed(text, tag) if tag in _RESOLVED else text
        if not implicit[0]:
            return text
        if text not in self._plain:
            found: str = self._resolver.resolve(self._yaml.ScalarNode, text, (True, False))
            self._plain[text] = self._typed(text, found) if found in _RESOLVED else text
        return self._plain[text]

    def _typed(self, text: str, tag: str) -> Any:
        node = self._yaml.ScalarNode(tag, text)
        make = self._maker.yaml_constructors[tag]
        try:
            return make(self._maker, node)
        except (ValueError, KeyError, IndexError, OverflowError):
            return text  # a tag that its text does not bear out


def _binary(text: str) -> Any:
    packed = "".join(text.split())
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return text


def _key(value: Any) -> Any:
    if isinstance(value, (str, int, float)) or value is None:
        return value
    return value.decode("latin-1") if isinstance(value, bytes) else f"<{type(value).__name__}>"
