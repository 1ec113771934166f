"""Computes the reference results of explanations of the embedded model: writes test/fixtures/reference/explain.json.

    npm run fixtures -- explain

Logit lens, direct logit attribution down to heads and source tokens, context curve and attention knockout of single
tokens, in float64, straight from the formulas. S rows of the window up to the explained one, C = n_embd, H = n_head.
Needs PyTorch and NumPy (Debian: python3-torch). Reads media/models/mini and test/fixtures/reference/texts.json.
"""

import json
import math

import torch

from gpt2 import ACTIVATIONS, layer_norm, logits_of, rounded
from mini_gpt2 import MODEL, REFERENCE, read_safetensors

DIGITS = 6
LENS_TOP_K = 5
START_TOKEN = 50256

# text of texts.json, start token, explained token (None: after the last one), token id (None: the one that stands there),
# contrast (None: the most likely other token; "mean"; "nothing"), knocked-out tokens
CASES = [
    dict(text="english", startToken=True, token=9, knockedOut=[2, 5]),
    dict(text="english", startToken=False, token=9, contrast="mean", knockedOut=[3]),
    dict(text="typescript", startToken=True, token=None, contrast="nothing"),
    dict(text="typescript", startToken=False, token=30, tokenId=262),
    dict(text="joined", startToken=True, token=600),
    dict(text="joined", startToken=False, token=800, contrast="mean"),
]


def main() -> None:
    config = json.loads((MODEL / "config.json").read_text(encoding="utf8"))
    tensors = read_safetensors(MODEL / "model.safetensors")
    texts = json.loads((REFERENCE / "texts.json").read_text(encoding="utf8"))
    weight = lambda name, shape: tensors[name].reshape(shape)
    cases = [json.dumps(reference(config, weight, texts, **case), separators=(",", ":")) for case in CASES]
    (REFERENCE / "explain.json").write_bytes("[\n{}\n]\n".format(",\n".join(cases)).encode())


def reference(config, weight, texts, text, startToken, token, tokenId=None, contrast=None, knockedOut=()):
    """Explains a token of a text in the first window that holds it; windows of N tokens begin every N / 2 tokens."""
    ids = text_ids(texts, text)
    end = len(ids) if token is None else token
    first = window_start(len(ids) - 1 if token is None else token, config["n_positions"], startToken)
    start = [START_TOKEN] if startToken else []
    window = start + ids[first:end]
    streams, parts = run(config, weight, window)
    logits = logits_of(config, weight, streams[-1][-1:])[0]
    order = torch.argsort(-logits, stable=True).tolist()
    if tokenId is None:
        tokenId = order[0] if token is None else ids[token]
    if contrast is None:
        contrast = next(i for i in order if i != tokenId)
    counts = [n for n in (1 << k for k in range(20)) if n < end - first] + [end - first]
    return dict(
        text=text,
        startToken=startToken,
        token=end,
        first=first,
        tokenId=tokenId,
        contrast=contrast,
        lens=[lens_row(config, weight, stream[-1:], logits, tokenId) for stream in streams],
        attribution=attribution(config, weight, streams[-1][-1], parts, window, tokenId, contrast),
        contextCurve=[
            dict(tokens=n, logProb=log_prob(config, weight, start + window[len(window) - n :], tokenId)) for n in counts
        ],
        knockedOut=list(knockedOut),
        knockedOutLogProb=log_prob(config, weight, window, tokenId, [len(start) + t - first for t in knockedOut]),
    )


def text_ids(texts, name):
    """Without the start token; `joined` is 900 tokens of all texts, which take several windows."""
    if name != "joined":
        return next(entry["ids"] for entry in texts if entry["name"] == name)
    return [i for entry in texts if "+bos" not in entry["name"] for i in entry["ids"]][:900]


def window_start(token, n_positions, start_token):
    held, stride = n_positions - start_token, n_positions // 2
    return max(0, math.ceil((token - held + 1) / stride)) * stride


def run(config, weight, ids, knocked_out=()):
    """The residual stream [S, C] before block 0 and after each block, and each block's attention and MLP of the last row."""
    C, H = config["n_embd"], config["n_head"]
    S, D = len(ids), C // H
    mask = torch.full((S, S), -math.inf, dtype=torch.float64).triu(1)
    for row in knocked_out:
        mask[row + 1 :, row] = -math.inf

    def linear(name, x, outputs):
        return x @ weight(f"{name}.weight", [x.shape[-1], outputs]) + weight(f"{name}.bias", [outputs])

    x = weight("wte.weight", [config["vocab_size"], C])[ids] + weight("wpe.weight", [config["n_positions"], C])[:S]
    streams, parts = [x], []
    for i in range(config["n_layer"]):
        qkv = linear(f"h.{i}.attn.c_attn", layer_norm(config, weight, f"h.{i}.ln_1", x), 3 * C)
        q, k, v = (part.reshape(S, H, D).transpose(0, 1) for part in qkv.split(C, -1))
        a = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(D) + mask, -1)
        attn = linear(f"h.{i}.attn.c_proj", (a @ v).transpose(0, 1).reshape(S, C), C)
        x = x + attn
        hidden = linear(f"h.{i}.mlp.c_fc", layer_norm(config, weight, f"h.{i}.ln_2", x), 4 * C)
        mlp = linear(f"h.{i}.mlp.c_proj", ACTIVATIONS[config["activation_function"]](hidden), C)
        x = x + mlp
        streams.append(x)
        parts.append(dict(attn=attn[-1], mlp=mlp[-1], a=a[:, -1], v=v))
    return streams, parts


def lens_row(config, weight, row, final, token_id):
    logits = logits_of(config, weight, row)[0]
    log_probs, output = logits.log_softmax(0), final.log_softmax(0)
    top = torch.argsort(-logits, stable=True)[:LENS_TOP_K]
    return dict(
        logProb=rounded(log_probs[token_id], DIGITS),
        rank=1 + int((logits > logits[token_id]).sum()),
        entropyNats=rounded(-(log_probs.exp() * log_probs).sum(), DIGITS),
        kl=rounded((output.exp() * (output - log_probs)).sum(), DIGITS),
        topIds=top.tolist(),
        topLogProbs=[rounded(log_probs[i], DIGITS) for i in top],
    )


def attribution(config, weight, final, parts, window, token_id, contrast):
    """logit[token] minus logit[contrast], the mean logit or nothing, by component; ln_f's statistics are frozen."""
    C, H = config["n_embd"], config["n_head"]
    wte = weight("wte.weight", [config["vocab_size"], C])
    u = wte[token_id] - (wte.mean(0) if contrast == "mean" else 0 if contrast == "nothing" else wte[contrast])
    gamma, beta = weight("ln_f.weight", [C]), weight("ln_f.bias", [C])
    sigma = torch.sqrt(((final - final.mean()) ** 2).mean() + config["layer_norm_epsilon"])

    def share(component):
        return ((component - component.mean(-1, keepdim=True)) * gamma * u).sum(-1) / sigma

    def block(i, part):
        W = weight(f"h.{i}.attn.c_proj.weight", [C, C]).reshape(H, C // H, C)
        b_V = weight(f"h.{i}.attn.c_attn.bias", [3 * C])[2 * C :].reshape(H, C // H)
        b_O = weight(f"h.{i}.attn.c_proj.bias", [C])
        written = torch.einsum("hj,hjd,hdc->hjc", part["a"], part["v"] - b_V[:, None], W)
        return dict(
            attention=rounded(share(part["attn"]), DIGITS),
            bias=rounded(share(b_O + torch.einsum("hd,hdc->c", b_V, W)), DIGITS),
            sources=[[rounded(s, DIGITS) for s in head] for head in share(written)],
            mlp=rounded(share(part["mlp"]), DIGITS),
        )

    logits = logits_of(config, weight, final[None])[0]
    base = logits.mean() if contrast == "mean" else 0 if contrast == "nothing" else logits[contrast]
    return dict(
        total=rounded(logits[token_id] - base, DIGITS),
        wte=rounded(share(wte[window[-1]]), DIGITS),
        wpe=rounded(share(weight("wpe.weight", [config["n_positions"], C])[len(window) - 1]), DIGITS),
        lnF=rounded(u @ beta, DIGITS),
        blocks=[block(i, part) for i, part in enumerate(parts)],
    )


def log_prob(config, weight, window, token_id, knocked_out=()):
    streams, _ = run(config, weight, window, knocked_out)
    return rounded(logits_of(config, weight, streams[-1][-1:])[0].log_softmax(0)[token_id], DIGITS)


if __name__ == "__main__":
    main()
