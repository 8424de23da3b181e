#!/usr/bin/env bash
# mpi4py 4.1.2 (with MPICH 5.0.2 and numpy 2.4.6).
#
# Expected: the sum over two ranks of the same matrix is twice the matrix, however NumPy holds it in memory on each of
#   them; or, since the buffers of MPI have no shape, an error where the two orders differ.
# Happens: where one rank holds it by rows and the other by columns, elements of different places are added, and a
#   matrix that is broadcast arrives with its elements in other places. There is no error or warning. A transpose, or
#   what a linear-algebra routine returned, is often held by columns.
# Why: mpi4py takes every buffer that is contiguous in either order, and passes its memory to MPI, which adds and sends
#   elements in the order of memory. Source: the documentation of mpi4py, overview, "Communicating Python Objects and
#   Array Data", and numpy.ndarray.flags (F_CONTIGUOUS).
# Way round: numpy.ascontiguousarray on every rank, or an assertion of flags.c_contiguous.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check mpi4py==4.1.2 mpich==5.0.2 numpy==2.4.6
cat > "$folder/order.py" <<'PYTHON'
import numpy
from mpi4py import MPI

comm = MPI.COMM_WORLD
by_rows = numpy.arange(6.0).reshape(2, 3)
mine = by_rows if comm.rank == 0 else numpy.asfortranarray(by_rows)
assert numpy.array_equal(mine, by_rows)

total = numpy.empty_like(by_rows)
comm.Allreduce(mine, total)
received = by_rows.copy() if comm.rank == 0 else numpy.zeros_like(mine)
comm.Bcast(received, root=0)
if comm.rank == 1:
    print("matrix:", by_rows.tolist())
    print("sum of both:", total.tolist())
    print("received by rank 1:", received.tolist())
    assert total.tolist() == [[0.0, 4.0, 3.0], [7.0, 6.0, 10.0]]
    assert received.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
PYTHON
"$folder/env/bin/mpiexec" -n 2 "$folder/env/bin/python" "$folder/order.py"
# Output seen:
#   matrix: [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
#   sum of both: [[0.0, 4.0, 3.0], [7.0, 6.0, 10.0]]
#   received by rank 1: [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
