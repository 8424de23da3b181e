#!/usr/bin/env bash
# safetensors 0.8.0 (with numpy 2.4.6).
#
# Expected: save gives the same bytes each time for the same arrays and the same metadata, as it does without metadata (its
#   tensors are put in a fixed order), so that a checksum says whether two files hold the same model.
# Happens: the entries of the metadata are written in a random order at each call, in one process too: 100 calls with four
#   entries give up to 24 different files, one for each order of them. What is read back is equal.
# Why: the metadata are a HashMap of Rust, whose order is random for each map. Source: safetensors/src/tensor.rs, struct Metadata
#   and its Serialize; known upstream as safetensors/safetensors#584, and in no docstring of save and save_file.
# Way round: at most one entry (JSON of all of them, its keys sorted), or a checksum of the arrays alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import hashlib
import json

import numpy
from safetensors.numpy import load, save

arrays = {"2.W": numpy.ones((3, 2)), "1.W": numpy.arange(12.0).reshape(4, 3)}
texts = {"format": "np", "name": "iris", "seed": "1", "epochs": "20"}


def files(metadata):
    return {save(arrays, metadata) for _ in range(100)}


none, one, many = files(None), files({"all": json.dumps(texts, sort_keys=True)}), files(texts)
print(f"100 calls: {len(none)} file without metadata, {len(one)} with one entry, more than ten with four: {len(many) > 10}")
assert len(none) == len(one) == 1 and len(many) > 10
assert len({hashlib.sha256(file).digest() for file in many}) == len(many)
headers = [json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")]) for file in many]
assert all(header == headers[0] and header["__metadata__"] == texts for header in headers)
assert len({tuple(header["__metadata__"]) for header in headers}) == len(many)
assert len({tuple(header)[1:] for header in headers}) == 1
assert all((load(file)[name] == array).all() for file in many for name, array in arrays.items())
print("they differ in the order of the metadata alone; the tensors are always in the order", list(headers[0])[1:])
PYTHON
# Output seen:
#   100 calls: 1 file without metadata, 1 with one entry, more than ten with four: True
#   they differ in the order of the metadata alone; the tensors are always in the order ['1.W', '2.W']
