"""The tiny model's file."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from playhead.providers.tiny_server import MODEL_NAME, write_model
from playhead.providers.tiny_server import model as model_module
from playhead.providers.tiny_server.language import FOLLOWERS, WordClass
from playhead.providers.tiny_server.model import LANES, Hyperparameters
from playhead.providers.tiny_server.template import CHAT_TEMPLATE
from playhead.providers.tiny_server.vocabulary import build_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

np: Any = pytest.importorskip("numpy", reason="numpy is not installed (extra demo)")
gguf: Any = pytest.importorskip("gguf", reason="gguf is not installed (extra demo)")

BUILD_AND_HASH = """
import hashlib, sys
from pathlib import Path
from playhead.providers.tiny_server import write_model
path = write_model(Path(sys.argv[1]), tool_calling=True)
print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_the_model_is_under_a_megabyte(tmp_path: Path) -> None:
    """The file is small enough to be built at every start."""
    assert 100_000 < write_model(tmp_path / "model.gguf").stat().st_size < 1_000_000


def test_two_processes_build_the_same_bytes(tmp_path: Path) -> None:
    """Whatever order a process hashes strings in, the same seed gives the same file."""
    digests = set()
    for number in (0, 1):
        done = subprocess.run(
            [sys.executable, "-c", BUILD_AND_HASH, str(tmp_path / f"{number}.gguf")],
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout.strip())
    here = write_model(tmp_path / "here.gguf", tool_calling=True).read_bytes()
    assert digests == {hashlib.sha256(here).hexdigest()}


def test_the_noise_is_pinned_for_every_machine_and_version() -> None:
    """The weights of a seed are the ones they always were: on another machine, with another numpy."""
    noise = model_module._noise("token_embd.weight", (3, 5), seed=7)
    assert hashlib.sha256(noise.astype("<f4").tobytes()).hexdigest()[:16] == "619d6de00be3c7fb"


def test_noise_has_the_mean_and_deviation_asked_for() -> None:
    """The weights are centred on zero and as wide as their layer needs."""
    noise = model_module._noise("any", (200, 200), seed=1, deviation=0.25)
    assert abs(float(noise.mean())) < 0.01
    assert float(noise.std()) == pytest.approx(0.25, rel=0.02)


def test_another_seed_or_variant_is_another_model(tmp_path: Path) -> None:
    """The seed and the variant are in the weights."""
    files = {
        write_model(tmp_path / "model.gguf").read_bytes(),
        write_model(tmp_path / "model.gguf", seed=8).read_bytes(),
        write_model(tmp_path / "model.gguf", tool_calling=True).read_bytes(),
    }
    assert len(files) == 3


def test_the_file_is_a_gguf_that_reads_back(tmp_path: Path) -> None:
    """An independent reader finds the name, the template, the vocabulary and finite weights."""
    reader = gguf.GGUFReader(write_model(tmp_path / "model.gguf"))
    tokens = build_vocabulary().tokens
    assert reader.get_field("general.architecture").contents() == "llama"
    assert reader.get_field("general.name").contents() == MODEL_NAME
    assert reader.get_field("tokenizer.chat_template").contents() == CHAT_TEMPLATE
    assert reader.get_field("tokenizer.ggml.tokens").contents() == [token.text for token in tokens]
    assert all(np.isfinite(tensor.data).all() for tensor in reader.tensors)
    shapes = {tensor.name: tensor.data.shape for tensor in reader.tensors}
    width = Hyperparameters().width
    assert shapes["token_embd.weight"] == shapes["output.weight"] == (len(tokens), width)


def test_no_layer_reads_or_writes_the_lanes(tmp_path: Path) -> None:
    """A token's class passes through every layer unchanged, or sentences would fall apart."""
    reader = gguf.GGUFReader(write_model(tmp_path / "model.gguf"))
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    lanes = len(LANES)
    for name, weights in tensors.items():
        if name.endswith(("attn_output.weight", "ffn_down.weight")):
            assert not weights[:lanes].any(), name
        elif name.startswith("blk.") and "norm" not in name:
            assert not weights[:, :lanes].any(), name
            assert weights[:, lanes:].any(), name


@pytest.mark.parametrize("before", [WordClass.OBJECT, WordClass.SUBJECT, WordClass.STOP, WordClass.QUOTE])
def test_scores_give_each_class_its_share(before: WordClass) -> None:
    """Read back through the softmax, the output head follows the table of followers."""
    shape, vocabulary = Hyperparameters(), build_vocabulary()
    scores = model_module._class_scores(shape, vocabulary, tool_calling=False)
    logits = scores[:, LANES[before]] * shape.lane_strength / shape.hidden_rms
    chances = dict.fromkeys(WordClass, 0.0)
    for token, logit in zip(vocabulary.tokens, logits, strict=True):
        chances[token.word_class] += math.exp(float(logit))
    for after, share in FOLLOWERS[before].items():
        assert chances[after] == pytest.approx(share, rel=0.01)


def test_a_failed_build_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that breaks half way replaces nothing and leaves no part of itself behind."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"the old one")

    def break_half_way(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("disk full")

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", break_half_way)
    with pytest.raises(RuntimeError, match="disk full"):
        write_model(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.gguf"]
    assert path.read_bytes() == b"the old one"
