"""Computes the reference results of the embedded model: writes test/fixtures/reference/mini.json.

    npm run fixtures -- mini

Needs PyTorch and NumPy (Debian: python3-torch). Reads media/models/mini and test/fixtures/reference/texts.json.
The forward pass runs in float64, so the file is the same on every machine.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

from gpt2 import hidden_states, logits_of, position

REPO = Path(__file__).parent.parent.parent
MODEL = REPO / "media" / "models" / "mini"
REFERENCE = REPO / "test" / "fixtures" / "reference"

TOP_K = 10
LENS_TOP_K = 3
DIGITS = 6
LOGIT_DIGITS = 5


def main() -> None:
    config = json.loads((MODEL / "config.json").read_text(encoding="utf8"))
    tensors = read_safetensors(MODEL / "model.safetensors")
    texts = json.loads((REFERENCE / "texts.json").read_text(encoding="utf8"))
    cases = [json.dumps(reference(config, tensors, text), ensure_ascii=False, separators=(",", ":")) for text in texts]
    (REFERENCE / "mini.json").write_bytes("[\n{}\n]\n".format(",\n".join(cases)).encode())


def reference(config: dict, tensors: dict[str, torch.Tensor], text: dict) -> dict:
    """`text` is an entry of texts.json: `name`, `text`, `ids`, and optionally `k` and `lens`."""
    ids, k = text["ids"], text.get("k", TOP_K)
    weight = lambda name, shape: tensors[name].reshape(shape)
    *before, last = hidden_states(config, weight, ids)
    targets = [*ids[1:], None]
    rows = zip(logits_of(config, weight, last), targets)
    found = dict(
        name=text["name"],
        text=text["text"],
        ids=ids,
        positions=[position(row, target, k, DIGITS, LOGIT_DIGITS) for row, target in rows],
    )
    if text.get("lens"):
        top = [torch.topk(logits_of(config, weight, x), LENS_TOP_K) for x in before]
        found["logitLensTop3ByLayer"] = [indices.tolist() for _, indices in top]
    return found


def read_safetensors(file: Path) -> dict[str, torch.Tensor]:
    """All tensors, widened to float64, which holds every F16 and F32 number exactly."""
    data = file.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {name: read_tensor(data[start:], **entry) for name, entry in header.items()}


def read_tensor(data: bytes, dtype: str, shape: list[int], data_offsets: list[int]) -> torch.Tensor:
    values = np.frombuffer(data, TYPES[dtype], math.prod(shape), data_offsets[0])
    return torch.from_numpy(values.astype(np.float64)).reshape(shape)


TYPES = {"F16": "<f2", "F32": "<f4"}


if __name__ == "__main__":
    main()
