#!/usr/bin/env bash
# torch 2.13.0 (with numpy 2.4.6), on Linux on an x86 processor.
#
# Expected: after torch.set_flush_denormal(True), which returns True, operations of PyTorch on the CPU treat subnormal
#   numbers as 0, as its documentation says ("Disables denormal floating numbers on CPU").
# Happens: only the calling thread does. Threads of the pool that shares large operations keep their mode, if an earlier
#   operation has started them: with two threads, half of the elements of one product are 0 and the other half are not. Whether
#   an element is flushed depends on its place and on the size of the tensor, and the slow-down that the function is to
#   prevent stays in the other threads. NumPy is flushed as well, in the calling thread. The threads also keep the mode that
#   they had when they were started: turned off again, half of the elements are still flushed if it was on at that time.
# Source: https://docs.pytorch.org/docs/stable/generated/torch.set_flush_denormal.html says nothing of threads;
#   aten/src/ATen/cpu/FlushDenormal.cpp sets the register MXCSR, of which every thread has its own.
# Way round: call it before the first operation on a large tensor, and never again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cd "$folder"
cat > half.py <<'PYTHON'
import sys

import numpy
import torch

torch.set_num_threads(2)
small = numpy.full(8, 1e-40, "float32")
x = torch.from_numpy(numpy.full(1_000_000, 1e-40, "float32"))


def kept() -> float:
    """Share of the elements that are not 0 after a product with 1; they are counted as integers, which have no such mode."""
    return (x * 1).view(torch.int32).count_nonzero().item() / len(x)


if sys.argv[1] == "late":
    before = kept()
    print(f"before: {before:.0%} of the elements are kept")
    assert torch.set_flush_denormal(True)
    found = kept()
    by_numpy = (small * numpy.float32(1)).view("int32").astype(bool).mean()
    print(f"on: {found:.0%}; by NumPy {by_numpy:.0%}")
    if before != 1 or by_numpy != 0:
        raise SystemExit("no longer so")
else:
    assert torch.set_flush_denormal(True)
    print(f"on before the first operation: {kept():.0%}")
    assert torch.set_flush_denormal(False)
    found = kept()
    print(f"off: {found:.0%}")
if not 0.4 < found < 0.6:
    raise SystemExit("no longer so")
PYTHON
"$folder/env/bin/python" half.py late
"$folder/env/bin/python" half.py early
# Seen:
#   before: 100% of the elements are kept
#   on: 50%; by NumPy 0%
#   on before the first operation: 0%
#   off: 50%
