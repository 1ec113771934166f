"""Writes small arrays with NumPy, PyTorch and safetensors, in every format, type and order that Logitscope reads.

Output: test/fixtures/reference/arrays.json, a list of {name, file, base64, arrays or refused}.
Needs python3-numpy, python3-torch and python3-safetensors.
"""

import base64
import io
import json
import pickle
import time
import zipfile
from pathlib import Path

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

OUTPUT = Path(__file__).parent.parent / "fixtures/reference/arrays.json"

# Exact in every float type: quarters up to 3.5. All are different, so a wrong order is seen.
MATRIX = (np.arange(15).reshape(3, 5) / 4).astype(np.float32)
# Not exact in float16 and bfloat16; the last ones are subnormal in float16.
HARD = np.array([[np.pi, -97.25391, 1e-7, 6.1e-5, 65504.0], [-0.0, 5.96e-8, 2049.0, -1 / 3, 1e-5]], np.float32)
IDS = np.array([0, 1, 262, 50256, 7])

fixtures: list[dict] = []


def add(name: str, file: str, data: bytes, **expected) -> None:
    fixtures.append({"name": name, "file": file, "base64": base64.b64encode(data).decode(), **expected})


def entry(array: np.ndarray, dtype: str, order: str = "C", name: str | None = None, shape=None) -> dict:
    """What the reader has to give: the numbers in the order of a C array."""
    numbers = [repr(float(x)) for x in np.asarray(array, np.float64).reshape(-1)]
    return {"name": name, "dtype": dtype, "order": order, "shape": list(shape or array.shape), "numbers": numbers}


def npy(array: np.ndarray, version=None) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def bfloat16_bits(array: np.ndarray) -> np.ndarray:
    return torch.from_numpy(array).to(torch.bfloat16).view(torch.int16).numpy()


def bfloat16_values(array: np.ndarray) -> np.ndarray:
    return torch.from_numpy(array).to(torch.bfloat16).float().numpy()


def order_of(array: np.ndarray) -> str:
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"


def numpy_files() -> None:
    for numbers, label in ((MATRIX, "quarters"), (HARD, "hard numbers")):
        for dtype in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8"):
            for order in ("C", "F"):
                array = np.asarray(numbers.astype(dtype), order=order)
                add(f"{label} in {dtype}, {order} order", "a.npy", npy(array), arrays=[entry(array, dtype, order_of(array))])
        for order in ("C", "F"):
            array = np.asarray(bfloat16_bits(numbers), order=order).view("V2")
            expected = entry(bfloat16_values(numbers), "|V2", order_of(array))
            add(f"{label} in bfloat16, {order} order", "a.npy", npy(array), arrays=[expected])
    for shape in ((5,), (1, 5), (1, 3, 5), (3, 1, 5)):
        array = MATRIX[: max(1, int(np.prod(shape)) // 5)].reshape(shape)
        add(f"the shape {shape}", "a.npy", npy(array), arrays=[entry(array, "<f4")])
        fortran = np.asfortranarray(array)
        add(f"the shape {shape}, F order", "a.npy", npy(fortran), arrays=[entry(array, "<f4", order_of(fortran))])
    for version in ((1, 0), (2, 0), (3, 0)):
        add(f"version {version}", "a.npy", npy(MATRIX, version), arrays=[entry(MATRIX, "<f4")])
    transposed = entry(MATRIX.T, "<f4", "F")
    add("a transposed view", "a.npy", npy(MATRIX.T), arrays=[transposed])
    old = b"{'shape': (3L, 5L), 'fortran_order': False, 'descr': '<f4'}"
    old += b" " * (16 - (10 + len(old) + 1) % 16) + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(old).to_bytes(2, "little") + old + MATRIX.tobytes()
    add("a header of Python 2", "a.npy", data, arrays=[entry(MATRIX, "<f4")])
    for dtype in ("u2", "i4", "u4", "i8", "u8"):
        for byte_order in "<>":
            ids = IDS.astype(byte_order + dtype)
            add(f"ids in {ids.dtype.str}", "ids.npy", npy(ids), arrays=[entry(ids, ids.dtype.str)])
    for dtype in ("i1", "u1", "i2"):
        small = np.array([0, 7, 100], dtype)
        add(f"ids in {small.dtype.str}", "ids.npy", npy(small), arrays=[entry(small, small.dtype.str)])


def numpy_archives() -> None:
    fortran = np.asfortranarray(MATRIX)
    arrays = {"logits": MATRIX, "ids": IDS, "h.0": fortran, "half": HARD.astype(np.float16)}
    expected = [entry(a, a.dtype.str, order_of(a), name) for name, a in arrays.items()]
    for name, save in (("np.savez", np.savez), ("np.savez_compressed", np.savez_compressed)):
        out = io.BytesIO()
        save(out, **arrays)
        add(name, "a.npz", out.getvalue(), arrays=expected)
    out = io.BytesIO()
    np.savez(out, MATRIX)
    add("np.savez without a name", "a.npz", out.getvalue(), arrays=[entry(MATRIX, "<f4", name="arr_0")])


def safetensors_files() -> None:
    types = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64}
    for label, dtype in types.items():
        tensor = torch.from_numpy(HARD).to(dtype)
        expected = entry(tensor.double().numpy(), label, name="logits")
        add(f"safetensors in {label}", "a.safetensors", safetensors.torch.save({"logits": tensor}), arrays=[expected])
    both = {"logits": MATRIX[None], "input_ids": IDS}
    expected = [entry(MATRIX, "F32", name="logits", shape=(1, 3, 5)), entry(IDS, "I64", name="input_ids")]
    add("safetensors with ids", "a.safetensors", safetensors.numpy.save(both), arrays=expected)


def pickles() -> None:
    objects = np.empty(2, object)
    objects[:] = [MATRIX[0], MATRIX[1, :3]]
    add("a list of arrays of different lengths", "a.npy", npy_of_objects(objects), refused="allow_pickle=True)")
    out = io.BytesIO()
    np.savez(out, logits=objects)
    add("objects in an archive", "a.npz", out.getvalue(), refused='allow_pickle=True)["logits"]')
    out = io.BytesIO()
    torch.save(torch.from_numpy(MATRIX), out)
    add("torch.save", "a.pt", out.getvalue(), refused="torch.load")
    # The whole file has an address of the memory in it, and would differ with each run.
    legacy = b"".join(pickle.dumps(x, protocol=2) for x in (0x1950A86A20F9469CFC6C, 1001))
    add("the start of torch.save before version 1.6", "a.pt", legacy, refused="torch.load")
    for protocol in range(2, 6):
        data = pickle.dumps(MATRIX[0].tolist(), protocol=protocol)
        add(f"pickle of protocol {protocol}", "a.pkl", data, refused="pickle.load")


def npy_of_objects(objects: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, objects, allow_pickle=True)
    return out.getvalue()


if __name__ == "__main__":
    # The same bytes at any time.
    epoch = time.struct_time((1980, 1, 1, 0, 0, 0, 0, 1, 0))
    zipfile.time.localtime = lambda *_: epoch
    numpy_files()
    numpy_archives()
    safetensors_files()
    pickles()
    OUTPUT.write_text(json.dumps(fixtures, indent=1) + "\n")
