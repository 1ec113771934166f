"""Computes the reference results of comparing two models: writes test/fixtures/reference/compare.json.

    npm run fixtures -- compare

Needs PyTorch and NumPy (Debian: python3-torch). Both models are computed in float64 with the forward pass of gpt2.py.
"""

import json
import math
from pathlib import Path

import torch

from gpt2 import hidden_states, logits_of, rounded
from mini_gpt2 import MODEL, read_safetensors
from seeded_gpt2 import VOCABULARY, seeded_weight, small

OUT = Path(__file__).parent.parent / "fixtures" / "reference" / "compare.json"
START_TOKEN = 50256
DIGITS = 6

# name, the shown model, the baseline: changes of the embedded model's configuration, or arguments of writeSeededGpt2
MINI_CASES = [("mini against itself", {}, {}), ("mini against mini with ReLU", {}, dict(activation_function="relu"))]
SEEDED_CASES = [
    ("gelu_new against ReLU", small(), small(dict(activation_function="relu"))),
    ("more layers against fewer", small(), small(dict(n_layer=2))),
]
TOKENS = 40


def main() -> None:
    cases = [*mini_cases(), *seeded_cases()]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    OUT.write_bytes(f"[\n{lines}\n]\n".encode())


def mini_cases():
    config = json.loads((MODEL / "config.json").read_text(encoding="utf8"))
    tensors = read_safetensors(MODEL / "model.safetensors")
    texts = json.loads((OUT.parent / "texts.json").read_text(encoding="utf8"))
    ids = texts[0]["ids"][:TOKENS]
    weight = lambda name, shape: tensors[name].reshape(shape)
    for name, ours, theirs in MINI_CASES:
        p, q = (log_probs(config | change, weight, ids) for change in (ours, theirs))
        yield dict(name=name, mini=dict(shown=ours, baseline=theirs), ids=ids, rows=compare(p, q, ids))


def seeded_cases():
    ids = [(464 + 7919 * i) % VOCABULARY for i in range(TOKENS)]
    for name, ours, theirs in SEEDED_CASES:
        p, q = (
            log_probs(model["config"], lambda name, shape: seeded_weight(model, name, shape), ids)
            for model in (ours, theirs)
        )
        yield dict(name=name, seeded=dict(shown=ours, baseline=theirs), ids=ids, rows=compare(p, q, ids))


def log_probs(config: dict, weight, ids: list[int]) -> torch.Tensor:
    return logits_of(config, weight, hidden_states(config, weight, ids)[-1]).log_softmax(-1)


def compare(p: torch.Tensor, q: torch.Tensor, ids: list[int]) -> list[dict]:
    """Row i judges ids[i + 1]. KL(q ‖ p), and the Jensen–Shannon divergence (Lin 1991), in nats."""
    rows = []
    for i, target in enumerate(ids[1:]):
        mix = torch.logaddexp(p[i], q[i]) - math.log(2)
        kl = lambda a, b: (a.exp() * (a - b)).sum()
        rows.append(
            dict(
                logProb=rounded(p[i, target], DIGITS),
                baselineLogProb=rounded(q[i, target], DIGITS),
                kl=rounded(kl(q[i], p[i]), DIGITS),
                js=rounded((kl(p[i], mix) + kl(q[i], mix)) / 2, DIGITS),
                sameTop=bool(p[i].argmax() == q[i].argmax()),
            )
        )
    return rows


if __name__ == "__main__":
    main()
