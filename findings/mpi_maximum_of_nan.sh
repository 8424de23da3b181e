#!/usr/bin/env bash
# MPICH 5.0.2 (with mpi4py 4.1.2 and numpy 2.4.6).
#
# Expected: the maximum over ranks of a vector of NaN on one of them is NaN in every element, as numpy.maximum has it, or
#   in none, as numpy.fmax has it, so that it tells whether a cost is NaN on any rank.
# Happens: it depends on the element's place in the vector. With two ranks, one half of four equal elements is NaN and the
#   other half is not; with four ranks one of four is. A single number may miss the NaN altogether.
# Why: the operation is a comparison, whose result with NaN depends on which of the two comes first, and the algorithm of
#   the all-reduce combines the parts of a vector in different orders. Source: the MPI standard, version 4.1, sections
#   6.9.1 and 6.9.2 (the order of evaluation is free, and MPI_MAX says nothing of NaN).
# Way round: reduce an integer, 1 where there is a NaN, with MPI.MAX or MPI.LOR.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check mpi4py==4.1.2 mpich==5.0.2 numpy==2.4.6
cat > "$folder/maximum.py" <<'PYTHON'
import numpy
from mpi4py import MPI

comm = MPI.COMM_WORLD
found = []
for rank in range(2):
    mine = numpy.full(4, numpy.nan if comm.rank == rank else 1.0)
    maximum, flag = numpy.empty(4), numpy.empty(4, dtype="i")
    comm.Allreduce(mine, maximum, op=MPI.MAX)
    comm.Allreduce(numpy.isnan(mine).astype("i"), flag, op=MPI.MAX)
    found.append(numpy.isnan(maximum).tolist())
    assert flag.tolist() == [1, 1, 1, 1]
    if comm.rank == 0:
        print(f"NaN on rank {rank} of {comm.size}: {maximum.tolist()}")
if comm.rank == 0:
    assert all(any(places) and not all(places) for places in found), found
    assert found[0] != found[1]
PYTHON
"$folder/env/bin/mpiexec" -n 2 "$folder/env/bin/python" "$folder/maximum.py"
"$folder/env/bin/mpiexec" -n 4 "$folder/env/bin/python" "$folder/maximum.py"
# Output seen:
#   NaN on rank 0 of 2: [1.0, 1.0, nan, nan]
#   NaN on rank 1 of 2: [nan, nan, 1.0, 1.0]
#   NaN on rank 0 of 4: [1.0, 1.0, 1.0, nan]
#   NaN on rank 1 of 4: [1.0, nan, 1.0, 1.0]
