"""The parameters of an estimator with their defaults, declared once; `gpunn.MLPClassifier` says what they mean."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

from gpunn.optim.directions import Direction
from gpunn.optim.first_order import FirstOrder
from gpunn.optim.schedules import Schedule
from gpunn.training.history import History


@dataclass(eq=False, repr=False)
class Parameters:
    """Those that scikit-learn's MLPClassifier has too have its names and defaults."""

    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"
    _: KW_ONLY
    solver: str | FirstOrder | Direction = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate: str | Schedule = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: bool = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    max_fun: int = 15000
    device: str | None = None
    dtype: str = "auto"
    precision: str = "float32"
    compile: bool | str = "auto"
    cost: Any = None
    output_activation: Any = None
    weight_init: Any = "glorot_uniform"
    bias_init: Any = "uniform"
    l1: float = 0.0
    dropout: Any = 0.0
    input_dropout: float = 0.0
    weight_decay: float = 0.01
    max_norm: float | None = None
    clip_norm: float | None = None
    on_divergence: str = "warn"
    warmup: float = 0.0
    lbfgs_memory: int = 10
    cg_beta: str = "polak_ribiere"
    class_weight: Any = None
    label_smoothing: float = 0.0
    ema_decay: float | None = None
    scoring: Any = None
    threshold: Any = None
    time_limit: float | None = None
    record: Any = None
    features: Any = "auto"
    max_categories: int | None = None
    min_frequency: float | None = None
    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_every: int | str = 1
    callback: Callable[[History], bool | None] | None = None
