"""GPT-2's forward pass in float64, written from the papers' equations; it shares nothing with the product.

S tokens, C = n_embd, H = n_head, V = 50257. `weight(name, shape)` gives a tensor in GPT-2's own layout, as float64.
"""

import math
from typing import Callable

import torch

VOCABULARY = 50257

Weight = Callable[[str, list[int]], torch.Tensor]

# The results must not depend on the number of cores: another order of additions could change a rounded digit.
torch.set_num_threads(1)
torch.set_grad_enabled(False)


def hidden_states(config: dict, weight: Weight, ids: list[int]) -> list[torch.Tensor]:
    """The residual stream [S, C] before block 0 and after each block (Radford et al. 2019; Vaswani et al. 2017, eq. 1)."""
    C, H = config["n_embd"], config["n_head"]
    I = config.get("n_inner") or 4 * C

    def linear(name: str, x: torch.Tensor, outputs: int) -> torch.Tensor:
        return x @ weight(f"{name}.weight", [x.shape[-1], outputs]) + weight(f"{name}.bias", [outputs])

    def attention(i: int, x: torch.Tensor) -> torch.Tensor:
        q, k, v = linear(f"h.{i}.attn.c_attn", x, 3 * C).view(len(ids), 3, H, C // H).permute(1, 2, 0, 3)
        scores = q @ k.transpose(1, 2) / math.sqrt(C / H)
        if config.get("scale_attn_by_inverse_layer_idx"):
            scores = scores / (i + 1)
        future = torch.triu(torch.ones(len(ids), len(ids), dtype=torch.bool), 1)
        mixed = torch.softmax(scores.masked_fill(future, -math.inf), -1) @ v
        return linear(f"h.{i}.attn.c_proj", mixed.transpose(0, 1).reshape(len(ids), C), C)

    activation = ACTIVATIONS[config.get("activation_function", "gelu_new")]
    wte = weight("wte.weight", [config["vocab_size"], C])
    x = wte[ids] + weight("wpe.weight", [config["n_positions"], C])[: len(ids)]
    states = [x]
    for i in range(config["n_layer"]):
        x = x + attention(i, layer_norm(config, weight, f"h.{i}.ln_1", x))
        hidden = activation(linear(f"h.{i}.mlp.c_fc", layer_norm(config, weight, f"h.{i}.ln_2", x), I))
        x = x + linear(f"h.{i}.mlp.c_proj", hidden, C)
        states.append(x)
    return states


def logits_of(config: dict, weight: Weight, x: torch.Tensor) -> torch.Tensor:
    """ln_f and the LM head: [S, C] → [S, V]."""
    head = "wte.weight" if config.get("tie_word_embeddings", True) else "lm_head.weight"
    matrix = weight(head, [config["vocab_size"], config["n_embd"]])
    return layer_norm(config, weight, "ln_f", x) @ matrix[:VOCABULARY].T


def layer_norm(config: dict, weight: Weight, name: str, x: torch.Tensor) -> torch.Tensor:
    C = config["n_embd"]
    centred = x - x.mean(-1, keepdim=True)
    normed = centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + config.get("layer_norm_epsilon", 1e-5))
    return normed * weight(f"{name}.weight", [C]) + weight(f"{name}.bias", [C])


# Hendrycks and Gimpel 2016: GELU and its tanh form.
ACTIVATIONS = {
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "relu": lambda x: x.clamp(min=0),
}


def position(logits: torch.Tensor, target: int | None, k: int, digits: int, logit_digits: int) -> dict:
    """A fixture's entry for one row of logits [V], and for the token that follows, if there is one."""
    log_sum_exp = torch.logsumexp(logits, 0)
    log_probs = logits - log_sum_exp
    top = torch.topk(logits, k)
    described = dict(
        topIds=top.indices.tolist(),
        topLogits=[rounded(logit, logit_digits) for logit in top.values],
        logSumExp=rounded(log_sum_exp, digits),
        entropyNats=rounded(-(log_probs.exp() * log_probs).sum(), digits),
    )
    if target is None:
        return described
    return described | dict(
        targetId=target,
        targetLogit=rounded(logits[target], logit_digits),
        targetLogProb=rounded(log_probs[target], digits),
        targetRank=1 + int((logits > logits[target]).sum()),
    )


def rounded(value: torch.Tensor, digits: int) -> float:
    return round(float(value), digits)
