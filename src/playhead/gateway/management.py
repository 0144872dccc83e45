"""
The providers of a manager over HTTP: listed, registered while the gateway runs, asked for models and health.

A key may come in a query or in JSON. It goes to the provider and into what redaction knows, and into no reply, log or
error. In replay nobody is asked anything: a provider is healthy by policy and has the models of its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec

from playhead.errors import PlayheadError
from playhead.gateway.cassettes import Sessions
from playhead.providers.closedpaw.configuration import ProviderConfig, ProviderType, is_key_reference
from playhead.providers.closedpaw.manager import ProviderManager
from playhead.providers.secrets import remember
from playhead.sessions.inside import inside

_TYPE_NAMES = ("provider_type", "type")


class Manager(Protocol):
    """What holds providers by name."""

    def register_provider(self, config: Any, /) -> bool:
        """Take in a provider; say whether it could be."""
        ...

    def get_provider(self, name: str | None = None, /) -> Any:
        """Give a provider, or ``None``."""
        ...

    def set_default(self, name: str, /) -> bool:
        """Make a provider the default; say whether it is known."""
        ...

    async def list_all_models(self) -> dict[str, list[str]]:
        """Give the models of each."""
        ...

    async def health_check_all(self) -> dict[str, bool]:
        """Say which are well."""
        ...

    def get_status(self) -> dict[str, Any]:
        """Give the default's name, and each provider without its key."""
        ...

    async def close_all(self) -> None:
        """Close their connections."""
        ...


class Management:
    """
    The handlers of ``/api/providers``.

    Attributes:
        own: The manager that was made here, where it was needed; the gateway closes it.
    """

    def __init__(self, manager: Manager | None, sessions: Sessions) -> None:
        """
        Take the manager.

        Args:
            manager: Holds the providers; ``None`` for one that is made when it is first asked for.
            sessions: Tell whether anything may go out.
        """
        self._given = manager
        self._sessions = sessions
        self.own: Manager | None = None

    @property
    def manager(self) -> Manager:
        """The manager."""
        if self._given is not None:
            return self._given
        own = self.own
        if own is None:
            own = self.own = _manager_with_ollama()
        return own

    @property
    def _is_shut(self) -> bool:
        return not (self._sessions.mode.may_record or self._sessions.mode.value == "live")

    def routes(self) -> list[Any]:
        """Give the routes."""
        from starlette.routing import Route

        return [
            Route("/api/providers", self.status),
            Route("/api/providers/register", self.register, methods=["POST"]),
            Route("/api/providers/health", self.health),
            Route("/api/providers/models", self.all_models),
            Route("/api/providers/{name}/models", self.models),
            Route("/api/providers/{name}/default", self.default, methods=["POST"]),
        ]

    async def status(self, _request: Any) -> Any:
        """Give the default and every provider, without keys."""
        return _reply(self.manager.get_status())

    async def register(self, request: Any) -> Any:
        """Take in a provider from a query, a JSON object, or both; JSON counts for more."""
        try:
            given = await _given(request)
            config = _config(given)
        except _Fault as fault:
            return _fault(fault.status, fault.detail)
        try:
            done = self.manager.register_provider(config)
        except PlayheadError as error:
            return _fault(400, error.message)
        if not done:
            return _fault(500, "Failed to register provider")
        return _reply({"status": "success", "provider": config.name})

    async def default(self, request: Any) -> Any:
        """Make a provider the default."""
        name = str(request.path_params["name"])
        if not self.manager.set_default(name):
            return _fault(404, "Provider not found")
        return _reply({"status": "success", "default_provider": name})

    async def models(self, request: Any) -> Any:
        """Give the models of one provider."""
        name = str(request.path_params["name"])
        found = self.manager.get_provider(name) if name in self._providers() else None
        if found is None:
            return _fault(404, "Provider not found")
        try:
            models = await self._models_of(found)
        except Exception as error:  # noqa: BLE001 - a provider is foreign code, and its text may hold anything
            return _fault(502, f"the provider's models cannot be listed: {type(error).__name__}")
        return _reply({"provider": name, "models": models})

    async def all_models(self, _request: Any) -> Any:
        """Give the models of every provider."""
        if not self._is_shut:
            with inside():
                return _reply(await self.manager.list_all_models())
        found = {name: await self._models_of(self.manager.get_provider(name)) for name in self._providers()}
        return _reply(found)

    async def health(self, _request: Any) -> Any:
        """Say which providers are well."""
        return _reply(await self._health())

    async def overview(self, _request: Any) -> Any:
        """Give what the status page shows of the providers that are registered here; a manager is not made for it."""
        if self._given is None and self.own is None:
            return _reply({"providers": {}, "health": {}})
        health = dict.fromkeys(self._providers(), "not asked")
        if not self._is_shut:
            health = {name: "reachable" if well else "unreachable" for name, well in (await self._health()).items()}
        return _reply({"providers": self._providers(), "health": health})

    async def _health(self) -> dict[str, bool]:
        if self._is_shut:
            return dict.fromkeys(self._providers(), True)
        with inside():
            return await self.manager.health_check_all()

    async def _models_of(self, provider: Any) -> list[str]:
        if self._is_shut:
            return list(getattr(getattr(provider, "config", None), "models", ()))
        with inside():
            return list(await provider.list_models())

    def _providers(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.manager.get_status()["providers"]
        return found


def _manager_with_ollama() -> Manager:
    """Make a manager that starts as the process's one does, and is not it: the gateway closes its own."""
    manager = ProviderManager()
    manager.register_provider(
        ProviderConfig(ProviderType.OLLAMA, "ollama", base_url="http://127.0.0.1:11434", default_model="llama3.2:3b")
    )
    return manager


class _Fault(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


async def _given(request: Any) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    if body:
        # What is wrong with a body is not quoted: it may hold a key.
        try:
            value = msgspec.json.decode(body)
        except msgspec.DecodeError:
            raise _Fault(400, "The body is no JSON object") from None
        if not isinstance(value, dict):
            raise _Fault(400, "The body is no JSON object")
        given.update(cast("dict[str, Any]", value))
    key = given.get("api_key")
    if isinstance(key, str):
        if is_key_reference(key):
            # Whoever may register could have any file or variable of this machine's sent to an address of their own.
            raise _Fault(400, "api_key must be the key itself: a reference is not followed for a client")
        remember(key)
    return given


def _config(given: dict[str, Any]) -> ProviderConfig:
    """Make a provider's configuration of what came, numbers and lists as texts where they came in a query."""
    kind: Any = next((given[name] for name in _TYPE_NAMES if name in given), None)
    try:
        provider_type = ProviderType(kind)
    except ValueError:
        shown = kind if isinstance(kind, str) and kind.isascii() and len(kind) < 40 else type(kind).__name__
        raise _Fault(400, f"Invalid provider type: {shown}") from None
    name = given.get("name", kind)
    if not isinstance(name, str) or not name:
        raise _Fault(400, "name must be a text")
    fields: dict[str, Any] = {"provider_type": provider_type, "name": name}
    for field, read in _READERS.items():
        if given.get(field) is not None:
            try:
                fields[field] = read(given[field])
            except (TypeError, ValueError, KeyError):
                raise _Fault(400, f"{field} has no value of its kind") from None
    return ProviderConfig(**fields)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [_text(part) for part in value]


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}[_text(value).lower()]


def _settings(value: Any) -> dict[str, Any]:
    found: Any = msgspec.json.decode(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise TypeError
    return cast("dict[str, Any]", found)


_READERS: Mapping[str, Any] = {
    "api_key": _text,
    "base_url": _text,
    "default_model": _text,
    "models": _texts,
    "enabled": _switch,
    "rate_limit": int,
    "timeout": int,
    "settings": _settings,
}


def _reply(value: Any, status: int = 200) -> Any:
    from starlette.responses import Response

    return Response(
        msgspec.json.encode(value), status, media_type="application/json", headers={"cache-control": "no-store"}
    )


def _fault(status: int, detail: str) -> Any:
    return _reply({"detail": detail}, status)
