"""From the parameters of an estimator and the shape of its data to the objects of one training."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from gpunn.config import registry
from gpunn.config.constraints import MAX_INTEGER, ParameterError, check_threshold
from gpunn.data.labels import Labels
from gpunn.devices import Device
from gpunn.devices.ranks import get_ranks
from gpunn.nn.embedding import Embedding
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.shown import show
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch
from gpunn.typing import Array

START, SPLIT, MEMBERS = 3, 4, 5  # streams of random numbers beside those of the minibatch loop, all from one seed


def objective(p: Any, n_columns: int, labels: Labels, embeddings: tuple[Embedding, ...] = ()) -> Objective:
    """The network that parameters ``p`` describe, with its head and penalties.

    Parameters
    ----------
    n_columns : int
        Columns of X.
    embeddings : tuple of Embedding
        Columns that hold codes.
    """
    p = _plain(p)
    check_threshold(p.threshold, len(labels.classes), labels.multilabel)
    sizes, activations = registry.hidden_layers(p.hidden_layer_sizes, p.activation, p.layer_norm)
    output, head, one_suffices = registry.output(p.cost, p.output_activation, len(labels.classes), labels.multilabel)
    n_out = labels.n_outputs if one_suffices else max(2, len(labels.classes))
    n_inputs = n_columns + sum(embedding.n_out - 1 for embedding in embeddings)
    network = Network((n_inputs, *sizes, n_out), activations, output, embeddings)
    if 8 * network.n_parameters > MAX_INTEGER:  # bytes
        raise ParameterError(
            "hidden_layer_sizes",
            f"hidden_layer_sizes={show(p.hidden_layer_sizes)} makes a network of {show(network.n_parameters)} "
            "parameters, more than an array can have. Give smaller layers.",
        )
    return Objective(network, head, l2=p.alpha, l1=p.l1)


def member_seeds(p: Any, seed: int) -> int | tuple[int, ...]:
    """The seed of each member: of one network the seed itself."""
    if p.n_members == 1:
        return seed
    return tuple(np.random.default_rng([seed, MEMBERS]).integers(2**31 - 1, size=p.n_members).tolist())


def initial_theta(p: Any, network: Network, seed: int | tuple[int, ...], device: Device, dtype: str) -> Array:
    """Initial theta (P,), or (m, P) for m seeds, drawn on the host, on the device in the dtype of training."""
    weights = registry.initialiser("weight_init", p.weight_init, WEIGHT_INITIALISERS)
    biases = registry.initialiser("bias_init", p.bias_init, BIAS_INITIALISERS)
    with device.single_threaded_blas():  # some initialisers multiply
        seeds = seed if isinstance(seed, tuple) else (seed,)
        thetas = [network.initial(np, np.random.default_rng([one, START]), weights, biases) for one in seeds]
        theta = np.stack(thetas) if isinstance(seed, tuple) else thetas[0]
    return device.asarray(theta, dtype)


def algorithm(
    p: Any, network: Network, n_rows: int, seed: int | tuple[int, ...], device: Device
) -> FullBatch | Minibatch:
    """The loop of the solver."""
    return full_batch(p, device) if registry.is_full_batch(p.solver) else minibatch(p, network, n_rows, seed)


def full_batch(p: Any, device: Device) -> FullBatch:
    """The loop of a solver that takes all rows at once and searches along lines."""
    p = _plain(p)
    ranks = get_ranks(p.ranks)
    method = registry.full_batch(p, ranks.broadcast(device.free_bytes()))
    return FullBatch(
        method,
        p.max_iter,
        p.max_fun,
        gtol=p.tol,
        tol=p.tol,
        n_iter_no_change=p.n_iter_no_change,
        compiled=_compiled(p),
        ranks=ranks,
    )


def minibatch(p: Any, network: Network, n_rows: int, seed: int | tuple[int, ...]) -> Minibatch:
    """The loop of a first-order solver for ``n_rows`` training rows."""
    p = _plain(p)
    n_hidden = len(network.layers) - 1
    return Minibatch(
        registry.first_order(p, network),
        registry.schedule(p),
        registry.batch_size(p, n_rows),
        p.max_iter,
        seed,
        shuffle=p.shuffle,
        dropout=(float(p.input_dropout), *registry.rates("dropout", p.dropout, n_hidden)),
        clip_norm=p.clip_norm,
        max_norm=p.max_norm,
        tol=p.tol,
        n_iter_no_change=p.n_iter_no_change,
        recovers=p.on_divergence == "recover",
        average=p.ema_decay,
        compiled=_compiled(p),
        ranks=get_ranks(p.ranks),
    )


def _plain(p: Any) -> Any:
    """The parameters with Python's numbers in the place of NumPy's, which would take arrays to their own dtype.

    So a value out of an array trains to the same bits as one that was written down or read from a file.
    """
    own = {name: value.item() if isinstance(value, np.generic) else value for name, value in vars(p).items()}
    return SimpleNamespace(**own)


def _compiled(p: Any) -> bool | None:
    """True if steps are to be compiled, False if not; None leaves it to the length of the training."""
    if p.precision != "float32":
        return True  # only captured steps have another
    return None if p.compile == "auto" else bool(p.compile)
