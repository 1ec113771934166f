"""Computes the reference results of seeded GPT-2 models: writes test/fixtures/reference/seeded.json.

    npm run fixtures -- seeded

Needs PyTorch and NumPy (Debian: python3-torch). It computes the same weights as bench/fullSize/seededGpt2.ts
independently. The forward pass runs in float64, so the file is the same on every machine.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

from gpt2 import VOCABULARY, hidden_states, logits_of, position

OUT = Path(__file__).parent.parent / "fixtures" / "reference" / "seeded.json"

GPT2_124M = dict(model_type="gpt2", n_layer=12, n_head=12, n_embd=768, n_positions=1024, vocab_size=VOCABULARY)
SMALL = dict(model_type="gpt2", n_layer=3, n_head=4, n_embd=64, n_positions=128, vocab_size=VOCABULARY)


def small(config: dict = {}, **options: object) -> dict:
    """A small model whose weights are so large that attention, activation and layer norm each affect the logits."""
    return dict(config=SMALL | config, deviation=0.2) | dict(type="F32") | options


# name, argument of writeSeededGpt2, number of tokens, positions that are written to the file
CASES = [
    ("124M", dict(config=GPT2_124M, type="F32"), 96, [0, 1, 31, 63, 64, 95]),
    ("small", small(), 80, [0, 7, 63, 64, 79]),
    ("outlier channels", small(outliers=True), 24, [0, 11, 23]),
    ("n_inner", small(dict(n_inner=100)), 24, [0, 11, 23]),
    ("untied head", small(dict(tie_word_embeddings=False)), 24, [0, 11, 23]),
    ("inverse layer scaling", small(dict(scale_attn_by_inverse_layer_idx=True)), 24, [0, 11, 23]),
    ("layer_norm_epsilon", small(dict(layer_norm_epsilon=1e-2)), 24, [0, 11, 23]),
    ("gelu", small(dict(activation_function="gelu")), 24, [0, 11, 23]),
    ("relu", small(dict(activation_function="relu")), 24, [0, 11, 23]),
    ("F16", small(type="F16"), 24, [0, 11, 23]),
    ("BF16", small(type="BF16"), 24, [0, 11, 23]),
    ("sharded", small(shardBytes=1_000_000), 24, [0, 11, 23]),
    ("Linear layout", small(layout="Linear"), 24, [0, 11, 23]),
    ("no biases", small(biases="absent"), 24, [0, 11, 23]),
    ("padded vocabulary", small(dict(vocab_size=50304)), 24, [0, 11, 23]),
    (
        "a student with all of it",
        small(
            dict(n_inner=100, activation_function="gelu", vocab_size=50304, tie_word_embeddings=False),
            type="BF16",
            layout="Linear",
            biases="absent",
            shardBytes=2_000_000,
        ),
        24,
        [0, 11, 23],
    ),
]

TOP_K = 5
DIGITS = 7

OUTLIERS = 4
OUTLIER_FACTOR = 20
INITIAL_DEVIATION = 0.02
GAIN_DEVIATION = 0.1


def main() -> None:
    cases = [dict(name=name, model=model, **reference(model, tokens, rows)) for name, model, tokens, rows in CASES]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    OUT.write_bytes(f"[\n{lines}\n]\n".encode())


def reference(model: dict, tokens: int, rows: list[int]) -> dict:
    config = model["config"]
    ids = [(464 + 7919 * i) % VOCABULARY for i in range(tokens)]
    targets = [*ids[1:], None]
    weight = lambda name, shape: seeded_weight(model, name, shape)
    logits = logits_of(config, weight, hidden_states(config, weight, ids)[-1])
    described = [dict(row=row) | position(logits[row], targets[row], TOP_K, DIGITS, DIGITS) for row in rows]
    return dict(ids=ids, positions=described)


def seeded_weight(model: dict, name: str, shape: list[int]) -> torch.Tensor:
    """The tensor with its stored values, in GPT-2's own layout, widened to float64. Absent biases are zeros."""
    if name.endswith(".bias") and "biases" in model:
        return torch.zeros(shape, dtype=torch.float64)
    values = seeded_values(name, math.prod(shape))
    C, layers = model["config"]["n_embd"], model["config"]["n_layer"]
    if name.endswith(".weight") and ".ln_" in f".{name}":
        values = 1 + values * GAIN_DEVIATION
    else:
        deviation = model.get("deviation", INITIAL_DEVIATION)
        if name.endswith(".c_proj.weight"):
            deviation = deviation / math.sqrt(2 * layers)
        deviations = np.full(C, deviation)
        if "outliers" in model:
            deviations[[(2 * k + 1) * C // (2 * OUTLIERS) for k in range(OUTLIERS)]] = OUTLIER_FACTOR * deviation
        has_stream_columns = name == "wpe.weight" or ".c_proj." in name
        values = values.reshape(-1, C) * deviations if has_stream_columns else values * deviation
    stored = torch.from_numpy(values.astype(np.float32)).to(TYPES[model["type"]])
    return stored.reshape(shape).to(torch.float64)


TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def seeded_values(name: str, length: int) -> np.ndarray:
    """The pseudo-random numbers of bench/fullSize/seededValues.ts."""
    key = mix(np.array([fnv1a(name)], dtype=np.uint32))
    bits = mix(mix(np.arange(length, dtype=np.uint32)) ^ key)
    total = (bits & 0x3FF).astype(np.float64) + ((bits >> 10) & 0x3FF) + ((bits >> 20) & 0x3FF)
    return (total - 1534.5) / 512


def mix(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def fnv1a(name: str) -> int:
    hash = 0x811C9DC5
    for byte in name.encode():
        hash = (hash ^ byte) * 0x01000193 & 0xFFFFFFFF
    return hash


if __name__ == "__main__":
    main()
