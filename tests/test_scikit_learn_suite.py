"""scikit-learn's own tests of its multi-layer perceptrons, unchanged, with gpunn's classifier in place of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

# These reach into scikit-learn's insides, which another implementation does not have.
PRIVATE = {
    "test_fit": "sets coefs_ and calls _backprop",
    "test_gradient": "calls _loss_grad_lbfgs",
    "test_learning_rate_warmstart": "reads _optimizer",
    "test_adaptive_learning_rate": "reads _optimizer",
    "test_n_iter_no_change": "reads _no_improvement_count",
    "test_n_iter_no_change_inf": "reads _no_improvement_count",
}


def test_every_case_of_the_public_interface_passes(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # none of our settings
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "swapped",
         "--pyargs", "sklearn.neural_network.tests.test_mlp"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)}, capture_output=True, text=True,
    )  # fmt: skip
    failed = re.findall(r"^FAILED \S*::(\S+)", found.stdout, re.MULTILINE)
    assert sorted(failed) == sorted(PRIVATE), found.stdout[-5000:]
    assert int(re.search(r"(\d+) passed", found.stdout)[1]) >= 52  # 31 of the classifier, the others of the regressor
    assert "skipped" not in found.stdout.splitlines()[-1]
