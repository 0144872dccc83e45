"""
What a refresh of a golden will do: which calls are made again and how, what they will take, and which cannot be made.

Nothing is passed over in silence: a call that was chosen and cannot be made is listed with the reason.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from playhead.core.calls import key_bytes, key_text, request_fields
from playhead.core.canonical import encode
from playhead.core.evidence import Interaction
from playhead.core.fingerprint import fingerprint
from playhead.core.matching import Matching
from playhead.core.model import CompletionRequest
from playhead.core.secret_names import MASK
from playhead.dialects.sending import Unwritable, Wired, written
from playhead.errors import RecordingError, UsageError
from playhead.harness.comparing import question_of
from playhead.harness.comparison import Asked
from playhead.harness.golden_calls import can_be_asked
from playhead.harness.prices import Use, price_of, prices_known
from playhead.providers.conventions.table import convention_of
from playhead.providers.resending import why_not
from playhead.store.cassette import Cassette
from playhead.wire.exchange import Sent, read_sent

MIN_PREFIX = 4
"""Hexadecimal digits from which a word in a selection is taken for the beginning of a fingerprint."""

Place = tuple[bytes, int]


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """
    How calls can be made again.

    Attributes:
        providers: Providers for calls that were recorded at the provider seam, by the name in the golden.
        keys: References to keys for calls that were recorded over the wire, by the provider's name there; ``none``
            where a server wants none.
        allowed: Hosts that keys may go to, beside the vendors' own.
    """

    providers: Mapping[str, Any] = {}
    keys: Mapping[str, str] = {}
    allowed: tuple[str, ...] = ()


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """
    Which calls of a golden are meant; without anything, all.

    Attributes:
        only: Words, one of which a call must have: the beginning of its fingerprint, its provider, the model asked for
            or served, or a part of its question.
        older_than: Days since its recording that a call must have been there; one without a date is not.
        places: The calls themselves: those that a refresh before this one had chosen.
    """

    only: tuple[str, ...] = ()
    older_than: int | None = None
    places: frozenset[Place] | None = None

    def has(self, interaction: Interaction, *, today: datetime.date) -> bool:
        """Tell whether a call is meant."""
        if self.places is not None and place_of(interaction) not in self.places:
            return False
        if self.older_than is not None and not _older(interaction.recorded_on, self.older_than, today):
            return False
        return not self.only or any(_says(interaction, word) for word in self.only)


def _older(recorded_on: str | None, days: int, today: datetime.date) -> bool:
    if recorded_on is None:
        return False
    return datetime.date.fromisoformat(recorded_on) < today - datetime.timedelta(days=days)


def _says(interaction: Interaction, word: str) -> bool:
    lower = word.lower()
    if len(lower) >= MIN_PREFIX and interaction.fingerprint.startswith(lower):
        return True
    evidence = interaction.evidence
    if word in (interaction.provider, evidence.model_requested, evidence.model):
        return True
    return lower in encode(request_fields(_without_context(interaction.request))).decode().lower()


def _without_context(request: CompletionRequest) -> CompletionRequest:
    return msgspec.structs.replace(request, context={})


def place_of(interaction: Interaction) -> Place:
    """Give the place of a call in a cassette's index."""
    return bytes.fromhex(interaction.fingerprint)[:16], interaction.sequence


class Target(NamedTuple):
    """
    A call to be made again.

    Attributes:
        asked: The call.
        key: Its fingerprint, 32 bytes.
        request: The question, without its id: a provider must not take it for the call that it has answered.
        stream: Whether it is asked for in pieces.
        wired: The request over the wire, or ``None`` at the provider seam.
        use: The tokens that the golden's answer took; ``None`` where they are not known.
        price: Their price in US dollars today; ``None`` where it is not known.
        answered: Whether the staging cassette has an answer already, so that no way to make it is needed.
    """

    asked: Asked
    key: bytes
    request: CompletionRequest
    stream: bool
    wired: Wired | None
    use: Use | None
    price: Decimal | None
    answered: bool = False

    @property
    def place(self) -> Place:
        """Its place in the golden."""
        return self.key[:16], self.asked.take

    @property
    def tokens(self) -> int:
        """The tokens it will likely take; 0 where nothing is known."""
        return 0 if self.use is None else self.use.prompt_tokens + self.use.completion_tokens


class Left(NamedTuple):
    """
    A call that was chosen and cannot be made again.

    Attributes:
        asked: The call.
        reason: Why.
    """

    asked: Asked
    reason: str


class RefreshPlan(msgspec.Struct, frozen=True):
    """
    What a refresh will do.

    Attributes:
        golden: The golden's path.
        digest: Its evidence digest.
        calls: Calls in it.
        targets: Calls to make again, in order, those that an interrupted refresh has made too.
        left: Calls that were chosen and cannot be made.
    """

    golden: str
    digest: str
    calls: int
    targets: tuple[Target, ...]
    left: tuple[Left, ...]

    @property
    def waiting(self) -> tuple[Target, ...]:
        """Calls that have no answer yet."""
        return tuple(target for target in self.targets if not target.answered)

    @property
    def tokens(self) -> int:
        """Tokens that the golden's answers to the waiting calls took, as far as they are known."""
        return sum(target.tokens for target in self.waiting)

    @property
    def unknown(self) -> int:
        """Waiting calls of which no tokens are known."""
        return sum(target.use is None for target in self.waiting)

    @property
    def price(self) -> Decimal | None:
        """Their price in US dollars, as far as it is known; ``None`` where none is."""
        known = [target.price for target in self.waiting if target.price is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def unpriced(self) -> int:
        """Waiting calls without a known price."""
        return sum(target.price is None for target in self.waiting)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts that requests will go to over the wire."""
        found = {urlsplit(target.wired.url).netloc for target in self.waiting if target.wired is not None}
        return tuple(sorted(found))


def plan_refresh(
    golden: Cassette,
    ways: Ways,
    selection: Selection,
    *,
    today: datetime.date,
    answered: Mapping[bytes, int] | None = None,
) -> RefreshPlan:
    """
    Say what a refresh of a golden will do.

    Args:
        golden: The golden.
        ways: How calls can be made.
        selection: Which are meant.
        today: What ages are counted from.
        answered: How many answers the staging cassette has, by fingerprint (32 bytes).

    Raises:
        UsageError: No call is meant.
        CassetteError: The golden cannot be read.
    """
    rules = golden.matching()
    chosen = [interaction for interaction in golden if selection.has(interaction, today=today)]
    if not chosen:
        raise UsageError(
            f"no call of {str(golden.path)!r} is meant",
            hint="'playhead show' lists them; without --only and --older-than all are meant",
        )
    targets: list[Target] = []
    left: list[Left] = []
    there = dict(answered or {})
    for interaction in chosen:
        key = bytes.fromhex(interaction.fingerprint)
        staged = there.get(key, 0)
        there[key] = staged - 1
        found = _target(interaction, ways, rules, answered=staged > 0)
        if isinstance(found, Target):
            targets.append(found)
        else:
            left.append(Left(_asked(interaction), found))
    return RefreshPlan(str(golden.path), golden.digest, len(golden), tuple(targets), tuple(left))


def _asked(interaction: Interaction) -> Asked:
    request, key = interaction.request, interaction.fingerprint[:32]
    return Asked(key, interaction.sequence, interaction.provider, request.model or "", question_of(request))


def _target(interaction: Interaction, ways: Ways, rules: Matching, *, answered: bool) -> Target | str:
    """Give the call to make, or why it cannot be made."""
    request = msgspec.structs.replace(interaction.request, id="")
    found: tuple[bool, Wired | None] | str
    if answered:
        found = _is_streamed(interaction, request, rules), None
    elif MASK.encode() in encode(request_fields(_without_context(request))):
        return "a credential was taken out of its request"
    elif interaction.answer is None:
        found = _at_provider(interaction, request, ways, rules)
    else:
        found = _over_wire(interaction, ways, rules)
    if isinstance(found, str):
        return found
    stream, wired = found
    use = _use(interaction)
    return Target(
        asked=_asked(interaction),
        key=bytes.fromhex(interaction.fingerprint),
        request=request,
        stream=stream,
        wired=wired,
        use=use,
        price=None if use is None or not prices_known() else price_of(use),
        answered=answered,
    )


_OTHER_KEY = "its request would be matched as another one now: it was edited, or a credential was taken out of it"


def _at_provider(
    interaction: Interaction, request: CompletionRequest, ways: Ways, rules: Matching
) -> tuple[bool, Wired | None] | str:
    provider = ways.providers.get(interaction.provider)
    if provider is None:
        return f"there is no provider for {interaction.provider!r}"
    stream = _is_streamed(interaction, request, rules)
    if fingerprint(rules.settle(request).request, interaction.provider, stream=stream).hex != interaction.fingerprint:
        return _OTHER_KEY
    try:
        if can_be_asked(provider, convention_of(provider), stream=stream):
            return stream, None
    except UsageError as error:
        return error.message
    return f"its provider has no {'stream' if stream else 'complete'}(request)"


def _is_streamed(interaction: Interaction, request: CompletionRequest, rules: Matching) -> bool:
    """Tell by its key how a call was made: one that failed at once may look like neither."""
    settled = rules.settle(request).request
    return fingerprint(settled, interaction.provider, stream=True).hex == interaction.fingerprint


def _over_wire(interaction: Interaction, ways: Ways, rules: Matching) -> tuple[bool, Wired | None] | str:
    try:
        wired = written(interaction)
    except Unwritable as error:
        return str(error)
    reason = why_not(wired.url, interaction.provider, ways.keys, ways.allowed)
    if reason is not None:
        return reason
    parts = urlsplit(wired.url)
    read = read_sent(Sent(wired.method, wired.url, parts.path, parts.query, wired.body, wired.content_type))
    try:
        settled = rules.settle(read.request).request
        same = fingerprint(settled, read.provider).hex == interaction.fingerprint
    except RecordingError:
        same = False
    return (read.stream, wired) if same else _OTHER_KEY


def _use(interaction: Interaction) -> Use | None:
    evidence = interaction.evidence
    if not evidence.usage.reported:
        return None
    return Use(
        evidence.provider,
        evidence.model or evidence.model_requested or "",
        evidence.usage.prompt_tokens,
        evidence.usage.completion_tokens,
    )


def places_text(targets: Iterable[Target]) -> list[list[Any]]:
    """Give calls as they stand in a file: key and take."""
    return [[key_text(target.key), target.asked.take] for target in targets]


def places_from(found: Sequence[Sequence[Any]]) -> frozenset[Place]:
    """
    Read ``places_text`` back.

    Raises:
        ValueError: It is something else.
    """
    return frozenset(_places(found))


def _places(found: Sequence[Sequence[Any]]) -> Iterator[Place]:
    for pair in found:
        match pair:
            case [str(key), int(n)]:
                yield key_bytes(key)[:16], n
            case _:
                raise ValueError(f"{pair!r} is no call")


def by_provider(targets: Collection[Target]) -> list[tuple[str, bool, list[Target]]]:
    """Group calls by what makes them: provider and seam, in the order of the first of each."""
    groups: dict[tuple[str, bool], list[Target]] = {}
    for target in targets:
        groups.setdefault((target.asked.provider, target.wired is not None), []).append(target)
    return [(name, wire, group) for (name, wire), group in groups.items()]
