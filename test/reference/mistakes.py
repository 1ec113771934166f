"""GPT-2 in float64 as people write it by mistake, in the way in which they write it; it shares nothing with the product.

S tokens, C = n_embd, H = n_head, D = C / H. `weight(name, shape)` gives a tensor in GPT-2's own layout, as float64.
"""

import math
from typing import Callable

import torch

from gpt2 import ACTIVATIONS

Weight = Callable[[str, list[int]], torch.Tensor]

DROPOUT = 0.1

# Every mistake, and the name under which a check reports it.
MISTAKES = {
    "merge by view": "heads-merged",
    "split by view": "heads-merged",
    "split and merge by view": "heads-merged",
    "keys by view": "heads-merged",
    "interleaved heads": "heads-merged",
    "split interleaved heads": "heads-merged",
    "no scale": "no-attention-scale",
    "scale by n_embd": "wrong-attention-scale",
    "scale by D": "wrong-attention-scale",
    "no mask": "no-causal-mask",
    "masked scores are 0": "no-causal-mask",
    "inverted mask": "mask-inverted",
    "inverted mask without itself": "mask-inverted",
    "mask sees next": "mask-off-by-one",
    "mask without itself": "mask-off-by-one",
    "mask after softmax": "mask-after-softmax",
    "post-LN": "post-ln",
    "post-LN without ln_f": "post-ln",
    "LN of the outputs": "post-ln",
    "residual from normalized": "residual",
    "residual from normalized in attention": "residual",
    "residual from normalized in MLP": "residual",
    "no residual": "residual",
    "no residual in attention": "residual",
    "no residual in MLP": "residual",
    "MLP residual from the block's input": "residual",
    "parallel": "residual",
    "exact GELU": "activation",
    "ReLU": "activation",
    "sigmoid GELU": "activation",
    "no activation": "activation",
    "positions + 1": "position-offset",
    "positions + 2": "position-offset",
    "positions - 1": "position-offset",
    "all positions 0": "position-offset",
    "no positions": "position-offset",
    "softmax over queries": "softmax-axis",
    "softmax over heads": "softmax-axis",
    "q, v, k": "qkv-order",
    "k, q, v": "qkv-order",
    "k, v, q": "qkv-order",
    "v, q, k": "qkv-order",
    "v, k, q": "qkv-order",
    "q, k, v of each head": "qkv-order",
    "q, k, v of each column": "qkv-order",
    "unbiased variance": "layer-norm-unbiased",
    "epsilon 1e-12": "layer-norm-epsilon",
    "epsilon 1e-6": "layer-norm-epsilon",
    "epsilon 1e-3": "layer-norm-epsilon",
    "epsilon outside": "layer-norm-epsilon",
    "c_proj as stored": "conv1d-transposed",
    "no ln_f": "no-ln-f",
    "ln_f twice": "double-ln-f",
    "no q, k, v biases": "no-qkv-bias",
    # Two seeds make two runs.
    "dropout seed 1": "dropout",
    "dropout seed 2": "dropout",
}


def hidden(config: dict, weight: Weight, ids: list[int], *mistakes: str) -> dict[str, torch.Tensor]:
    """`h.{i}.attn`, `h.{i}.mlp` and `h.{i}` of every block, and `head`, the rows that the LM head reads; all [S, C]."""
    unknown = set(mistakes) - set(MISTAKES)
    assert not unknown, unknown
    has = lambda name: name in mistakes
    C, H, S = config["n_embd"], config["n_head"], len(ids)
    D = C // H
    generator = torch.Generator().manual_seed(next((int(m[-1]) for m in mistakes if m.startswith("dropout")), 0))

    def dropout(x: torch.Tensor) -> torch.Tensor:
        if not any(m.startswith("dropout") for m in mistakes):
            return x
        return x * (torch.rand(x.shape, generator=generator, dtype=torch.float64) >= DROPOUT) / (1 - DROPOUT)

    def linear(name: str, x: torch.Tensor, outputs: int) -> torch.Tensor:
        matrix = weight(f"{name}.weight", [x.shape[-1], outputs])
        if has("c_proj as stored") and name.endswith("attn.c_proj"):
            matrix = matrix.T
        product = x @ matrix
        if has("no q, k, v biases") and name.endswith("c_attn"):
            return product
        return product + weight(f"{name}.bias", [outputs])

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        epsilon = config.get("layer_norm_epsilon", 1e-5)
        for text, value in (("1e-12", 1e-12), ("1e-6", 1e-6), ("1e-3", 1e-3)):
            if has(f"epsilon {text}"):
                epsilon = value
        variance = x.var(-1, keepdim=True, unbiased=has("unbiased variance"))
        deviation = variance.sqrt() + epsilon if has("epsilon outside") else (variance + epsilon).sqrt()
        return (x - x.mean(-1, keepdim=True)) / deviation * weight(f"{name}.weight", [C]) + weight(f"{name}.bias", [C])

    def split(x: torch.Tensor) -> torch.Tensor:
        if has("split by view") or has("split and merge by view"):
            return x.reshape(H, S, D)
        if has("interleaved heads") or has("split interleaved heads"):
            return x.reshape(S, D, H).permute(2, 0, 1)
        return x.reshape(S, H, D).transpose(0, 1)

    def merge(x: torch.Tensor) -> torch.Tensor:
        if has("merge by view") or has("split and merge by view"):
            return x.reshape(S, C)
        if has("interleaved heads"):
            return x.permute(1, 2, 0).reshape(S, C)
        return x.transpose(0, 1).reshape(S, C)

    def query_key_value(qkv: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        if has("q, k, v of each head"):
            q, k, v = qkv.reshape(S, H, 3 * D).chunk(3, -1)
            return q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1)
        if has("q, k, v of each column"):
            return tuple(split(part) for part in qkv.reshape(S, C, 3).unbind(-1))
        order = next((m.split(", ") for m in mistakes if len(m) == 7 and m.count(", ") == 2), ["q", "k", "v"])
        parts = dict(zip(order, qkv.chunk(3, -1)))
        return split(parts["q"]), split(parts["k"]), split(parts["v"])

    def masked_softmax(scores: torch.Tensor) -> torch.Tensor:
        ones = torch.ones(S, S, dtype=torch.bool)
        lower = torch.tril(ones)
        if has("masked scores are 0"):
            scores = scores * lower
        elif not has("no mask") and not has("mask after softmax"):
            attended = lower
            if has("inverted mask"):
                attended = torch.triu(ones)
            if has("inverted mask without itself"):
                attended = ~lower
            if has("mask sees next"):
                attended = torch.tril(ones, 1)
            if has("mask without itself"):
                attended = torch.tril(ones, -1)
            # Finite, as in many implementations: a row without any visible score is then no NaN.
            scores = scores.masked_fill(~attended, -1e9)
        axis = 1 if has("softmax over queries") else 0 if has("softmax over heads") else 2
        weights = torch.softmax(scores, axis)
        return weights * lower if has("mask after softmax") else weights

    def attention(i: int, x: torch.Tensor) -> torch.Tensor:
        q, k, v = query_key_value(linear(f"h.{i}.attn.c_attn", x, 3 * C))
        keys = k.reshape(H, D, S) if has("keys by view") else k.transpose(1, 2)
        divisor = math.sqrt(D)
        if has("no scale"):
            divisor = 1
        if has("scale by n_embd"):
            divisor = math.sqrt(C)
        if has("scale by D"):
            divisor = D
        weights = dropout(masked_softmax(q @ keys / divisor))
        return dropout(linear(f"h.{i}.attn.c_proj", merge(weights @ v), C))

    def mlp(i: int, x: torch.Tensor) -> torch.Tensor:
        I = config.get("n_inner") or 4 * C
        h = linear(f"h.{i}.mlp.c_fc", x, I)
        if has("exact GELU"):
            h = ACTIVATIONS["gelu"](h)
        elif has("ReLU"):
            h = ACTIVATIONS["relu"](h)
        elif has("sigmoid GELU"):
            h = h * torch.sigmoid(1.702 * h)
        elif not has("no activation"):
            h = ACTIVATIONS[config.get("activation_function", "gelu_new")](h)
        return dropout(linear(f"h.{i}.mlp.c_proj", h, C))

    def block(i: int, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The outputs of attention and MLP, and the stream after the block."""
        ln_1, ln_2 = (lambda t: norm(f"h.{i}.ln_1", t)), (lambda t: norm(f"h.{i}.ln_2", t))
        if has("post-LN") or has("post-LN without ln_f"):
            a = attention(i, x)
            y = ln_1(x + a)
            m = mlp(i, y)
            return a, m, ln_2(y + m)
        if has("LN of the outputs"):
            a = ln_1(attention(i, x))
            y = x + a
            m = ln_2(mlp(i, y))
            return a, m, y + m
        if has("residual from normalized in attention") or has("residual from normalized"):
            x = ln_1(x)
            a = attention(i, x)
        else:
            a = attention(i, ln_1(x))
        y = a if has("no residual in attention") or has("no residual") else x + a
        if has("parallel"):
            m = mlp(i, ln_2(x))
            return a, m, y + m
        if has("residual from normalized in MLP") or has("residual from normalized"):
            y = ln_2(y)
            m = mlp(i, y)
        else:
            m = mlp(i, ln_2(y))
        if has("MLP residual from the block's input"):
            return a, m, x + m
        return a, m, m if has("no residual in MLP") or has("no residual") else y + m

    positions = torch.arange(S)
    if has("positions + 1"):
        positions = positions + 1
    if has("positions + 2"):
        positions = positions + 2
    if has("positions - 1"):
        positions = positions - 1  # −1 is the last row of the table in NumPy and JAX
    if has("all positions 0"):
        positions = positions * 0
    x = weight("wte.weight", [config["vocab_size"], C])[ids]
    if not has("no positions"):
        x = x + weight("wpe.weight", [config["n_positions"], C])[positions]
    x = dropout(x)
    states = {}
    for i in range(config["n_layer"]):
        states[f"h.{i}.attn"], states[f"h.{i}.mlp"], x = block(i, x)
        states[f"h.{i}"] = x
    if not has("no ln_f") and not has("post-LN without ln_f"):
        x = norm("ln_f", x)
    if has("ln_f twice"):
        x = norm("ln_f", x)
    return states | {"head": x}
