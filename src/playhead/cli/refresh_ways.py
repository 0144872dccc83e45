"""How ``playhead refresh`` makes calls again: providers and keys, by the names that stand in the golden."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from playhead.cli.choosing import KEY_SCHEMES, choose_provider
from playhead.core.evidence import Interaction
from playhead.errors import UsageError
from playhead.harness.refresh_plan import Ways
from playhead.providers.resending import NO_KEY
from playhead.providers.secrets import DEFAULT_RESOLVER

_NAMED = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)=(?P<value>.*)", re.DOTALL)


class Names:
    """
    The providers' names in a golden.

    Attributes:
        models: Of those whose calls were recorded at the provider seam, each with a model that was asked for or served.
        wired: Those whose calls were recorded over the wire.
    """

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self.models: dict[str, str | None] = {}
        self.wired: set[str] = set()
        for interaction in interactions:
            if interaction.answer is not None:
                self.wired.add(interaction.provider)
            elif not self.models.get(interaction.provider):
                evidence = interaction.evidence
                self.models[interaction.provider] = evidence.model_requested or evidence.model


def read_ways(
    names: Names,
    *,
    providers: Sequence[str],
    base_urls: Sequence[str],
    key_refs: Sequence[str],
    allowed: Sequence[str],
) -> Ways:
    """
    Read the options that say how calls are made; a value without ``NAME=`` is for the only name there is.

    Raises:
        UsageError: A name is not in the golden or is given twice, a key stands where a reference belongs, or there is
            no such provider.
        InferenceProviderError: There is no key at its reference.
    """
    every = {*names.models, *names.wired}
    keys = _by_name("--key-ref", key_refs, every, secret=True)
    for reference in keys.values():
        _check_reference(reference)
    kinds = _by_name("--provider", providers, set(names.models))
    urls = _by_name("--base-url", base_urls, set(names.models))
    made = {
        name: choose_provider(
            kind,
            base_url=urls.pop(name, None),
            model=names.models[name] if kind == "openai-compatible" else None,
            key=_key_for(kind, keys.get(name)),
        )
        for name, kind in kinds.items()
    }
    if urls:
        raise UsageError(f"--base-url for {min(urls)!r} needs its --provider", hint="--provider NAME=openai-compatible")
    wired = {name: reference for name, reference in keys.items() if name in names.wired}
    return Ways(providers=made, keys=wired, allowed=tuple(host.lower() for host in allowed))


def _key_for(kind: str, reference: str | None) -> str | None:
    return reference if kind == "openai-compatible" and reference != NO_KEY else None


def _check_reference(reference: str) -> None:
    if reference == NO_KEY:
        return
    if not reference.startswith(KEY_SCHEMES):
        raise UsageError(
            "--key-ref takes a reference to a key, never the key itself",
            hint="put the key into a variable and give its name: --key-ref openai=env:OPENAI_API_KEY"
            " (what was typed here is in your shell's history now)",
        )
    # A key that is not there is better found before the first call than in each of a thousand.
    DEFAULT_RESOLVER.resolve(reference)


def _by_name(option: str, given: Sequence[str], known: set[str], *, secret: bool = False) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        named = _NAMED.fullmatch(text)
        if named is not None:
            name, value = named["name"], named["value"]
        elif len(known) == 1:
            name, value = next(iter(known)), text
        else:
            shown = "a value" if secret else repr(text)
            raise UsageError(
                f"{option} {shown} does not say which provider it is for",
                hint=f"{option} NAME=..., with one of: {_listed(known)}",
            )
        if name not in known:
            raise UsageError(f"{option} names {name!r}, which is not in the golden", hint=f"one of: {_listed(known)}")
        if name in found:
            raise UsageError(f"{option} is given twice for {name!r}")
        found[name] = value
    return found


def _listed(names: set[str] | Mapping[str, object]) -> str:
    return ", ".join(sorted(names)) or "none (its calls were all recorded over the wire)"
