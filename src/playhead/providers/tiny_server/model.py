"""
Build the tiny model: a llama of two layers in the GGUF format, from a seed and nothing else.

The weights are random but for one thing. A token's class is written into a lane of the hidden state that no
layer overwrites, and the output head reads that lane through the table of :mod:`.language`. So the class of
the next token follows the table, while which word of the class it is depends on all the random rest, the
prompt included.

The bytes are the same on every machine and for every version of numpy: the noise comes from SHAKE-256, keyed
by the seed and the tensor's name, and each value is made of exactly rounded operations.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from playhead.providers.tiny_server.dependencies import BUILD_DEPENDENCIES, require_dependencies
from playhead.providers.tiny_server.language import WordClass, followers
from playhead.providers.tiny_server.settings import MODEL_NAME
from playhead.providers.tiny_server.template import CHAT_TEMPLATE
from playhead.providers.tiny_server.vocabulary import (
    END_OF_TEXT,
    TURN_END,
    TokenRole,
    Vocabulary,
    build_vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    Weights: TypeAlias = NDArray[np.float32]

LANES: Final = {word_class: lane for lane, word_class in enumerate(WordClass)}
"""Which component of the hidden state remembers each class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """
    The shape and the temper of the model.

    Attributes:
        width: Components of the hidden state; the first ``len(LANES)`` are lanes, the rest is noise.
        layers: Transformer blocks.
        heads: Attention heads, each of ``width // heads`` components.
        feed_forward: Components inside a block's feed-forward part.
        trained_context: Tokens the file claims to be trained for; the server takes fewer.
        lane_strength: The value a class has in its lane, where noise has a deviation of 1.
        hidden_rms: The root mean square of a final hidden state, measured at these values; the output head
            undoes the normalization by it, so that scores come out as the table has them.
        attention_focus: The deviation of queries and keys; above 1 a head looks at few tokens.
        attention_gain: The deviation of what attention adds; with the focus it makes the prompt matter.
        logit_noise: The deviation, in nats, of the choice between words of one class.
        forbidden: The share of a class the table does not name: out of reach, yet not for a grammar.
    """

    width: int = 64
    layers: int = 2
    heads: int = 4
    feed_forward: int = 128
    trained_context: int = 8192
    lane_strength: float = 6.0
    hidden_rms: float = 2.8
    attention_focus: float = 3.0
    attention_gain: float = 3.0
    logit_noise: float = 1.0
    forbidden: float = 1e-6


def write_model(path: Path, *, seed: int = 7, tool_calling: bool = False) -> Path:
    """
    Write the model to ``path``, all of it or nothing.

    Args:
        path: The file to write; its folder is made where it is missing.
        seed: Which of the random models to build. The same seed gives the same bytes.
        tool_calling: Build the variant that calls a tool whenever it is given one. The other variant calls
            one only when the request's ``tool_choice`` makes it.

    Returns:
        ``path``.

    Raises:
        MissingDependencyError: ``gguf`` or ``numpy`` is not installed.
    """
    require_dependencies(BUILD_DEPENDENCIES)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    unfinished = Path(name)
    try:
        _write_gguf(unfinished, Hyperparameters(), seed=seed, tool_calling=tool_calling)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _write_gguf(path: Path, shape: Hyperparameters, *, seed: int, tool_calling: bool) -> None:
    gguf = import_module("gguf")
    vocabulary = build_vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    try:
        _describe(writer, shape, vocabulary)
        for name, weights in _tensors(shape, vocabulary, seed=seed, tool_calling=tool_calling):
            writer.add_tensor(name, weights)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _describe(writer: Any, shape: Hyperparameters, vocabulary: Vocabulary) -> None:
    gguf = import_module("gguf")
    kinds = gguf.TokenType
    types = {
        TokenRole.TEXT: kinds.NORMAL,
        TokenRole.CONTROL: kinds.CONTROL,
        TokenRole.MARKER: kinds.USER_DEFINED,
    }
    writer.add_name(MODEL_NAME)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_context_length(shape.trained_context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    # Llama 3's splitter is the one under which a whole word in the vocabulary is a token without any merge.
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list([token.text for token in vocabulary.tokens])
    writer.add_token_types([types[token.role] for token in vocabulary.tokens])
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.id_of(END_OF_TEXT))
    writer.add_eos_token_id(vocabulary.id_of(TURN_END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _tensors(
    shape: Hyperparameters, vocabulary: Vocabulary, *, seed: int, tool_calling: bool
) -> Iterator[tuple[str, Weights]]:
    import numpy as np

    width, inner = shape.width, shape.feed_forward
    size = len(vocabulary.tokens)
    lanes = [LANES[token.word_class] for token in vocabulary.tokens]

    embedding = _noise("token_embd.weight", (size, width), seed=seed)
    embedding[:, : len(LANES)] = 0.0
    embedding[range(size), lanes] = shape.lane_strength
    yield "token_embd.weight", embedding

    unscaled = np.ones(width, np.float32)
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        yield f"{block}.attn_norm.weight", unscaled
        for part, gain in (("q", shape.attention_focus), ("k", shape.attention_focus), ("v", 1.0)):
            name = f"{block}.attn_{part}.weight"
            weights = _noise(name, (width, width), seed=seed, deviation=gain / math.sqrt(width))
            yield name, _ignoring_lanes(weights)
        name = f"{block}.attn_output.weight"
        gain = shape.attention_gain / math.sqrt(width)
        yield name, _sparing_lanes(_noise(name, (width, width), seed=seed, deviation=gain))
        yield f"{block}.ffn_norm.weight", unscaled
        for part in ("gate", "up"):
            name = f"{block}.ffn_{part}.weight"
            weights = _noise(name, (inner, width), seed=seed, deviation=1 / math.sqrt(width))
            yield name, _ignoring_lanes(weights)
        name = f"{block}.ffn_down.weight"
        yield name, _sparing_lanes(_noise(name, (width, inner), seed=seed, deviation=1 / math.sqrt(inner)))

    yield "output_norm.weight", unscaled
    head = _noise("output.weight", (size, width), seed=seed, deviation=shape.logit_noise / math.sqrt(width))
    head[:, : len(LANES)] = _class_scores(shape, vocabulary, tool_calling=tool_calling)
    yield "output.weight", head


def _noise(name: str, size: tuple[int, int], *, seed: int, deviation: float = 1.0) -> Weights:
    """Return uniform noise of mean 0 and the given deviation, fixed by ``seed`` and ``name``."""
    import numpy as np

    stream = hashlib.shake_256(f"playhead tiny model, seed {seed}, {name}".encode())
    drawn = np.frombuffer(stream.digest(4 * math.prod(size)), dtype="<u4").astype(np.float64)
    # A uniform variable on [-a, a) has the deviation a / sqrt(3).
    spread = deviation * math.sqrt(3)
    return ((drawn / 2**31 - 1.0) * spread).astype(np.float32).reshape(size)


def _ignoring_lanes(weights: Weights) -> Weights:
    weights[:, : len(LANES)] = 0.0
    return weights


def _sparing_lanes(weights: Weights) -> Weights:
    weights[: len(LANES)] = 0.0
    return weights


def _class_scores(shape: Hyperparameters, vocabulary: Vocabulary, *, tool_calling: bool) -> Weights:
    """
    Return the output head's part that reads the lanes: tokens x classes, the score of a token after a class.

    A class's share is spread evenly over its words. Scores are logarithms rounded to four places, so that no
    platform's last bit shows in the file.
    """
    import numpy as np

    table = followers(tool_calling=tool_calling)
    classes = [token.word_class for token in vocabulary.tokens]
    members = {word_class: classes.count(word_class) for word_class in WordClass}
    scale = shape.hidden_rms / shape.lane_strength
    scores = np.zeros((len(classes), len(LANES)), np.float32)
    for before, lane in LANES.items():
        shares = table[before]
        column = {
            after: round(math.log(shares.get(after, shape.forbidden) / members[after]) * scale, 4)
            for after in WordClass
        }
        scores[:, lane] = [column[after] for after in classes]
    return scores
