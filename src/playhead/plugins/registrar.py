"""What plugins register into: a menu, and who took what from it."""

from __future__ import annotations

import enum
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from playhead.core.model import Family
from playhead.dialects.dialect import Dialect
from playhead.errors import (
    DuplicateContributionError,
    DuplicateInferenceBackendError,
    DuplicateModelListerError,
    UsageError,
)
from playhead.plugins.backends import InferenceFamily, ListModelsFn, MakeWorkerFn

T = TypeVar("T")
K = TypeVar("K")

UNNAMED = "(no plugin)"
"""Whose a contribution is that was made outside of a plugin's ``register``."""


class PluginStatus(enum.StrEnum):
    """What became of a plugin."""

    REGISTERED = "registered"
    DISABLED = "disabled"
    BROKEN = "broken"


class DiscoveredPlugin(NamedTuple):
    """
    One plugin that was found.

    Attributes:
        name: Its name; its entry point's where it was not loaded.
        origin: ``built in``, or the entry point with its distribution.
        status: What became of it.
        core: Whether it cannot be disabled.
        targets_api: The version it was written for, ``None`` where it was not loaded.
        contributions: What it registered, in words.
        detail: What is wrong with it, or why it was skipped; empty where there is nothing to say.
        entry_point: The name it was installed under, empty for a built-in one.
    """

    name: str
    origin: str
    status: PluginStatus
    core: bool = False
    targets_api: int | None = None
    contributions: tuple[str, ...] = ()
    detail: str = ""
    entry_point: str = ""


class _Given(NamedTuple, Generic[T]):
    plugin: str
    words: str
    value: T


class PluginRegistrar:
    """
    Gathers what plugins contribute; a plugin is given it by ``build_registrar``.

    Attributes:
        discovered: Every plugin that was found, in order.
    """

    def __init__(self) -> None:
        self.discovered: tuple[DiscoveredPlugin, ...] = ()
        self._plugin = UNNAMED
        self._closed = False
        self._backends: dict[tuple[Family, str], _Given[MakeWorkerFn]] = {}
        self._listers: dict[str, _Given[ListModelsFn]] = {}
        self._dialects: dict[tuple[str, str], _Given[Dialect]] = {}
        self._specs: dict[str, _Given[Any]] = {}

    def __repr__(self) -> str:
        return f"<PluginRegistrar of {len(self.discovered)} plugins, {len(self._backends)} backends>"

    def add_inference_backend(self, *, family: InferenceFamily | str, sdk: str, make_worker: MakeWorkerFn) -> None:
        """
        Offer workers for an SDK in a family.

        Args:
            family: The family; ``HTTP`` is none.
            sdk: The SDK's name, as models give it.
            make_worker: Makes the worker of one model.

        Raises:
            DuplicateInferenceBackendError: Another plugin offers them.
            UsageError: There is no such family, the SDK has no name, or the factory cannot be called.
        """
        kind = read_family(family)
        self._check(sdk, "sdk", make_worker)
        taken = self._backends.get((kind, sdk))
        if taken is not None:
            raise DuplicateInferenceBackendError(
                f"the plugins {taken.plugin!r} and {self._plugin!r} both serve {sdk!r} in the family {kind.value!r}",
                context={"family": kind.value, "sdk": sdk, **self._both(taken)},
                hint=self._how_to_choose(taken),
            )
        self._backends[kind, sdk] = _Given(self._plugin, f"{kind.value} {sdk}", make_worker)

    def add_model_lister(self, *, sdk: str, lister: ListModelsFn) -> None:
        """
        Offer a list of an SDK's models; a backend that cannot list leaves it out.

        Raises:
            DuplicateModelListerError: Another plugin offers one.
            UsageError: The SDK has no name, or the lister cannot be called.
        """
        self._check(sdk, "sdk", lister)
        taken = self._listers.get(sdk)
        if taken is not None:
            raise DuplicateModelListerError(
                f"the plugins {taken.plugin!r} and {self._plugin!r} both list the models of {sdk!r}",
                context={"sdk": sdk, **self._both(taken)},
                hint=self._how_to_choose(taken),
            )
        self._listers[sdk] = _Given(self._plugin, f"models of {sdk}", lister)

    def add_dialect(self, dialect: Dialect) -> None:
        """
        Offer a wire format; at the wire seam it is asked about requests that fit no built-in dialect.

        Raises:
            DuplicateContributionError: Another plugin gives one for the same provider and operation.
        """
        key = (dialect.provider, dialect.operation)
        self._refuse_second(self._dialects.get(key), f"the dialect {dialect.name!r}")
        self._dialects[key] = _Given(self._plugin, f"dialect {dialect.name}", dialect)

    def add_provider_spec(self, spec: Any) -> None:
        """
        Keep the specification of a provider: any object with a ``provider_type``.

        Raises:
            DuplicateContributionError: Another plugin gives one of the same type.
            UsageError: The object has no type.
        """
        kind = getattr(spec, "provider_type", None)
        if not isinstance(kind, str) or not kind:
            raise UsageError(f"a {type(spec).__name__} is no provider's specification: it has no provider_type")
        self._refuse_second(self._specs.get(kind), f"the provider type {kind!r}")
        self._specs[kind] = _Given(self._plugin, f"provider {kind}", spec)

    @property
    def inference_backends(self) -> Mapping[tuple[InferenceFamily, str], MakeWorkerFn]:
        """The factories by family and SDK."""
        return _values(self._backends)

    @property
    def model_listers(self) -> Mapping[str, ListModelsFn]:
        """The listers by SDK."""
        return _values(self._listers)

    @property
    def dialects(self) -> Mapping[tuple[str, str], Dialect]:
        """The dialects by provider and operation."""
        return _values(self._dialects)

    @property
    def provider_specs(self) -> Mapping[str, Any]:
        """The providers' specifications by type."""
        return _values(self._specs)

    def contributions_of(self, plugin: str) -> tuple[str, ...]:
        """Give what a plugin contributed, in words."""
        return tuple(one.words for store in self._stores() for one in store.values() if one.plugin == plugin)

    def _stores(self) -> tuple[dict[Any, _Given[Any]], ...]:
        return self._backends, self._listers, self._dialects, self._specs

    @contextmanager
    def registering(self, plugin: str) -> Generator[PluginRegistrar]:
        """Take what is added in the block as a plugin's; all of it is dropped again where the block fails."""
        before, self._plugin = self._plugin, plugin
        kept = [dict(store) for store in self._stores()]
        try:
            yield self
        except BaseException:
            for store, old in zip(self._stores(), kept, strict=True):
                store.clear()
                store.update(old)
            raise
        finally:
            self._plugin = before

    def close(self, discovered: tuple[DiscoveredPlugin, ...]) -> None:
        """End the registration; what a plugin adds later is refused."""
        self.discovered = discovered
        self._closed = True

    def _check(self, name: str, field: str, function: object) -> None:
        self._check_open()
        if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"{field} must be a name, got {name!r}")
        if not callable(function):
            raise UsageError(f"what is given for {name!r} cannot be called: {function!r}")

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("the registration has ended", hint="call the registrar within register(registrar) only")

    def _refuse_second(self, taken: _Given[Any] | None, thing: str) -> None:
        self._check_open()
        if taken is not None:
            raise DuplicateContributionError(
                f"the plugins {taken.plugin!r} and {self._plugin!r} both give {thing}",
                context=self._both(taken),
                hint=self._how_to_choose(taken),
            )

    def _both(self, taken: _Given[Any]) -> dict[str, str]:
        return {"first_plugin": taken.plugin, "second_plugin": self._plugin}

    def _how_to_choose(self, taken: _Given[Any]) -> str | None:
        if taken.plugin == self._plugin:
            return None
        return f"remove one, or disable it: [tool.playhead.plugins] disabled = [{self._plugin!r}]".replace("'", '"')


def read_family(family: Family | str) -> Family:
    """
    Give a family by itself or by its value.

    Raises:
        UsageError: There is no such family, or it is none of model calls.
    """
    families = [one for one in Family if one is not Family.HTTP]
    found = next((one for one in families if one == family), None)
    if found is None:
        raise UsageError(f"{family!r} is no family", hint=f"one of {', '.join(one.value for one in families)}")
    return found


def _values(given: Mapping[K, _Given[T]]) -> Mapping[K, T]:
    return MappingProxyType({key: one.value for key, one in given.items()})
