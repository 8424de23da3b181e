#!/usr/bin/env bash
# cuda-bindings 13.5.0 with nvidia-cuda-nvrtc 13.5.37 (13.0.0 with 13.0.48 is alike). No GPU and no driver are needed.
#
# Expected: nvrtcGetProgramLog(program, log) and its relatives, which fill the buffer that they are given, refuse an immutable
#   bytes object, as file.readinto(b" ") and every other writer into a Python buffer does.
# Happens: they write into it. The documents' own way to make a buffer, b" " * size, so changes an object that was never to
#   change. Where the source compiles without a warning the log has one byte, its closing zero: b" " * 1 is CPython's one shared
#   object for that byte, and from then on b" " is b"\x00" in the whole process. What splits, strips or pads bytes by blanks
#   goes wrong in silence, far away: below, splitting a line, and even print puts a zero between its arguments; files with a header that is padded with blanks could no longer be read.
# Why: the buffer is declared as char* in Cython, which takes the address of a bytes object without asking whether it may be
#   written. Source: cuda/bindings/nvrtc.pyx, nvrtcGetProgramLog(prog, char* log); the overview of the documents.
# Way round: bytearray(size), which is taken as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
cat >"$folder/log.py" <<'PYTHON'
import io
import sys
from importlib.metadata import version

from cuda.bindings import nvrtc

print("cuda-bindings", version("cuda-bindings"))
try:
    io.BytesIO(b"x").readinto(b" ")
except TypeError as error:
    print("  a file:", error)
source = b'extern "C" __global__ void scale(float* x) { x[threadIdx.x] *= 2.0f; }'
status, program = nvrtc.nvrtcCreateProgram(source, b"scale.cu", 0, [], [])
(status,) = nvrtc.nvrtcCompileProgram(program, 1, [b"--gpu-architecture=sm_90"])
assert status == nvrtc.nvrtcResult.NVRTC_SUCCESS
status, size = nvrtc.nvrtcGetProgramLogSize(program)
log = bytearray(size) if sys.argv[1] == "bytearray" else b" " * size
(status,) = nvrtc.nvrtcGetProgramLog(program, log)
assert status == nvrtc.nvrtcResult.NVRTC_SUCCESS
one = " ".encode()
split = b"a b".split(one)
print(f"  with {sys.argv[1]}: a log of {size} byte; afterwards ' '.encode() is {one!r}, and b'a b' is split into {split}")
changed = one != bytearray([32])
assert changed == (sys.argv[1] == "bytes"), one
PYTHON
run() {
    "$folder/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$1" "$2"
    "$folder/env/bin/python" "$folder/log.py" bytes
    "$folder/env/bin/python" "$folder/log.py" bytearray
}
run cuda-bindings==13.0.0 nvidia-cuda-nvrtc==13.0.48
run cuda-bindings==13.5.0 nvidia-cuda-nvrtc==13.5.37
# Output seen:
#   cuda-bindings 13.0.0
#     a file: readinto() argument must be read-write bytes-like object, not bytes
#     with bytes: a log of 1 byte; afterwards ' '.encode() is b'\x00', and b'a b' is split into [b'a b']
#   cuda-bindings 13.0.0
#     a file: readinto() argument must be read-write bytes-like object, not bytes
#     with bytearray: a log of 1 byte; afterwards ' '.encode() is b' ', and b'a b' is split into [b'a', b'b']
#   cuda-bindings 13.5.0
#     (the same in both cases)
