"""A cassette opened for reading, whatever its profile."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from playhead.core.calls import CallEntry, decode_call, interaction_of
from playhead.core.canonical import decode
from playhead.core.evidence import Interaction
from playhead.core.fingerprint import fingerprint
from playhead.core.matching import EXACT, Matching
from playhead.core.model import CompletionRequest
from playhead.core.names import DEFAULT_PROVIDER
from playhead.errors import CassetteDamaged, CassetteError
from playhead.format.assembly import assemble, whole_entries
from playhead.format.entries import Entry, Outline, outline_of, reading_order
from playhead.format.limits import DEFAULT_LIMITS, Limits
from playhead.format.numbers import KEY_LENGTH, RULES_N
from playhead.format.rules import RULES_KEY, read_rules
from playhead.format.sealed import SealedReader
from playhead.format.text import decode_text, looks_like_text
from playhead.store.files import read_file


class Cassette:
    """
    A sealed set of interactions.

    ``len`` counts them; iterating gives them in an order a person can follow; ``lookup`` finds the takes of a
    request. Whole-file work happens only when it is asked for: opening reads the footer.
    """

    def __init__(self, reader: SealedReader, *, path: Path | None = None, profile: str = "sealed") -> None:
        self._reader = reader
        self.path = path
        self.profile = profile

    def __len__(self) -> int:
        return len(self._reader)

    def __repr__(self) -> str:
        return f"<Cassette {str(self.path)!r}: {len(self)} interactions, digest {self.digest[:12]}>"

    @property
    def reader(self) -> SealedReader:
        """The file's own view of itself."""
        return self._reader

    @property
    def digest(self) -> str:
        """What the cassette holds as evidence, in 64 hexadecimal digits; times and generated ids do not count."""
        return self._reader.digest.hex()

    def __iter__(self) -> Iterator[Interaction]:
        for entry in self.entries():
            yield self._interaction(decode_call(entry.data))

    def entries(self) -> list[Entry]:
        """
        Give the call entries with whole requests, in reading order.

        Raises:
            CassetteError: One is damaged.
        """
        with located(self.path):
            return reading_order(entry for entry in whole_entries(self._reader) if entry.is_call)

    def matching(self) -> Matching:
        """
        Give the rules that the keys of its calls were computed under.

        Raises:
            CassetteError: They are damaged.
        """
        with located(self.path):
            data = self._reader.other(RULES_KEY, RULES_N)
            return EXACT if data is None else read_rules(data)

    def takes(self, key: bytes) -> int:
        """Count the takes recorded for a fingerprint (32 bytes)."""
        try:
            return self._reader.takes(key)
        except CassetteError as error:
            raise placed(error, self.path) from None

    def get(self, key: bytes, n: int) -> CallEntry | None:
        """Give one take of a fingerprint as it stands in the file, or ``None``."""
        try:
            return self._reader.get(key, n)
        except CassetteError as error:
            raise placed(error, self.path) from None

    def lookup(
        self, request: CompletionRequest, *, provider: str = DEFAULT_PROVIDER, stream: bool = False
    ) -> list[Interaction]:
        """
        Give the takes recorded for a request, in order; none is an empty list.

        Args:
            request: The request as it would be sent.
            provider: The provider's name it was recorded under.
            stream: Whether it was recorded as a stream.

        Raises:
            CassetteError: What the file holds of it is damaged.
        """
        key = fingerprint(self.matching().settle(request).request, provider, stream=stream).key
        with located(self.path):
            found = [self._reader.get(key, n) for n in range(self._reader.takes(key))]
            return [self._interaction(entry) for entry in found if entry is not None]

    def interaction(self, entry: CallEntry) -> Interaction:
        """
        Give the interaction of an entry of this cassette.

        Raises:
            CassetteError: Its request is damaged.
        """
        with located(self.path):
            request = self._reader.request(entry)
            whole = CallEntry(
                call=msgspec.structs.replace(entry.call, request=msgspec.Raw(request)),
                key=entry.key,
                n=entry.n,
                escaped=entry.escaped,
                volatile=entry.volatile,
            )
            return self._interaction(whole)

    def _interaction(self, entry: CallEntry) -> Interaction:
        try:
            return interaction_of(entry, decode(bytes(entry.call.request)))
        except ValueError as error:
            raise CassetteDamaged(f"a call cannot be read: {error}", path=self.path, record=entry.key) from None

    def outlines(self) -> Iterator[tuple[bytes, int, Outline]]:
        """
        Yield key prefix, take number and outline of every call, in file order.

        Raises:
            CassetteError: The table or an entry is damaged.
        """
        with located(self.path):
            table: Sequence[Outline] | None = self._reader.outlines()
            if table is None:
                for entry in whole_entries(self._reader):
                    if entry.is_call:
                        yield entry.key[:KEY_LENGTH], entry.n, outline_of(entry.data)
                return
            for (key, n), outline in zip(self._reader.calls(), table, strict=True):
                yield key, n, outline


class located:  # noqa: N801 - reads as a word in a with statement
    """Name the file in any cassette error that passes and has no path yet."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CassetteError) and error.path is None:
            raise placed(error, self._path) from None


def placed(error: CassetteError, path: Path | None) -> CassetteError:
    """Give a cassette error with the file's name, where it has none yet."""
    if error.path is not None or path is None:
        return error
    return type(error)(error.reason, path=path, offset=error.offset, record=error.record, hint=error.hint)


def open_cassette(path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS) -> Cassette:
    """
    Open a cassette of either profile for reading.

    Args:
        path: The file.
        limits: Bounds of what is decompressed.

    Raises:
        CassetteMissing: There is no such file.
        NotACassette: It is something else.
        UnsupportedVersion: It was written by a newer release.
        CassetteDamaged: It does not hold.
    """
    place = path if isinstance(path, Path) else Path(path)
    data = read_file(place)
    with located(place):
        return cassette_from(data, path=place, limits=limits)


def cassette_from(data: bytes, *, path: Path | None = None, limits: Limits = DEFAULT_LIMITS) -> Cassette:
    """
    Open a cassette's bytes.

    Raises:
        CassetteError: They are not a whole cassette of this version.
    """
    if looks_like_text(data[:256]):
        sealed = bytearray()
        assemble(decode_text(bytes(data), limits=limits), passing=True).write(sealed.extend)
        return Cassette(SealedReader(bytes(sealed), limits=limits), path=path, profile="text")
    return Cassette(SealedReader(data, limits=limits), path=path)
