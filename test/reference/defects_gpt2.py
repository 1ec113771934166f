"""Computes what implementations with mistakes give: writes test/fixtures/reference/defects.json and defects.{mini,small}.bin.

    npm run fixtures -- defects

Needs PyTorch and NumPy (Debian: python3-torch). For every mistake of mistakes.py, and some pairs of them, in two texts each, the
file has the rows that the LM head reads, in float32; the logits would be 250 times as large. The tests multiply by `wte` and
make the mistakes of the head themselves.
"""

import json
from pathlib import Path

import numpy as np

from mini_gpt2 import MODEL, REFERENCE, read_safetensors
from mistakes import MISTAKES, hidden
from seeded_gpt2 import SMALL, VOCABULARY, seeded_weight


# The embedded model: a text of words with the start token, and one of code without it.
MINI_TEXTS = [("english +bos", 20), ("python", 28)]
SMALL_MODEL = dict(config=SMALL, deviation=0.2, type="F32")

PAIRS = [
    ("no scale", "exact GELU"),
    ("scale by n_embd", "positions + 1"),
    ("merge by view", "no mask"),
    ("q, v, k", "unbiased variance"),
    ("post-LN", "exact GELU"),
    ("no ln_f", "no scale"),
]
# Cases whose hidden states are written too.
WITH_HIDDEN = [(), ("no scale",), ("exact GELU",), ("merge by view",), ("residual from normalized",)]


def main() -> None:
    config = json.loads((MODEL / "config.json").read_text(encoding="utf8"))
    tensors = read_safetensors(MODEL / "model.safetensors")
    texts = {text["name"]: text["ids"] for text in json.loads((REFERENCE / "texts.json").read_text(encoding="utf8"))}
    mini = dict(texts=[dict(name=name, ids=texts[name][:tokens]) for name, tokens in MINI_TEXTS])
    ids = lambda tokens, step: [(464 + step * i) % VOCABULARY for i in range(tokens)]
    small = dict(
        model=SMALL_MODEL,
        texts=[dict(name="steps of 7919", ids=ids(20, 7919)), dict(name="steps of 104", ids=ids(28, 104))],
    )
    models = [
        write("mini", mini, config, lambda name, shape: tensors[name].reshape(shape)),
        write("small", small, SMALL, lambda name, shape: seeded_weight(SMALL_MODEL, name, shape), with_hidden=True),
    ]
    (REFERENCE / "defects.json").write_bytes("{{\n{}\n}}\n".format(",\n".join(models)).encode())


def write(name: str, described: dict, config: dict, weight: object, with_hidden: bool = False) -> str:
    """Writes the arrays, and returns the description of the model's cases as JSON."""
    arrays, cases, place = [], [], 0

    def add(array: object) -> int:
        nonlocal place
        arrays.append(array.numpy().astype("<f4").tobytes())
        place += len(arrays[-1]) // 4
        return place - len(arrays[-1]) // 4

    for t, text in enumerate(described["texts"]):
        for mistakes in [(), *((mistake,) for mistake in MISTAKES), *PAIRS]:
            states = hidden(config, weight, text["ids"], *mistakes)
            case = dict(text=t, mistakes=mistakes, defects=[MISTAKES[m] for m in mistakes], head=add(states.pop("head")))
            if with_hidden and t == 0 and mistakes in WITH_HIDDEN:
                case["hidden"] = {state: add(values) for state, values in states.items()}
            cases.append(case)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    head = json.dumps(described, separators=(",", ":"))[:-1]
    (REFERENCE / f"defects.{name}.bin").write_bytes(b"".join(arrays))
    return f'"{name}":{head},"cases":[\n{lines}\n]}}'


if __name__ == "__main__":
    main()
