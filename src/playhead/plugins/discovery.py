"""
Finding plugins: the built-in ones, then every entry point of the group.

``build_registrar`` opens no connection and imports no SDK, so it may be called as often as wanted. A plugin that is
broken stops it; none is skipped in silence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

from playhead.core.error_text import redact_error_text
from playhead.core.names import check_provider_name
from playhead.errors import (
    BrokenPluginError,
    CoreUnconditionalPluginDisabledError,
    PluginApiVersionMismatchError,
    PluginError,
    UsageError,
)
from playhead.plugins.builtin import BUILT_IN
from playhead.plugins.contract import PLUGIN_API_VERSION, Plugin
from playhead.plugins.registrar import DiscoveredPlugin, PluginRegistrar, PluginStatus
from playhead.plugins.settings import TABLE, read_disabled, read_settings

GROUP = "playhead.plugins"
"""The group of entry points."""

LOGGER = logging.getLogger(GROUP)


class EntryPoint(Protocol):
    """What is needed of an entry point."""

    @property
    def name(self) -> str:
        """The name it is declared under."""
        ...

    def load(self) -> Any:
        """Import what it names."""
        ...


class _Found(NamedTuple):
    """A plugin that may be registered, or why not."""

    name: str
    plugin: Plugin | None
    skipped: str = ""


def build_registrar(
    config: Any = None,
    *,
    built_in: Sequence[tuple[Plugin, bool]] = BUILT_IN,
    entry_points: Iterable[EntryPoint] | None = None,
) -> PluginRegistrar:
    """
    Find every plugin and let it register.

    Args:
        config: An object or a mapping with ``disabled``, or with ``plugins.disabled``; the nearest ``pyproject.toml``
            where it is left out.
        built_in: The plugins that need no discovery, each with whether it cannot be disabled.
        entry_points: Those of the group ``playhead.plugins`` that are installed, where they are left out.

    Raises:
        PluginError: A plugin is broken, of another version or in conflict with another, or one that cannot be
            disabled is.
        UsageError: The denylist is none.
    """
    return _Building(config, built_in, keep_going=False).run(entry_points)


def discover_plugins(
    config: Any = None,
    *,
    built_in: Sequence[tuple[Plugin, bool]] = BUILT_IN,
    entry_points: Iterable[EntryPoint] | None = None,
) -> tuple[DiscoveredPlugin, ...]:
    """
    Give every plugin and what became of it; a broken one is among them and stops nothing.

    Raises:
        CoreUnconditionalPluginDisabledError: One that cannot be disabled is.
        UsageError: The denylist is none.
    """
    return _Building(config, built_in, keep_going=True).run(entry_points).discovered


def installed_entry_points() -> tuple[EntryPoint, ...]:
    """Give the entry points of the group, by name."""
    # 20 ms that only who looks for plugins needs to spend.
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=GROUP)))


class _Building:
    """One pass over all plugins."""

    def __init__(self, config: Any, built_in: Sequence[tuple[Plugin, bool]], *, keep_going: bool) -> None:
        self._disabled = frozenset(_disabled(config))
        self._built_in = built_in
        self._keep_going = keep_going
        self._registrar = PluginRegistrar()
        self._records: list[DiscoveredPlugin] = []
        self._origins: dict[str, str] = {}

    def run(self, entry_points: Iterable[EntryPoint] | None) -> PluginRegistrar:
        for plugin, core in self._built_in:
            record = DiscoveredPlugin(plugin.name, "built in", PluginStatus.REGISTERED, core)
            self._take(record, partial(self._built, plugin, core=core))
        for point in installed_entry_points() if entry_points is None else entry_points:
            record = DiscoveredPlugin(point.name, _origin(point), PluginStatus.REGISTERED, entry_point=point.name)
            self._take(record, partial(self._loaded, point))
        self._registrar.close(tuple(self._records))
        return self._registrar

    def _take(self, record: DiscoveredPlugin, find: Callable[[], _Found]) -> None:
        try:
            found = find()
            record = record._replace(name=found.name)
            if found.plugin is None:
                LOGGER.info("the plugin %r (%s) is disabled: %s", found.name, record.origin, found.skipped)
                self._records.append(record._replace(status=PluginStatus.DISABLED, detail=found.skipped))
                return
            record = record._replace(targets_api=check_plugin(found.plugin, found.name))
            self._check_unique(found.name, record.origin)
            self._register(found.plugin, found.name)
        except CoreUnconditionalPluginDisabledError:
            raise
        except PluginError as error:
            if not self._keep_going:
                raise
            self._records.append(record._replace(status=PluginStatus.BROKEN, detail=error.message))
            return
        self._records.append(record._replace(contributions=self._registrar.contributions_of(found.name)))

    def _built(self, plugin: Plugin, *, core: bool) -> _Found:
        denied = plugin.name in self._disabled
        if denied and core:
            raise CoreUnconditionalPluginDisabledError(
                f"the plugin {plugin.name!r} cannot be disabled",
                context={"plugin_name": plugin.name},
                hint=f"take it out of [{TABLE}] disabled",
            )
        return _Found(plugin.name, None, _REASON) if denied else _Found(plugin.name, plugin)

    def _loaded(self, point: EntryPoint) -> _Found:
        # Before it is loaded: what cannot be loaded can be disabled.
        if point.name in self._disabled:
            return _Found(point.name, None, f"{_REASON}; not loaded")
        plugin = load_plugin(point)
        name = name_of(plugin, point.name)
        if name in self._disabled:
            return _Found(name, None, _REASON)
        return _Found(name, plugin)

    def _check_unique(self, name: str, origin: str) -> None:
        if name in self._origins:
            raise broken(name, f"its name is taken: {self._origins[name]} and {origin}")
        self._origins[name] = origin

    def _register(self, plugin: Plugin, name: str) -> None:
        try:
            with self._registrar.registering(name) as registrar:
                plugin.register(registrar)
        except PluginError:
            raise
        except Exception as error:
            raise broken(name, f"register failed: {_said(error)}") from error


_REASON = f"named in [{TABLE}] disabled"


def load_plugin(point: EntryPoint) -> Any:
    """
    Load an entry point: a plugin, or a class or function that makes one.

    Raises:
        BrokenPluginError: It cannot be loaded or called.
        PluginError: What it raised, where it is one.
    """
    try:
        value = point.load()
        # An instance that happens to be callable is the plugin, not a factory of one.
        is_plugin = not isinstance(value, type) and hasattr(value, "register") and hasattr(value, "name")
        return value if is_plugin or not callable(value) else value()
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        raise broken(point.name, f"it cannot be loaded: {_said(error)}") from error


def name_of(plugin: Any, entry_point: str) -> str:
    """
    Give a plugin's name.

    Raises:
        BrokenPluginError: It has none, or is no plugin.
    """
    name = getattr(plugin, "name", None)
    if not isinstance(name, str):
        raise broken(entry_point, f"a {type(plugin).__name__} is no plugin: it has no name")
    try:
        check_provider_name(name)
    except UsageError:
        raise broken(entry_point, f"its name {name!r} is not a stable lower-case id") from None
    if not callable(getattr(plugin, "register", None)):
        raise broken(name, f"a {type(plugin).__name__} is no plugin: it has no register(registrar)")
    return name


def check_plugin(plugin: Any, name: str) -> int:
    """
    Give the version a plugin was written for.

    Raises:
        BrokenPluginError: It is no plugin.
        PluginApiVersionMismatchError: It was written for another version than there is.
    """
    name_of(plugin, name)
    version = getattr(plugin, "targets_api", None)
    if type(version) is not int or version != PLUGIN_API_VERSION:
        raise PluginApiVersionMismatchError(
            f"the plugin {name!r} targets version {version!r} of the plugin interface, "
            f"and this is version {PLUGIN_API_VERSION}",
            context={
                "plugin_name": name,
                "targets_api": version if isinstance(version, (int, str)) or version is None else repr(version),
                "supported_api": PLUGIN_API_VERSION,
            },
            hint=f'install a release of it for this Playhead, or disable it: [{TABLE}] disabled = ["{name}"]',
        )
    return version


def broken(name: str, reason: str) -> BrokenPluginError:
    """Give the error for a plugin that cannot be used."""
    return BrokenPluginError(
        f"the plugin {name!r} is broken: {reason}",
        context={"plugin_name": name, "reason": reason},
        hint=f'repair or remove it, or disable it: [{TABLE}] disabled = ["{name}"]',
    )


def _said(error: BaseException) -> str:
    return redact_error_text(f"{type(error).__name__}: {error}")


def _disabled(config: Any) -> tuple[str, ...]:
    given = read_settings() if config is None else _field(config, "plugins", config)
    names = _field(given, "disabled", None)
    if names is None:
        raise UsageError(
            f"a {type(config).__name__} is no setting of plugins: it has no disabled",
            hint="give playhead.plugins.PluginSettings(disabled=(...))",
        )
    return read_disabled(names, where="disabled")


def _field(config: Any, name: str, default: Any) -> Any:
    """Read a field of an object, or of a mapping such as a TOML file gives."""
    if isinstance(config, Mapping):
        return cast("Mapping[str, Any]", config).get(name, default)
    return getattr(config, name, default)


def _origin(point: EntryPoint) -> str:
    dist = getattr(point, "dist", None)
    where = f" of {dist.name} {dist.version}" if dist is not None else ""
    return f"entry point {point.name!r}{where}"
