"""
Specifications of providers: what one is, what it needs and where it is, as plain facts.

Listing them imports none of the modules they name. ``make_provider`` imports one, and has it make its provider.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import warnings
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, cast

import msgspec

from playhead.errors import MissingDependencyError, UsageError
from playhead.providers.llama_stack.run_config import resolve_env

_TYPE = re.compile(r"(remote|inline)::[a-z0-9][a-z0-9_.-]*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_MAKERS = ("get_adapter_impl", "get_provider_impl")
INFERENCE = "inference"


class ProviderKind(enum.StrEnum):
    """Where a provider's work is done: by a service that is called, or in this process."""

    REMOTE = "remote"
    INLINE = "inline"


class ProviderSpec(msgspec.Struct, frozen=True, kw_only=True):
    """
    One provider.

    Attributes:
        api: The API it serves: ``inference``.
        provider_type: Its kind and name: ``remote::together``, ``inline::stub``.
        config_class: The class of its configuration, ``module.Class``; ``sample_run_config()`` of it gives a sample.
        module: The module that makes it: it has ``get_adapter_impl(config, deps)``, awaited or not.
        pip_packages: What pip must have installed, as pip takes it.
        api_dependencies: APIs that it needs, given as ``deps``.
        provider_data_validator: The class of what a request may bring of its own, such as a key; ``None`` for nothing.
        deprecation_warning: What to say when it is made, where it is on its way out.
        deprecation_error: Why it is not made any more.
        description: A line about it.

    Raises:
        UsageError: The type or one of the dotted names is none, or there is no API.
    """

    api: str = INFERENCE
    provider_type: str
    config_class: str
    module: str
    pip_packages: tuple[str, ...] = ()
    api_dependencies: tuple[str, ...] = ()
    provider_data_validator: str | None = None
    deprecation_warning: str | None = None
    deprecation_error: str | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if not _TYPE.match(self.provider_type):
            raise UsageError(
                f"{self.provider_type!r} is no type of a provider",
                hint="its kind and its name in lower case: 'remote::together' or 'inline::stub'",
            )
        for field, name in (
            ("config_class", self.config_class),
            ("module", self.module),
            ("provider_data_validator", self.provider_data_validator),
        ):
            if name is not None and not _DOTTED.match(name):
                raise UsageError(f"{field} of {self.provider_type!r} is no dotted name: {name!r}")
        if not self.api:
            raise UsageError(f"{self.provider_type!r} serves no API", hint=f"api={INFERENCE!r}")

    @property
    def kind(self) -> ProviderKind:
        """Where its work is done."""
        return ProviderKind(self.provider_type.partition("::")[0])

    @property
    def name(self) -> str:
        """Its name without the kind."""
        return self.provider_type.partition("::")[2]


def remote_provider_spec(
    adapter_type: str,
    *,
    module: str,
    config_class: str,
    pip_packages: Sequence[str] = (),
    api: str = INFERENCE,
    **further: Any,
) -> ProviderSpec:
    """
    Specify a provider that calls a service.

    Args:
        adapter_type: Its name, such as ``together``.
        module: The module that makes it.
        config_class: The class of its configuration, ``module.Class``.
        pip_packages: What pip must have installed.
        api: The API it serves.
        **further: Further fields of ``ProviderSpec``.

    Raises:
        UsageError: A name is none.
    """
    return _spec(ProviderKind.REMOTE, adapter_type, module, config_class, pip_packages, api, further)


def inline_provider_spec(
    provider: str,
    *,
    module: str,
    config_class: str,
    pip_packages: Sequence[str] = (),
    api: str = INFERENCE,
    **further: Any,
) -> ProviderSpec:
    """
    Specify a provider that works in this process; ``remote_provider_spec`` has the arguments.

    Raises:
        UsageError: A name is none.
    """
    return _spec(ProviderKind.INLINE, provider, module, config_class, pip_packages, api, further)


def _spec(
    kind: ProviderKind,
    name: str,
    module: str,
    config_class: str,
    pip_packages: Sequence[str],
    api: str,
    further: Mapping[str, Any],
) -> ProviderSpec:
    return ProviderSpec(
        api=api,
        provider_type=f"{kind}::{name}",
        module=module,
        config_class=config_class,
        pip_packages=tuple(pip_packages),
        **further,
    )


def config_class_of(spec: ProviderSpec) -> Any:
    """
    Import the class of a provider's configuration.

    Raises:
        MissingDependencyError: Something that its module imports is not installed.
        UsageError: The module has no such class.
    """
    module, _, name = spec.config_class.rpartition(".")
    found = getattr(_imported(spec, module), name, None)
    if not isinstance(found, type):
        raise UsageError(f"the configuration of {spec.provider_type!r} is not there: no class {spec.config_class!r}")
    return cast("type[Any]", found)


def sample_config(spec: ProviderSpec) -> dict[str, Any]:
    """
    Give a sample of a provider's configuration, in which values of the environment are references.

    Raises:
        MissingDependencyError: Something that the module of its configuration imports is not installed.
        UsageError: The configuration has no sample.
    """
    make = getattr(config_class_of(spec), "sample_run_config", None)
    if not callable(make):
        raise UsageError(f"the configuration of {spec.provider_type!r} has no sample_run_config()")
    return dict(cast("Mapping[str, Any]", make()))


async def make_provider(spec: ProviderSpec, config: Any = None, deps: Mapping[str, Any] | None = None) -> Any:
    """
    Import a provider's module and have it make the provider.

    Args:
        spec: What is made.
        config: An object of its configuration's class, or a mapping of its fields in which ``${env.NAME}`` refers to
            the environment; its own sample where it is left out.
        deps: The providers of other APIs that it needs, by API.

    Raises:
        MissingDependencyError: Something it needs is not installed.
        UsageError: It is not made any more, its configuration is none, a variable is not set, or its module cannot
            make it.
    """
    if spec.deprecation_error is not None:
        raise UsageError(f"{spec.provider_type!r} is not made any more: {spec.deprecation_error}")
    if spec.deprecation_warning is not None:
        warnings.warn(f"{spec.provider_type}: {spec.deprecation_warning}", DeprecationWarning, stacklevel=2)
    given = deps or {}
    lacking = [api for api in spec.api_dependencies if api not in given]
    if lacking:
        raise UsageError(f"{spec.provider_type!r} needs a provider of {lacking[0]!r}", hint="give it in deps")
    module = _imported(spec, spec.module)
    make = next((found for name in _MAKERS if callable(found := getattr(module, name, None))), None)
    if make is None:
        raise UsageError(f"module {spec.module!r} makes no provider: it has no get_adapter_impl(config, deps)")
    made = make(_config(spec, config), given)
    return await made if inspect.isawaitable(made) else made


def _config(spec: ProviderSpec, config: Any) -> Any:
    if config is not None and not isinstance(config, Mapping):
        return config
    fields = sample_config(spec) if config is None else dict(cast("Mapping[str, Any]", config))
    cls = config_class_of(spec)
    try:
        return cls(**resolve_env(fields))
    except TypeError as error:
        # Its text names arguments, never values.
        raise UsageError(f"the configuration of {spec.provider_type!r} is none: {error}") from error


def _imported(spec: ProviderSpec, name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        missing = error.name or name
        if missing == name or name.startswith(f"{missing}."):
            raise UsageError(f"module {name!r} of {spec.provider_type!r} is not there: {error}") from error
        needed = ", ".join(spec.pip_packages) or "nothing"
        raise MissingDependencyError(
            missing.partition(".")[0], purpose=f"provider {spec.provider_type!r}", said=f"it declares {needed}"
        ) from error
