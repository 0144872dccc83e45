"""
vcrpy's patches for one cassette, put in at less cost.

What is patched, and with what, is vcrpy's own doing. Left out is what can have no effect: clients that are not
installed, which vcrpy looks for anew each time, and its patches for requests, all of which those for urllib3 replace.
Each of the others is a plain assignment instead of a ``mock.patch``.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import vcr.cassette
import vcr.patch

_VcrBlock: Any = vcr.cassette.CassetteContextDecorator
_VcrBuilder: Any = vcr.patch.CassettePatcherBuilder

_CLIENT_OF = {
    "boto3": "botocore.awsrequest",
    "urllib3": "urllib3.connectionpool",
    "httplib2": "httplib2",
    "tornado": "tornado.simple_httpclient",
    "aiohttp": "aiohttp.client",
    "httpx": "httpx",
    "httpx2": "httpx2",
}
"""The module that a group of patches is for. vcrpy imports all that are installed when it is imported itself."""

_RARE = ("httpx_curl_cffi", "pyreqwest")
"""Transports of httpx's that vcrpy looks for whenever it patches httpx."""

_MISSING = object()


class _Replaced:
    """One attribute, replaced for the time of a block."""

    __slots__ = ("_before", "_name", "_new", "_target")

    def __init__(self, target: Any, name: str, new: Any) -> None:
        self._target: Any = target
        self._name = name
        self._new = new
        self._before: Any = _MISSING

    def __enter__(self) -> None:
        self._before = self._target.__dict__.get(self._name, _MISSING)
        setattr(self._target, self._name, self._new)

    def __exit__(self, *_: object) -> None:
        if self._before is _MISSING:
            delattr(self._target, self._name)
        else:
            setattr(self._target, self._name, self._before)


class _Builder(_VcrBuilder):  # type: ignore[misc]
    """vcrpy's patches, each as an assignment."""

    def _build_patcher(self, obj: Any, patched_attribute: str, replacement_class: Any) -> _Replaced | None:
        if not hasattr(obj, patched_attribute):
            return None
        return _Replaced(obj, patched_attribute, self._recursively_apply_get_cassette_subclass(replacement_class))


class CassetteBlock(_VcrBlock):  # type: ignore[misc]
    """A block in which a cassette of vcrpy's is open."""

    def _patch_generator(self, cassette: Any) -> Generator[Any]:
        # vcrpy opens and closes a cassette by two steps through this generator.
        if hasattr(cassette, "skip_patchers"):
            cassette.skip_patchers = _without_effect(cassette.skip_patchers)
        entered: list[Any] = []
        try:
            with _not_looked_for():
                for patcher in _Builder(cassette).build():
                    patcher.__enter__()
                    entered.append(patcher)
            yield cassette
        finally:
            _leave(entered)


def block_of(use: Any) -> Any:
    """Give what vcrpy's ``use_cassette`` gave as a block of ours; unchanged where somebody made it another thing."""
    if type(use) is not _VcrBlock:
        return use
    return CassetteBlock(use.cls, functools.cache(use._args_getter))  # noqa: SLF001 - its class has no other opening


def _leave(entered: list[Any]) -> None:
    """Take patches out, the latest first; one that fails keeps none of the others in."""
    fault: BaseException | None = None
    while entered:
        try:
            entered.pop().__exit__(None, None, None)
        except Exception as error:  # noqa: BLE001 - raised below
            fault = error
    if fault is not None:
        raise fault


def _without_effect(skipped: tuple[str, ...]) -> tuple[str, ...]:
    absent = [group for group, module in _CLIENT_OF.items() if module not in sys.modules]
    replaced = [] if "urllib3" in skipped or "urllib3" in absent else ["requests"]
    return (*skipped, *absent, *replaced)


@contextmanager
def _not_looked_for() -> Generator[None]:
    """Spare Python the search for modules that are known not to be there: 0.15 ms each."""
    names = [name for name in _absent() if name not in sys.modules]
    for name in names:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in names:
            if sys.modules.get(name, _MISSING) is None:
                del sys.modules[name]


@functools.cache
def _absent() -> tuple[str, ...]:
    return tuple(name for name in _RARE if importlib.util.find_spec(name) is None)
