"""How many cores a process may use: those it is bound to, and no more than its container's quota."""

from __future__ import annotations

import os
import sys

import pytest

from gpunn.devices import quota


def tree(root, cgroup, **files):
    """Files as Linux shows them."""
    for path, text in {"proc/self/cgroup": cgroup, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


V1 = "3:cpuset:/box\n2:cpu,cpuacct:/box/inner\n1:memory:/box\n"


@pytest.mark.parametrize(("cgroup", "files", "expected"), [
    ("0::/\n", {"sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
    ("0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),  # rounded up
    ("0::/\n", {"sys/fs/cgroup/cpu.max": "5000 100000\n"}, 1),
    ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
    ("0::/\n", {}, None),
    ("0::/a/b\n", {"sys/fs/cgroup/a/b/cpu.max": "max 100000", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),
    ("0::/a/b\n", {"sys/fs/cgroup/a/b/cpu.max": "100 50", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 2),
    ("0::/host/only\n", {"sys/fs/cgroup/cpu.max": "400000 100000"}, 4),
    ("1:name=systemd:/\n0::/x\n", {"sys/fs/cgroup/unified/x/cpu.max": "700 100"}, 7),
    (V1, {"sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_quota_us": "250000",
          "sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_period_us": "100000"}, 3),
    (V1, {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, 1),
    (V1, {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, None),
    (V1, {"sys/fs/cgroup/memory/box/cpu.max": "100 100"}, None),
    ("0::/\n", {"sys/fs/cgroup/cpu.max": "something else"}, None),
])  # fmt: skip
def test_the_quota_of_a_container_counts_as_its_cores(tmp_path, cgroup, files, expected):
    assert quota.of_cgroups(tree(tmp_path, cgroup, **files)) == expected


def test_without_control_groups_there_is_no_quota(tmp_path):
    assert quota.of_cgroups(tmp_path) is None


def test_a_process_that_is_bound_to_a_core_has_one():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system binds no process to cores")
    before = os.sched_getaffinity(0)
    assert 1 <= quota.usable() <= len(before)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert quota.usable() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_a_quota_below_the_cores_counts(monkeypatch):
    monkeypatch.setattr(quota, "_of_container", lambda: 1)
    assert quota.usable() == 1
    monkeypatch.setattr(quota, "_of_container", lambda: sys.maxsize)
    assert quota.usable() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("cgroup", ["", "\n", "nothing\n", "0::\n", "1:cpu\n", "0::/caf\xe9\n"])
def test_what_is_no_list_of_groups_is_no_quota(tmp_path, cgroup):
    tree(tmp_path, "")
    (tmp_path / "proc/self/cgroup").write_bytes(cgroup.encode("latin-1"))
    assert quota.of_cgroups(tmp_path) is None
