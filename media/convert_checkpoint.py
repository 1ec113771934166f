#!/usr/bin/env python3
"""Converts a PyTorch checkpoint (a pickle file) to model.safetensors in the same folder.

    python convert_checkpoint.py ckpt.pt
    python convert_checkpoint.py pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin

Needs PyTorch 2.6 or later and nothing else. No code from the checkpoint is run. Float64 is stored as float32;
tensors that are not floating point (attention masks, counters) are left out; a tensor that is shared between two
names is stored under both. An existing model.safetensors is never overwritten.

The format: 8 bytes header length (u64, little endian), a JSON header, the tensors' bytes.
https://github.com/huggingface/safetensors#format
"""

import argparse
import ctypes
import json
import os
import struct
import sys
from pathlib import Path

# Older versions can be made to run code in spite of weights_only: https://nvd.nist.gov/vuln/detail/CVE-2025-32434
MIN_TORCH = (2, 6)

# Trainers save the weights under one of these keys, next to the optimizer's state.
WEIGHTS_KEYS = ("model", "state_dict", "model_state_dict", "module")


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Converts a PyTorch checkpoint to model.safetensors in the same folder."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the checkpoint, or all of its shards")
    files = parser.parse_args().files

    target = files[0].parent / "model.safetensors"
    if target.exists():
        sys.exit(f"{target} already exists. Move it away to convert the checkpoint again.")
    if sys.byteorder != "little":
        sys.exit("This script writes the numbers as they are in memory, so it needs a little-endian machine.")
    torch = import_torch()

    tensors = {}
    for file in files:
        tensors.update(floating_point_tensors(torch, load(torch, file)))
    if not tensors:
        sys.exit(f"{files[0]} contains no floating-point tensors. Is it a checkpoint?")
    write_safetensors(torch, tensors, target)
    print(f"Wrote {len(tensors)} tensors to {target}")


def import_torch():
    """The torch module; exits if it is missing or too old to load a file safely."""
    try:
        import torch
    except ImportError:
        sys.exit(f"{sys.executable} has no PyTorch. Install it (pip install torch), or use a Python that has it.")
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < MIN_TORCH:
        sys.exit(
            f"PyTorch {torch.__version__} is too old: before 2.6 a checkpoint can run code when it is loaded. "
            "Update it (pip install --upgrade torch)."
        )
    return torch


def load(torch, file: Path):
    """The object that `torch.save` wrote; refuses everything except tensors and plain containers."""
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        sys.exit(f"{file} cannot be read: {error.strerror}")
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        sys.exit(f"{file} cannot be loaded without running code from it: {reason}")


def floating_point_tensors(torch, checkpoint) -> dict:
    """The weights of a checkpoint by name."""
    if not isinstance(checkpoint, dict):
        sys.exit(f"The checkpoint is a {type(checkpoint).__name__}, not a dictionary of tensors.")
    for key in WEIGHTS_KEYS:
        if isinstance(checkpoint.get(key), dict):
            checkpoint = checkpoint[key]
            break
    return {
        name: value for name, value in checkpoint.items() if torch.is_tensor(value) and value.is_floating_point()
    }


def write_safetensors(torch, tensors: dict, target: Path) -> None:
    """Writes the tensors one after the other, in the order of the dictionary."""
    stored_types = {
        torch.float64: (torch.float32, "F32"),
        torch.float32: (torch.float32, "F32"),
        torch.float16: (torch.float16, "F16"),
        torch.bfloat16: (torch.bfloat16, "BF16"),
    }
    header = {}
    end = 0
    for name, tensor in tensors.items():
        if tensor.dtype not in stored_types:
            sys.exit(f"{name} has the type {tensor.dtype}, which GPT-2 checkpoints do not use.")
        dtype, label = stored_types[tensor.dtype]
        start, end = end, end + tensor.numel() * torch.finfo(dtype).bits // 8
        header[name] = {"dtype": label, "shape": list(tensor.shape), "data_offsets": [start, end]}
    encoded = json.dumps(header).encode()

    try:
        # "x": fails if another process has written the file in between.
        file = open(target, "xb")
        try:
            with file:
                file.write(struct.pack("<Q", len(encoded)) + encoded)
                for tensor in tensors.values():
                    dtype, _ = stored_types[tensor.dtype]
                    write_tensor(file, tensor.detach().to(dtype).contiguous())
        except BaseException:
            # Windows cannot remove an open file.
            os.remove(target)
            raise
    except OSError as error:
        sys.exit(f"{target} cannot be written: {error.strerror}")


def write_tensor(file, tensor) -> None:
    """Writes a contiguous tensor's memory, without NumPy and without a copy."""
    length = tensor.numel() * tensor.element_size()
    if length > 0:
        file.write((ctypes.c_char * length).from_address(tensor.data_ptr()))


if __name__ == "__main__":
    main()
