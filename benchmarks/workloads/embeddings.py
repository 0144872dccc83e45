"""
Calls for embeddings: four texts of 300 characters, four vectors of 768 numbers; over the wire, one text and one vector
of 1,536 numbers in single precision, printed as doubles, as OpenAI's servers do.
"""

from __future__ import annotations

from benchmarks.workloads.calls import Call, Calls, seeded
from benchmarks.workloads.wire import embedding_exchange
from playhead import Completion, CompletionRequest, Family, Usage

_TEXTS, _LENGTH, _DIMENSIONS, _LONG = 4, 300, 768, 1_536
_MODEL = "text-embedding-3-small"


def embedding_call(index: int) -> Call:
    """Make a call for embeddings."""
    writer = seeded(31, index)
    texts = [writer.paragraphs(_LENGTH) for _ in range(_TEXTS)]
    vectors = [writer.vector(_DIMENSIONS) for _ in range(_TEXTS)]
    tokens = sum(map(len, texts)) // 4
    request = CompletionRequest(
        model=_MODEL, params={"input": texts, "encoding_format": "float"}, family=Family.EMBEDDING
    )
    output = tuple(tuple(vector) for vector in vectors)
    completion = Completion(model=_MODEL, usage=Usage(tokens, 0, tokens), output=output)
    return Call(request, completion, lambda: embedding_exchange(texts, vectors, completion, seeded(32, index)))


def embedding_calls(n: int) -> Calls:
    """Give ``n`` calls for embeddings."""
    return Calls(n, embedding_call)


def wire_embedding_call(index: int) -> Call:
    """Make a call for one long vector."""
    writer = seeded(33, index)
    text = writer.paragraphs(_LENGTH)
    vector = writer.widened(_LONG)
    request = CompletionRequest(
        model=_MODEL, params={"input": [text], "encoding_format": "float"}, family=Family.EMBEDDING
    )
    completion = Completion(model=_MODEL, usage=Usage(len(text) // 4, 0, len(text) // 4), output=(tuple(vector),))
    return Call(request, completion, lambda: embedding_exchange([text], [vector], completion, seeded(34, index)))


def wire_embedding_calls(n: int) -> Calls:
    """Give ``n`` calls for one long vector each."""
    return Calls(n, wire_embedding_call)
