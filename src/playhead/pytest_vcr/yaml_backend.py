"""The cassettes where they are: vcrpy's own cassette, matchers and serializers behind the fixtures of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import vcr
import vcr.persisters.filesystem
import vcr.serialize

from playhead.errors import NotACassette
from playhead.pytest_vcr.marks import Wish, each_path
from playhead.pytest_vcr.patching import block_of

_Vcr: Any = vcr.VCR
_Persister: Any = vcr.persisters.filesystem.FilesystemPersister
_NotFound: Any = vcr.persisters.filesystem.CassetteNotFoundError
_serialize: Any = vcr.serialize


class SeveralCassettes(_Persister):  # type: ignore[misc]
    """Reads the cassettes of a test as one, and writes its own."""

    def __init__(self, wish: Wish) -> None:
        self._extra = wish.extra

    def load_cassette(self, cassette_path: Any, serializer: Any) -> tuple[Any, ...]:
        """
        Read the cassettes; those that are not there hold nothing.

        Raises:
            CassetteNotFoundError: None of them holds a call.
            NotACassette: One holds no text at all: it is never taken for absent, and so never recorded over.
        """
        requests: list[Any] = []
        responses: list[Any] = []
        metadata: dict[str, Any] = {}
        for path in dict.fromkeys((str(cassette_path), *self._extra)):
            try:
                text = Path(path).read_text(encoding="utf8")
            except OSError:
                continue
            if not text.strip():
                raise NotACassette("the file is empty", path=path, hint="remove it, and record it again")
            found = _serialize.deserialize(text, serializer)
            requests += found[0]
            responses += found[1]
            metadata = {**(found[2] if len(found) > 2 else {}), **metadata}
        if not requests or not responses:
            raise _NotFound("no cassette of this test holds a call")
        return (requests, responses, metadata) if metadata else (requests, responses)


@contextmanager
def opened(wish: Wish, config: pytest.Config) -> Generator[Any]:
    """
    Open the cassettes of a test by vcrpy.

    Args:
        wish: Which, and how.
        config: The run's configuration.

    Yields:
        vcrpy's cassette.

    Raises:
        ValueError: A cassette cannot be read, or a mode has no such name.
        KeyError: A matcher or serializer was not registered.
    """
    mode, keywords = wish.mode, wish.config
    if mode == "rewrite":
        with contextlib.suppress(OSError):
            Path(next(each_path(wish))).unlink()
        mode = "new_episodes"
        if "record_mode" in keywords:
            keywords = {**keywords, "record_mode": mode}
    made = _Vcr(path_transformer=_Vcr.ensure_suffix(wish.ending), cassette_library_dir=wish.folder, record_mode=mode)
    made.backend = "yaml"  # for hooks of suites that also run on cassettes of our own
    made.register_persister(SeveralCassettes(wish))
    config.hook.pytest_recording_configure(config=config, vcr=made)
    with block_of(made.use_cassette(wish.name, **keywords)) as cassette:
        yield cassette
