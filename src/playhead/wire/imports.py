"""
Clients that are imported while a session is open: caught as soon as they are there.

A finder at the head of ``sys.meta_path`` waits for the modules that have an edge; when one has been executed, the edge
is put in. It is there only while a session is open.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType


class Watch(importlib.abc.MetaPathFinder):
    """Tells when one of some modules has been imported."""

    def __init__(self, names: Iterable[str], found: Callable[[str], None]) -> None:
        """
        Wait for modules.

        Args:
            names: Their full names.
            found: Called with the name of each once it has been executed.
        """
        self._names = frozenset(names)
        self._found = found
        self._busy: set[str] = set()

    def start(self) -> None:
        """Begin to wait."""
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Wait no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module that is waited for as everybody else would, and tell once it has been executed."""
        if fullname not in self._names or fullname in self._busy:
            return None
        self._busy.add(fullname)
        try:
            spec = next(
                (
                    found
                    for finder in sys.meta_path
                    if finder is not self and (found := finder.find_spec(fullname, path, target)) is not None
                ),
                None,
            )
        finally:
            self._busy.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Telling(spec.loader, lambda: self._found(fullname))
        return spec


class _Telling(importlib.abc.Loader):
    """A module's own loader, and a word when it has done its work."""

    def __init__(self, inner: importlib.abc.Loader, done: Callable[[], None]) -> None:
        self._inner = inner
        self._done = done

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Let the module's own loader make it."""
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Let the module's own loader execute it, then tell."""
        spec = module.__spec__
        if spec is not None:
            spec.loader = self._inner
        module.__loader__ = self._inner
        self._inner.exec_module(module)
        # The import system does so too, but later: whoever is told may look for the module in its package.
        parent, _, name = module.__name__.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], name, sys.modules.get(module.__name__, module))
        self._done()
