"""Computes the reference results of seeded GPT-2 models: writes test/fixtures/reference/seeded.json.

    /usr/bin/python3 test/reference/seeded_gpt2.py

Needs PyTorch and NumPy (Debian: python3-torch), and no code of this repository: it computes the same weights as
bench/fullSize/seededGpt2.ts; the forward pass is written from the papers' equations and runs in float64.
Letters: S tokens, C = n_embd, H = n_head, V = 50257.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

VOCABULARY = 50257
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

OUTLIERS = 4
OUTLIER_FACTOR = 20
INITIAL_DEVIATION = 0.02
GAIN_DEVIATION = 0.1


def main() -> None:
    torch.set_grad_enabled(False)
    cases = [dict(name=name, model=model, **reference(model, tokens, rows)) for name, model, tokens, rows in CASES]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    OUT.write_text(f"[\n{lines}\n]\n")


def reference(model: dict, tokens: int, rows: list[int]) -> dict:
    ids = [(464 + 7919 * i) % VOCABULARY for i in range(tokens)]
    logits = forward_pass(model, ids)
    return dict(ids=ids, positions=[position(logits[row], row, ids) for row in rows])


def position(logits: torch.Tensor, row: int, ids: list[int]) -> dict:
    log_sum_exp = torch.logsumexp(logits, 0)
    log_probs = logits - log_sum_exp
    top = torch.topk(logits, 5)
    score = {}
    if row + 1 < len(ids):
        target = ids[row + 1]
        score = dict(
            targetId=target,
            targetLogit=rounded(logits[target]),
            targetLogProb=rounded(log_probs[target]),
            targetRank=1 + int((logits > logits[target]).sum()),
        )
    return dict(
        row=row,
        topIds=top.indices.tolist(),
        topLogits=[rounded(logit) for logit in top.values],
        logSumExp=rounded(log_sum_exp),
        entropyNats=rounded(-(log_probs.exp() * log_probs).sum()),
        **score,
    )


def rounded(value: torch.Tensor) -> float:
    return round(float(value), 7)


def forward_pass(model: dict, ids: list[int]) -> torch.Tensor:
    """Logits [S, V] in float64 (Radford et al. 2019; Vaswani et al. 2017, eq. 1)."""
    config = model["config"]
    C, H = config["n_embd"], config["n_head"]
    I = config.get("n_inner", 4 * C)
    V, N = config["vocab_size"], config["n_positions"]
    epsilon = config.get("layer_norm_epsilon", 1e-5)

    def bias(name: str, size: int) -> torch.Tensor:
        return torch.zeros(size, dtype=torch.float64) if "biases" in model else weight(model, f"{name}.bias", [size])

    def linear(name: str, x: torch.Tensor, outputs: int) -> torch.Tensor:
        return x @ weight(model, f"{name}.weight", [x.shape[-1], outputs]) + bias(name, outputs)

    def layer_norm(name: str, x: torch.Tensor) -> torch.Tensor:
        centred = x - x.mean(-1, keepdim=True)
        normed = centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + epsilon)
        return normed * weight(model, f"{name}.weight", [C]) + bias(name, C)

    def attention(i: int, x: torch.Tensor) -> torch.Tensor:
        q, k, v = linear(f"h.{i}.attn.c_attn", x, 3 * C).view(len(ids), 3, H, C // H).permute(1, 2, 0, 3)
        scores = q @ k.transpose(1, 2) / math.sqrt(C / H)
        if config.get("scale_attn_by_inverse_layer_idx"):
            scores = scores / (i + 1)
        future = torch.triu(torch.ones(len(ids), len(ids), dtype=torch.bool), 1)
        mixed = torch.softmax(scores.masked_fill(future, -math.inf), -1) @ v
        return linear(f"h.{i}.attn.c_proj", mixed.transpose(0, 1).reshape(len(ids), C), C)

    activation = ACTIVATIONS[config.get("activation_function", "gelu_new")]
    wte = weight(model, "wte.weight", [V, C])
    x = wte[ids] + weight(model, "wpe.weight", [N, C])[: len(ids)]
    for i in range(config["n_layer"]):
        x = x + attention(i, layer_norm(f"h.{i}.ln_1", x))
        x = x + linear(f"h.{i}.mlp.c_proj", activation(linear(f"h.{i}.mlp.c_fc", layer_norm(f"h.{i}.ln_2", x), I)), C)
    head = wte if config.get("tie_word_embeddings", True) else weight(model, "lm_head.weight", [V, C])
    return layer_norm("ln_f", x) @ head[:VOCABULARY].T


# Hendrycks and Gimpel 2016: GELU and its tanh form.
ACTIVATIONS = {
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "relu": lambda x: x.clamp(min=0),
}


def weight(model: dict, name: str, shape: list[int]) -> torch.Tensor:
    """The tensor as it is stored, in GPT-2's own layout, widened to float64."""
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
