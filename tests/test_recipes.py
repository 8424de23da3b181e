"""The recipes for other libraries run, each in a process and a folder of its own, where the library is installed."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
RECIPES = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
CODE = re.compile(r"^```python\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
NEEDS = {"MLflow": "mlflow", "Optuna": "optuna", "Weights & Biases": "wandb", "TensorBoard": "tensorboard"}

# What a recipe leaves behind is looked at by the library itself.
CHECKS = {
    "MLflow": """
print(sorted(mlflow.MlflowClient().get_run(info.run_id).data.metrics), clf.n_iter_ > 10)
""",
    "Weights & Biases": """
import glob
print(len(glob.glob("wandb/offline-run-*/*.wandb")))
""",
    "TensorBoard": """
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
found = EventAccumulator("runs/iris").Reload()
costs = [event.tensor_proto.float_val[0] for event in found.Tensors("cost")]
print(len(costs) > 5 and costs[-1] < costs[0])
""",
}
PRINTED = {
    "MLflow": "True\nlbfgs True\n['accuracy', 'cost'] True\n", "Optuna": "True True False\n", "Weights & Biases": "1\n",
    "TensorBoard": "True\n",
}  # fmt: skip


def test_every_recipe_is_sound_python():
    assert RECIPES.keys() == NEEDS.keys() == PRINTED.keys()
    for title, part in RECIPES.items():
        assert f"import {NEEDS[title]}" in part or f"from {NEEDS[title]}" in part
        compile("\n".join(CODE.findall(part)), title, "exec")


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_runs(title, tmp_path):
    if importlib.util.find_spec(NEEDS[title]) is None:
        pytest.skip(f"{NEEDS[title]} is not installed")
    program = tmp_path / "recipe.py"
    program.write_text("\n".join(CODE.findall(RECIPES[title])) + CHECKS.get(title, ""), encoding="utf-8")
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "WANDB_SILENT": "true"}
    call = [sys.executable, "-W", "ignore", program]
    end = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert end.returncode == 0, end.stderr
    assert end.stdout == PRINTED[title]
