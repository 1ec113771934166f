"""Loads the weights next to this file as float32 arrays, with GPT-2's own names and layouts. Needs only NumPy."""
import json
import pathlib

import numpy as np

folder = pathlib.Path(__file__).parent
config = json.loads((folder / "config.json").read_text())
data = (folder / "model.safetensors").read_bytes()
start = 8 + int.from_bytes(data[:8], "little")
header = {name: entry for name, entry in json.loads(data[8:start]).items() if name != "__metadata__"}
weights = {
    name: np.frombuffer(data, "<f2", np.prod(entry["shape"], dtype=int), start + entry["data_offsets"][0])
    .reshape(entry["shape"])
    .astype(np.float32)
    for name, entry in header.items()
}

if __name__ == "__main__":
    print(f"{config['n_layer']} layers, {config['n_head']} heads, n_embd {config['n_embd']}")
    for name, array in weights.items():
        print(name, array.shape)
