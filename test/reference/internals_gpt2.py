"""Computes the reference results of logit lens, direct logit attribution and attention knockout: writes
test/fixtures/reference/internals.json.

    npm run fixtures -- internals

Needs PyTorch and NumPy (Debian: python3-torch). The forward pass runs in float64, straight from the formulas, so the file
is the same on every machine. S tokens, C = n_embd, H = n_head, D = C / H, V = 50257, L = n_layer.
"""

import json
import math
from pathlib import Path

import torch

from gpt2 import ACTIVATIONS, VOCABULARY, Weight, layer_norm, rounded
from mini_gpt2 import MODEL, read_safetensors
from seeded_gpt2 import seeded_weight, small

OUT = Path(__file__).parent.parent / "fixtures" / "reference" / "internals.json"

DIGITS = 6
TOP_K = 5
START = 50256
ENGLISH = [START, 464, 3303, 2746, 1182, 318, 257, 1310, 1588, 11, 475, 340, 2499, 13]
SEEDED = [(464 + 7919 * i) % VOCABULARY for i in range(20)]

# name, argument of writeSeededGpt2 (None: the embedded model), ids, attributed rows, knocked-out positions
CASES = [
    ("mini", None, ENGLISH, [0, 5, 13], [0, 3]),
    ("mini without start token", None, ENGLISH[1:], [12], [2]),
    ("Linear layout without biases", small(layout="Linear", biases="absent"), SEEDED, [0, 19], [4, 11]),
    (
        "scaled by layer with its own head",
        small(dict(scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False)),
        SEEDED,
        [7, 19],
        [1],
    ),
]


def main() -> None:
    tensors = read_safetensors(MODEL / "model.safetensors")
    mini = json.loads((MODEL / "config.json").read_text(encoding="utf8"))
    cases = []
    for name, model, ids, rows, knocked_out in CASES:
        config = mini if model is None else model["config"]
        weight = (
            (lambda name, shape: tensors[name].reshape(shape))
            if model is None
            else cached(lambda name, shape, model=model: seeded_weight(model, name, shape))
        )
        gpt2 = Gpt2(config, weight)
        cases.append(
            dict(
                name=name,
                **({} if model is None else dict(model=model)),
                ids=ids,
                lens=lens(gpt2, ids),
                attributions=[
                    attribution(gpt2, ids[: row + 1], token, contrast)
                    for row in rows
                    for token, contrast in [(11, dict(kind="token", tokenId=13)), (257, dict(kind="mean")), (0, dict(kind="nothing"))]
                ],
                knockout=knockout(gpt2, ids, knocked_out),
            )
        )
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    OUT.write_bytes(f"[\n{lines}\n]\n".encode())


def cached(weight: Weight) -> Weight:
    known: dict[str, torch.Tensor] = {}

    def get(name: str, shape: list[int]) -> torch.Tensor:
        if name not in known:
            known[name] = weight(name, shape)
        return known[name]

    return get


class Gpt2:
    def __init__(self, config: dict, weight: Weight):
        self.config, self.weight = config, weight
        self.C, self.H, self.L = config["n_embd"], config["n_head"], config["n_layer"]
        self.wte = weight("wte.weight", [config.get("vocab_size", VOCABULARY), self.C])[:VOCABULARY]
        tied = config.get("tie_word_embeddings", True)
        self.U = self.wte if tied else weight("lm_head.weight", [config["vocab_size"], self.C])[:VOCABULARY]

    def linear(self, name: str, x: torch.Tensor, outputs: int) -> torch.Tensor:
        return x @ self.weight(f"{name}.weight", [x.shape[-1], outputs]) + self.weight(f"{name}.bias", [outputs])

    def run(self, ids: list[int], knocked_out: list[int] = []) -> tuple[list[torch.Tensor], list[dict]]:
        """The residual stream [L + 1][S, C], and of each layer attn, mlp [S, C], a [H, S, S] and v [H, S, D]."""
        C, H, S = self.C, self.H, len(ids)
        mask = torch.full((S, S), -math.inf, dtype=torch.float64).triu(1)
        for position in knocked_out:
            mask[position + 1 :, position] = -math.inf
        x = self.wte[ids] + self.weight("wpe.weight", [self.config["n_positions"], C])[:S]
        streams, parts = [x], []
        for i in range(self.L):
            normed = layer_norm(self.config, self.weight, f"h.{i}.ln_1", x)
            q, k, v = self.linear(f"h.{i}.attn.c_attn", normed, 3 * C).view(S, 3, H, C // H).permute(1, 2, 0, 3)
            scores = q @ k.transpose(1, 2) / math.sqrt(C / H)
            if self.config.get("scale_attn_by_inverse_layer_idx"):
                scores = scores / (i + 1)
            a = torch.softmax(scores + mask, -1)
            attn = self.linear(f"h.{i}.attn.c_proj", (a @ v).transpose(0, 1).reshape(S, C), C)
            x = x + attn
            inner = self.config.get("n_inner") or 4 * C
            hidden = self.linear(f"h.{i}.mlp.c_fc", layer_norm(self.config, self.weight, f"h.{i}.ln_2", x), inner)
            mlp = self.linear(f"h.{i}.mlp.c_proj", ACTIVATIONS[self.config.get("activation_function", "gelu_new")](hidden), C)
            x = x + mlp
            streams.append(x)
            parts.append(dict(attn=attn, mlp=mlp, a=a, v=v))
        return streams, parts

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        return layer_norm(self.config, self.weight, "ln_f", x) @ self.U.T


def lens(gpt2: Gpt2, ids: list[int]) -> list[list[dict]]:
    """Rows of layers: embeddings, h.0 … h.{L-1}; the last is the model's output."""
    layers = [gpt2.logits(x).log_softmax(-1) for x in gpt2.run(ids)[0]]
    final = layers[-1]
    return [
        [lens_layer(log_probs[row], final[row], ids[row + 1] if row + 1 < len(ids) else None) for log_probs in layers]
        for row in range(len(ids))
    ]


def lens_layer(log_probs: torch.Tensor, final: torch.Tensor, target: int | None) -> dict:
    top = torch.topk(log_probs, TOP_K)
    found = dict(
        topIds=top.indices.tolist(),
        topLogProbs=[rounded(value, DIGITS) for value in top.values],
        entropyNats=rounded(-(log_probs.exp() * log_probs).sum(), DIGITS),
        kl=rounded((final.exp() * (final - log_probs)).sum(), DIGITS),
    )
    if target is None:
        return found
    return found | dict(
        targetLogProb=rounded(log_probs[target], DIGITS),
        targetRank=int((log_probs > log_probs[target]).sum()) + 1,
    )


def attribution(gpt2: Gpt2, ids: list[int], token: int, contrast: dict) -> dict:
    """Parts of a logit of the last row: f(c) = Σ γ ⊙ u · (c − mean(c)) / σ for each component c of the stream."""
    C, H = gpt2.C, gpt2.H
    weight = gpt2.weight
    streams, parts = gpt2.run(ids)
    row = len(ids) - 1
    level = {"token": lambda: gpt2.U[contrast.get("tokenId")], "mean": lambda: gpt2.U.mean(0), "nothing": lambda: 0}
    u = gpt2.U[token] - level[contrast["kind"]]()
    x = streams[-1][row]
    sigma = torch.sqrt(x.var(unbiased=False) + gpt2.config.get("layer_norm_epsilon", 1e-5))
    direction = weight("ln_f.weight", [C]) * u

    def along(c: torch.Tensor) -> torch.Tensor:
        return (direction * (c - c.mean(-1, keepdim=True))).sum(-1) / sigma

    blocks = []
    for i, part in enumerate(parts):
        output = weight(f"h.{i}.attn.c_proj.weight", [C, C]).view(H, C // H, C)
        value_bias = weight(f"h.{i}.attn.c_attn.bias", [3 * C])[2 * C :].view(H, 1, C // H)
        added = part["a"][:, row, :, None] * (part["v"] - value_bias) @ output
        biases = weight(f"h.{i}.attn.c_proj.bias", [C]) + (value_bias @ output).sum((0, 1))
        blocks.append(
            dict(
                attention=rounded(along(part["attn"][row]), DIGITS),
                bias=rounded(along(biases), DIGITS),
                sources=[[rounded(value, DIGITS) for value in head] for head in along(added)],
                mlp=rounded(along(part["mlp"][row]), DIGITS),
            )
        )
    z = gpt2.logits(x[None])[0]
    level = {"token": lambda: z[contrast.get("tokenId")], "mean": lambda: z.mean(), "nothing": lambda: 0}
    found = dict(
        tokenId=token,
        contrast=contrast,
        ids=ids,
        total=rounded(z[token] - level[contrast["kind"]](), DIGITS),
        wte=rounded(along(gpt2.wte[ids[row]]), DIGITS),
        wpe=rounded(along(weight("wpe.weight", [gpt2.config["n_positions"], C])[row]), DIGITS),
        lnF=rounded((u * weight("ln_f.bias", [C])).sum(), DIGITS),
        blocks=blocks,
    )
    total = found["wte"] + found["wpe"] + found["lnF"] + sum(b["attention"] + b["mlp"] for b in blocks)
    assert abs(total - found["total"]) < 1e-4, "the parts do not add up"
    return found


def knockout(gpt2: Gpt2, ids: list[int], positions: list[int]) -> dict:
    """Log-probabilities of the next tokens, if no later position attends to these; and of the last row's top tokens."""
    log_probs = gpt2.logits(gpt2.run(ids, positions)[0][-1]).log_softmax(-1)
    return dict(
        positions=positions,
        targetLogProbs=[rounded(log_probs[row, ids[row + 1]], DIGITS) for row in range(len(ids) - 1)],
        entropyNats=[rounded(-(p.exp() * p).sum(), DIGITS) for p in log_probs],
    )


if __name__ == "__main__":
    main()
