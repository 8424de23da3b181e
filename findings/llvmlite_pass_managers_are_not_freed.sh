#!/usr/bin/env bash
# llvmlite 0.50.0 (0.45.1 has the same classes), on Linux.
#
# Expected: closing a pass manager, or dropping the last reference to it, frees it, as for every object of llvmlite.binding;
#   so a process that compiles many modules one after the other keeps none of the memory of their passes.
# Happens: nothing is freed. Every ModulePassManager of PassBuilder.getModulePassManager keeps about 30 kB for good, and about
#   75 kB once it has run, whatever is closed and collected. 10,000 modules take 0.75 GB. No warning, no error.
# Why: NewPassManager defines _dispose, which frees; but ModulePassManager and FunctionPassManager name ffi.ObjectRef first
#   among their bases, and so inherit its _dispose, which is empty.
#   Source: llvmlite/binding/newpassmanagers.py, class ModulePassManager; llvmlite/binding/ffi.py, ObjectRef._dispose.
# Way round: call NewPassManager._dispose(manager) before manager.close(). What is left then is that of the pass builder, 2 kB.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check llvmlite==0.50.0
cat >"$folder/managers.py" <<'PYTHON'
import gc
import os

import llvmlite
import llvmlite.binding as llvm
from llvmlite.binding.newpassmanagers import NewPassManager

SOURCE = """
define double @sum(ptr %x, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %s = phi double [0.0, %entry], [%t, %loop]
  %p = getelementptr double, ptr %x, i64 %i
  %v = load double, ptr %p
  %t = fadd fast double %s, %v
  %next = add i64 %i, 1
  %done = icmp eq i64 %next, %n
  br i1 %done, label %end, label %loop
end:
  ret double %t
}
"""
llvm.initialize_native_target()
llvm.initialize_native_asmprinter()


def optimise(runs, disposes):
    machine = llvm.Target.from_default_triple().create_target_machine()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(machine, options)
    module = llvm.parse_assembly(SOURCE)
    manager = builder.getModulePassManager()
    if runs:
        manager.run(module, builder)
    if disposes:
        NewPassManager._dispose(manager)
    for each in (manager, module, builder, options, machine):
        each.close()


def kilobytes():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1000


kept = {}
for runs in (False, True):
    for disposes in (False, True):
        for _ in range(100):
            optimise(runs, disposes)
        before = kilobytes()
        for _ in range(500):
            optimise(runs, disposes)
        kept[runs, disposes] = (kilobytes() - before) / 500
        print(
            f"llvmlite {llvmlite.__version__}, {'run' if runs else 'not run'}, "
            f"{'disposed of by hand' if disposes else 'closed'}: {kept[runs, disposes]:.1f} kB kept per module"
        )
assert kept[False, False] > 20 and kept[True, False] > 50, "closing frees now"
assert kept[False, True] < 10 and kept[True, True] < 10
PYTHON
"$folder/env/bin/python" "$folder/managers.py"
# Output seen:
# llvmlite 0.50.0, not run, closed: 32.3 kB kept per module
# llvmlite 0.50.0, not run, disposed of by hand: 1.6 kB kept per module
# llvmlite 0.50.0, run, closed: 79.4 kB kept per module
# llvmlite 0.50.0, run, disposed of by hand: 2.0 kB kept per module
