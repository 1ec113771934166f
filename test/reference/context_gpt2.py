"""Computes the embedded model's results for a text after another one: writes test/fixtures/reference/context.json.

    npm run fixtures -- context

Needs PyTorch and NumPy (Debian: python3-torch). The forward pass runs in float64, so the file is the same on every machine.
"""

import json
from pathlib import Path

from compare_gpt2 import compare, log_probs
from gpt2 import hidden_states, logits_of, position
from mini_gpt2 import DIGITS, LOGIT_DIGITS, MODEL, TOP_K, read_safetensors

OUT = Path(__file__).parent.parent / "fixtures" / "reference" / "context.json"
# The text of mini.json that is computed, and what precedes it: a module whose next function it could be.
TEXT = "typescript +bos"
CONTEXT = """import { promises as fs } from 'fs';

export interface Config {
  name: string;
  files: string[];
}

/** A configuration file cannot be read. */
export class ConfigError extends Error {}

function parse(value: unknown): Config {
  if (!isConfig(value)) throw new ConfigError(`not a configuration: ${value}`);
  return value;
}

"""
# fmt: off
CONTEXT_IDS = [
    11748, 1391, 10497, 355, 43458, 1782, 422, 705, 9501, 17020, 198, 198, 39344, 7071, 17056, 1391, 198, 220, 1438,
    25, 4731, 26, 198, 220, 3696, 25, 4731, 58, 11208, 198, 92, 198, 198, 35343, 317, 8398, 2393, 2314, 307, 1100,
    13, 9466, 198, 39344, 1398, 17056, 12331, 14582, 13047, 23884, 198, 198, 8818, 21136, 7, 8367, 25, 6439, 2599,
    17056, 1391, 198, 220, 611, 22759, 271, 16934, 7, 8367, 4008, 3714, 649, 17056, 12331, 7, 63, 1662, 257, 8398,
    25, 25597, 8367, 92, 63, 1776, 198, 220, 1441, 1988, 26, 198, 92, 198, 198,
]
# fmt: on


def main() -> None:
    config = json.loads((MODEL / "config.json").read_text(encoding="utf8"))
    tensors = read_safetensors(MODEL / "model.safetensors")
    texts = json.loads((OUT.parent / "texts.json").read_text(encoding="utf8"))
    weight = lambda name, shape: tensors[name].reshape(shape)
    start, *ids = next(text["ids"] for text in texts if text["name"] == TEXT)
    after = [start, *CONTEXT_IDS, *ids]
    first = len(CONTEXT_IDS)
    logits = logits_of(config, weight, hidden_states(config, weight, after)[-1])[first:]
    alone = log_probs(config, weight, [start, *ids])
    # The row after the last token judges nothing: only its divergences are read.
    rows = compare(alone, logits.log_softmax(-1), [start, *ids, 0])
    described = [
        position(row, target, TOP_K, DIGITS, LOGIT_DIGITS) | dict(kl=found["kl"], js=found["js"])
        for row, target, found in zip(logits, [*ids, None], rows)
    ]
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in described)
    head = json.dumps(dict(text=TEXT, context=CONTEXT, contextIds=CONTEXT_IDS))[:-1]
    OUT.write_bytes(f'{head},"positions":[\n{lines}\n]}}\n'.encode())


if __name__ == "__main__":
    main()
