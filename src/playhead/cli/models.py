"""``playhead models``: the models of a backend."""

from __future__ import annotations

import asyncio

import click

from playhead.cli.choosing import check_key_reference
from playhead.cli.output import note, plural, printable, say, say_json
from playhead.errors import InferenceProviderError
from playhead.plugins.backends import InferenceBackend
from playhead.plugins.discovery import build_registrar
from playhead.plugins.listing import Listing, list_models
from playhead.providers.secrets import KEY_MISSING


@click.command("models")
@click.argument("backend")
@click.option("--sdk", "sdks", multiple=True, help="An SDK to ask with, several times for several. [default: BACKEND]")
@click.option("--base-url", help="The backend's address, where it is not the SDK's own.")
@click.option("--key", help="Where the key is found: env:NAME or file:PATH. Never the key itself.")
@click.option("--flat", is_flag=True, help="Print the ids alone, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an SDK.")
def command(
    *, backend: str, sdks: tuple[str, ...], base_url: str | None, key: str | None, flat: bool, as_json: bool
) -> None:
    """
    List the models of BACKEND, such as openai or ollama, as it gives them now.

    A backend that cannot list its models is reported as such, which is no failure.
    """
    settings = InferenceBackend(backend, endpoint=base_url, api_key_ref=check_key_reference(key))
    registrar = build_registrar()
    try:
        listed = asyncio.run(list_models(registrar, backend=settings, sdks=sdks or (backend,), flat=flat or as_json))
    except InferenceProviderError as error:
        if error.error_code == KEY_MISSING and key is None:
            error.hint = "say where the key is, as in --key env:OPENAI_API_KEY"
        raise
    for listing in listed:
        _show(listing, backend, flat=flat, as_json=as_json)


def _show(listing: Listing, backend: str, *, flat: bool, as_json: bool) -> None:
    if as_json:
        say_json({"backend": backend, **listing._asdict()})
        return
    if not listing.supported:
        note(f"{printable(listing.sdk)}: unsupported for listing")
        return
    if listing.models is None:
        return  # the lister has shown them
    if not flat:
        say(f"{printable(listing.sdk)} at {printable(backend)}, {plural(len(listing.models), 'model')}:")
    for model in sorted(listing.models):
        say(printable(model) if flat else f"  {printable(model)}")
