"""One call of 2 KB in plain prose, for the file of one call that most cassettes are."""

from __future__ import annotations

from benchmarks.workloads.calls import Call, Calls, seeded
from benchmarks.workloads.chat import MODEL
from benchmarks.workloads.wire import chat_exchange
from playhead import Completion, CompletionRequest, Usage

_SYSTEM = (
    "You help the volunteers of a small botanical garden. Keep to what is known about the plant in question, use the "
    "metric system, and point out anything that is poisonous to children or pets."
)
_QUESTION = (
    "Our oleander stood outside until last week and the first night frost caught it. Half of the leaves hang limp and "
    "have brown edges now. Should I cut it back straight away, and where do I put it for the winter? We have an "
    "unheated glasshouse that stays just above freezing, and a stairwell that is dark but around 12 degrees."
)
_ANSWER = (
    "One light frost rarely kills an oleander, so do not cut it back yet. Leave the damaged leaves until spring: they "
    "still protect the wood below, and only new growth will show how far the frost reached. Remove nothing but shoots "
    "that have turned soft.\n\n"
    "The glasshouse is the better place. Oleanders rest well between 2 and 10 degrees as long as they get light; in "
    "the dark stairwell at 12 degrees the plant would go on growing, with long weak shoots and, before long, scale "
    "insects. Water it about every three weeks, only enough that the root ball does not dry out, and open the "
    "glasshouse on mild days so that mould does not settle.\n\n"
    "From mid-March bring it into the sun, shorten frosted branches to the first healthy bud, and start feeding once "
    "the buds open.\n\n"
    "Please remember that every part of the plant is poisonous, the sap included. Wear gloves when you cut it, keep "
    "the cuttings away from children and pets, and do not burn them."
)


def single_call() -> Calls:
    """Give the one call."""
    request = CompletionRequest(
        messages=({"role": "system", "content": _SYSTEM}, {"role": "user", "content": _QUESTION}),
        model=MODEL,
        temperature=0.2,
    )
    completion = Completion(_ANSWER, model=MODEL, usage=Usage(141, 263, 404), finish_reason="stop")
    return Calls(1, lambda _: Call(request, completion, lambda: chat_exchange(request, completion, seeded(41))))
