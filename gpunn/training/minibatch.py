"""Minibatch training: an epoch of shuffled rows is a step of the training loop.

Within an epoch nothing is read back from the device; at its end one transfer brings the numbers of the history.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from gpunn.compile import policy
from gpunn.compile.policy import Program
from gpunn.devices import Device
from gpunn.devices.memory import request
from gpunn.devices.ranks import ALONE, Ranks
from gpunn.nn.dropout import Dropout
from gpunn.nn.objective import Objective, limit_norms
from gpunn.optim.averaging import Averaged, update_average
from gpunn.optim.first_order import AdamW, FirstOrder, MethodState, clip_norm
from gpunn.optim.schedule_free import ScheduleFreeAdamW
from gpunn.optim.schedules import Schedule
from gpunn.training import agreement, loop, ranked
from gpunn.training.data import Rows, SparseRows, lazy_batch, taken
from gpunn.training.divergence import MAX_HALVINGS, Stability
from gpunn.training.history import History
from gpunn.training.loop import Entry
from gpunn.training.micro_batches import MicroBatches
from gpunn.training.profile import Stopwatch
from gpunn.training.ranked import RankedGradients
from gpunn.training.state import TrainingState
from gpunn.training.stopping import Best, Patience
from gpunn.typing import Array, Namespace

DECAYING = (AdamW, ScheduleFreeAdamW)
SHUFFLE, DROPOUT = 1, 2  # streams of random numbers that start from one seed
ON_ANOTHER = "arrays: another rank has no compiled steps"


@dataclass(frozen=True)
class Minibatch:
    """Settings of minibatch training.

    Parameters
    ----------
    method : FirstOrder
    schedule : Schedule
    batch_size : int
        Rows a step; the last batch of an epoch may be smaller.
    max_epochs : int
    seed : int or tuple of int
        Seed of the shuffling and the dropout masks; permutation number e depends on the seed and e alone. A tuple has
        one for each member, whose rows are then shuffled, and whose masks are drawn, as those of a network trained
        alone with that seed; with one seed for all members their rows come in the same order.
    shuffle : bool, default True
    dropout : tuple of float or tuple of float, default ()
        Rate for the input and each hidden layer, or a tuple of those of the members; empty for none.
    clip_norm, max_norm : float, optional
        Limits on the norm of the gradient, and of the incoming weights of a neuron.
    tol, n_iter_no_change : float and int
        A plateau is more than ``n_iter_no_change`` epochs in which the mean cost (over members), or with early
        stopping the validation score, does not improve by ``tol``.
    recovers : bool, default False
        After divergence go on from the best state, with half the learning rate, at most `MAX_HALVINGS` times.
    average : float, optional
        Decay of an exponential mean of theta over the steps (`gpunn.optim.averaging`), which is what is evaluated
        and kept.
    compiled : bool or None, default None
        Compile the epoch where the device can. None does so for long trainings only: where all the steps there were
        and may be, of all members, times 100 microseconds and 3 nanoseconds for each parameter (about what a step
        gains), come to the compiler's ``seconds``, and those of this run to its ``again_seconds``. It is a
        rule by the size of the work alone, so that the same training takes the same path wherever it runs.
    programs : dict, optional
        Compiled epochs of trainings of the same network, head, kind of rows and method (but for its decay), which
        share them; is added to.
    ranks : Ranks, optional
        Processes among which each batch is divided; each holds all rows.
    """

    method: FirstOrder
    schedule: Schedule
    batch_size: int
    max_epochs: int
    seed: int | tuple[int, ...]
    shuffle: bool = True
    dropout: tuple[float | tuple[float, ...], ...] = ()
    clip_norm: float | None = None
    max_norm: float | None = None
    tol: float = 1e-4
    n_iter_no_change: int = 10
    recovers: bool = False
    average: float | None = None
    compiled: bool | None = None
    programs: dict[Any, tuple[Program, str, str]] | None = field(default=None, repr=False, compare=False)
    ranks: Ranks = field(default=ALONE, repr=False, compare=False)

    descends: ClassVar[bool] = False

    def start(self, device: Device, theta: Array) -> TrainingState:
        """The state before the first step; theta (..., P) is used, not copied."""
        xp = device.xp
        return TrainingState(
            theta,
            self.method.init(xp, theta),
            device.asarray(np.zeros(1, np.uint32)),
            Patience(self.tol, self.n_iter_no_change),
            Best(xp.asarray(theta, copy=True)),
            seed=self.seed,
            average=None if self.average is None else xp.asarray(theta, copy=True),
        )

    def continued(self, device: Device, progress: TrainingState, theta: Array) -> TrainingState:
        """The state of an earlier run that may have had another method or averaging, to go on with from theta (P,).

        A state of the method that is of another kind, and an average that there was none of, begin anew from the latest
        theta; an average that is no longer asked for is left out. Where the run ended with an average, and theta was
        changed since, the average and the state of the method begin anew from theta.
        """
        xp = device.xp
        ends_there = progress.latest is not None and bool(xp.all(theta == progress.theta))
        latest = progress.latest if ends_there else None
        start = theta if latest is None else latest
        anew = progress.latest is not None and latest is None
        initial, average = self.method.init(xp, start), None
        if self.average is not None:
            average = xp.asarray(start, copy=True) if anew or progress.average is None else progress.average
        state = progress.method_state if not anew and type(initial) is type(progress.method_state) else initial
        return replace(progress, theta=theta, latest=latest, method_state=state, average=average)

    @property
    def most_iterations(self) -> int:
        return self.max_epochs

    def step_rows(self, rows: Rows) -> int:
        return min(self.batch_size, rows.n_trained)

    def own_share(self, rows: Rows) -> slice:
        """This rank's rows of a full batch, which may be none."""
        return ranked.share(self.ranks, slice(0, self.step_rows(rows)), self.step_rows(rows))

    def local_batch_size(self, rows: Rows) -> int:
        """Number of the rows here that make a batch, those of other ranks among them if they are here."""
        return self.batch_size

    def prepare(
        self, device: Device, objective: Objective, progress: TrainingState, rows: Rows, stopwatch: Stopwatch
    ) -> tuple[loop.Step, str]:
        try:
            program, path = self.program(device, objective, progress, rows)
            if program is not None:
                self.align(device, program, progress)
                state, X = self.program_state(device, progress), _stored(rows.X)
                size = -(-self.step_rows(rows) // self.ranks.size)
                program.reserve(progress.theta, state, X, rows.T, rows.weight, rows.n_trained, size)
        except MemoryError as error:
            if device.precision != "float32" or self.ranks.size > 1:  # which arrays do not have, or other ranks
                raise
            program, path = None, f"arrays: memory ran out for compiled steps ({request(error)})"
        if self.ranks.size > 1:
            path += f"; the gradients of {self.ranks.size} ranks are summed"
        gradients = self.gradients(device, objective, progress.history, rows)
        return Epochs(self, device, objective, rows, program, gradients), path

    def gradients(
        self, device: Device, objective: Objective, history: History, rows: Rows
    ) -> MicroBatches | RankedGradients:
        """Cost and gradient of batches, over all ranks."""
        if self.ranks.size == 1:
            return MicroBatches(device, objective, history)
        return RankedGradients(self.ranks, device, objective, history, weighted=rows.weight is not None)

    def finished(self, progress: TrainingState) -> str:
        done = 0 if progress.run is None else progress.epoch - progress.run.epoch
        return "max_iter" if done >= self.max_epochs else ""

    def divergence(self, progress: TrainingState, stability: Stability, entry: Entry | None) -> str:
        if entry is None:
            return ""
        if not entry.finite:
            return "the cost or the weights are not finite"
        cost = entry.cost
        if stability.is_far(cost):
            return f"the mean cost of an epoch is {cost:.3g}, {cost / stability.base:.3g} times that of the start"
        return stability.verdict(progress.evaluated) if self.recovers else ""

    def recover(self, progress: TrainingState, stability: Stability) -> bool:
        """Go back to the best state, and halve the learning rate."""
        if not self.recovers or progress.n_halvings == MAX_HALVINGS:
            return False
        xp, history = stability.device.xp, progress.history
        theta, entry = stability.retreat()
        self.restart(xp, progress, theta)
        stability.visited.enter(xp, theta, entry)
        progress.patience = Patience(self.tol, self.n_iter_no_change)
        progress.n_halvings += 1
        history.notes.append(
            f"Iteration {history.n_iter} diverged: {history.divergence}. Training went back to "
            f"{'the initial weights' if entry is None else f'the weights of iteration {entry + 1}'}, with half the "
            f"learning rate."
        )
        history.divergence = ""
        return True

    def restart(self, xp: Namespace, progress: TrainingState, theta: Array) -> None:
        """In place, so that what is compiled or captured finds it."""
        progress.theta[...] = theta
        if progress.average is not None:
            progress.average[...] = theta
        for array, fresh in zip(progress.method_state, self.method.init(xp, theta), strict=True):
            array[...] = fresh

    def exhausted(self, progress: TrainingState) -> bool:
        return self.schedule.exhausted(progress.n_plateaus)

    def in_cycle(self, progress: TrainingState) -> bool:
        return self.schedule.in_cycle(progress.epoch)

    def epoch_rows(self, rows: Rows) -> int:
        return rows.n_trained

    def rates(self, progress: TrainingState, rows: Rows) -> list[float]:
        """Learning rates of the steps of the next epoch."""
        return self.rates_of(progress, -(-rows.n_trained // self.step_rows(rows)), rows.n_trained)

    def rates_of(self, progress: TrainingState, n_steps: int, n_rows: int) -> list[float]:
        """The same for an epoch of ``n_steps`` steps and ``n_rows`` rows."""
        factor = 0.5**progress.n_halvings
        return [factor * rate for rate in self.schedule.rates(progress.epoch, n_steps, n_rows, progress.n_plateaus)]

    def program(
        self, device: Device, objective: Objective, progress: TrainingState, rows: Rows
    ) -> tuple[Program | None, str]:
        """The epoch as one function, if that goes and pays (else None), and the history's word for it.

        Its results are compared with those of the arrays first, unless an earlier run did so with a program of the same
        formulas and dtypes.
        """
        theta, n = progress.theta, self.epoch_rows(rows)
        if self.compiled is False:
            if device.precision != "float32":
                raise ValueError(
                    f"precision={device.precision!r} is for steps that are compiled, and these are not: "
                    "compiled=False. Use precision='float32'."
                )
            return None, "arrays: as asked"
        n_steps = self.max_epochs * -(-n // min(self.batch_size, n))
        n_members = theta.shape[0] if theta.ndim > 1 else 1
        gain = n_members * (100e-6 + 3e-9 * theta.shape[-1])
        history, current = progress.history, progress.run
        earlier = history.evaluations if current is None else current.evaluations  # a broken-off run takes its old path
        compiler = policy.compiler(device)
        is_long = gain * (earlier + n_steps) >= compiler.seconds
        if self.compiled is None and not (is_long and gain * n_steps >= compiler.again_seconds):
            return None, "arrays: too short a training to compile for"
        decay = self.method.decay if isinstance(self.method, DECAYING) else None
        formulas = objective.l2, objective.l1, decay, self.dropout
        if self.programs is not None and formulas in self.programs:
            program, path, progress.verified = self.programs[formulas]
            return program, path
        if self.ranks.size > 1 and theta.ndim > 1:
            return None, "arrays: members are trained side by side"
        if self.ranks.size > self.step_rows(rows):
            return None, "arrays: there are more ranks than rows in a batch"
        dropout = self._dropout(device, progress)
        X = _stored(rows.X)
        state = self.program_state(device, progress)
        method = self.method if self.average is None else Averaged(self.method, self.average)
        limits = self.clip_norm, self.max_norm
        program, path = compiler.epoch(objective, method, theta, state, X, dropout, *limits, self.ranks)
        if not self.ranks.all(program is not None):
            return None, path if program is None else ON_ANOTHER
        index_dtype = X.indices.dtype if isinstance(rows.X, SparseRows) else None
        described = f"{path}: {objective} {method} {self.dropout} {limits} {theta.dtype} {X.dtype} {index_dtype}"
        if described != progress.verified:
            assert program is not None
            why_not = agreement.of_steps(self, device, objective, progress, rows, program)
            if not self.ranks.all(not why_not):
                return None, f"arrays: {why_not}" if why_not else ON_ANOTHER
            progress.verified = described
        if self.programs is not None:
            self.programs[formulas] = program, path, described
        return program, path

    def program_state(self, device: Device, progress: TrainingState) -> MethodState:
        """The state that compiled steps change: that of the method, with averaging also the average and the steps."""
        if self.average is None:
            return progress.method_state
        xp, step = device.xp, progress.step
        return Averaged(self.method, self.average).state(
            progress.method_state, progress.average, xp.astype(step, progress.theta.dtype)
        )

    def align(self, device: Device, program: Program, progress: TrainingState) -> None:
        """Put theta, the method's state and the average where the program wants them."""
        progress.theta, state = program.align(progress.theta, self.program_state(device, progress))
        arrays = [*state]
        if self.average is not None:
            *arrays, progress.average, _ = arrays
        progress.method_state = type(progress.method_state)(*arrays)

    def keys(self, device: Device, progress: TrainingState, n_steps: int) -> list[Array]:
        """The keys of the dropout masks of ``n_steps`` compiled steps; empty without dropout."""
        dropout = self._dropout(device, progress)
        return [] if dropout is None else [dropout.keys(device.xp, n_steps)]

    def steps(
        self,
        device: Device,
        objective: Objective,
        progress: TrainingState,
        rows: Rows,
        order: Array | None,
        lr: Array,
        gradients: MicroBatches | RankedGradients | None = None,
        counts: Sequence[int] | None = None,
    ) -> tuple[Array, Array]:
        """The steps of an epoch, one by one: sum over rows of their batch's cost, and norm of the last gradient.

        If the rows are those of this rank alone, ``counts`` are the rows of each step on all ranks. There may be more
        steps than batches of these rows.
        """
        xp, theta = device.xp, progress.theta
        gradients = MicroBatches(device, objective) if gradients is None else gradients
        ranks = self.ranks if isinstance(gradients, RankedGradients) else ALONE
        dropout = self._dropout(device, progress)
        n, size, first_row = rows.n_trained if order is None else order.shape[-1], self.step_rows(rows), 0
        full = ranked.share(ranks, slice(0, size), size)
        own_rows = max(1, full.stop - full.start)  # of a full batch
        if counts is not None:
            ranks, size, first_row = ALONE, own_rows, full.start
        own_order = ranked.own_order(device, ranks, order, n, size)
        counts = [min(size, n - start) for start in range(0, n, size)] if counts is None else counts
        n_steps = len(counts)
        total = xp.zeros_like(theta[..., 0])
        with device.steady(own_rows * objective.network.row_product) as give_way:
            batches = rows.batches(xp, own_order, own_rows, theta.dtype, device.block_elements)
            for i in range(n_steps):
                give_way()
                progress.step += 1
                batch = slice(min(i * size, n), min((i + 1) * size, n))
                own = ranked.share(ranks, batch, size)
                lazy = functools.partial(lazy_batch, xp, rows, order, own)
                masks = dropout and replace(dropout, first_row=first_row + own.start - batch.start)
                f, g = gradients.value_and_gradient(theta, own.stop - own.start, batches, lazy, masks)
                if i == n_steps - 1:
                    g_norm = xp.linalg.vector_norm(g, axis=-1)
                if self.clip_norm is not None:
                    clip_norm(xp, g, self.clip_norm)
                self.method.update(xp, theta, g, progress.method_state, lr[..., i : i + 1])
                if self.max_norm is not None:
                    limit_norms(xp, objective.network, theta, self.max_norm)
                if self.average is not None:
                    update_average(xp, progress.average, theta, self.average, xp.astype(progress.step, theta.dtype))
                total = total + f * counts[i]
        return total, g_norm

    def order(self, device: Device, rows: Rows, progress: TrainingState, block: int = 0) -> Array | None:
        """Numbers of the rows in the order of this epoch, (n,) or one for each member (m, n); None as they are.

        ``block`` is the number of these rows where they are one of several blocks of an epoch.
        """
        xp, n, named = device.xp, rows.n_trained, rows.index if rows.of_members is None else rows.of_members
        if not self.shuffle or self.local_batch_size(rows) >= n:
            return named
        stream = (SHUFFLE, progress.epoch, *([block] if block else []))
        order = device.asarray(_drawn(progress.seed, stream, lambda rng: rng.permutation(n)))
        if named is None:
            return order
        if named.ndim == 1:
            return taken(xp, named, order)
        orders = (order,) * named.shape[0] if order.ndim == 1 else (order[i, :] for i in range(named.shape[0]))
        return xp.stack([xp.take(named[i, :], own) for i, own in enumerate(orders)])

    def _dropout(self, device: Device, progress: TrainingState) -> Dropout | None:
        if not any(map(np.any, self.dropout)):
            return None
        of_one = isinstance(progress.seed, tuple)
        shape = (1,) if of_one else (*progress.theta.shape[:-1], 1)
        seeds = _drawn(progress.seed, (DROPOUT,), lambda rng: rng.integers(0, 2**32, shape, np.uint32))
        rates = (device.asarray(np.array(rate)[:, None]) if isinstance(rate, tuple) else rate for rate in self.dropout)
        return Dropout(tuple(rates), device.asarray(seeds), progress.step)


@dataclass(frozen=True)
class Epochs:
    """The step of the training loop: one pass over the rows.

    Parameters
    ----------
    minibatch : Minibatch
    device : Device
    objective : Objective
    rows : Rows
    program : callable or None
        The compiled epoch.
    gradients : MicroBatches
        Gradients of epochs by arrays.
    """

    minibatch: Minibatch
    device: Device
    objective: Objective
    rows: Rows
    program: Program | None
    gradients: MicroBatches | RankedGradients

    def __call__(self, progress: TrainingState) -> Entry:
        minibatch, device, rows = self.minibatch, self.device, self.rows
        rates = minibatch.rates(progress, rows)
        total, norm = self.of_rows(progress, rows, minibatch.order(device, rows, progress), rates)
        cost, norm, finite = outcome(device, progress.theta, self.over_ranks(total) / rows.n_trained, norm)
        return self.entry(progress, rates, float(np.mean(cost)), float(np.mean(norm)), bool(np.all(finite)))

    def of_rows(
        self,
        progress: TrainingState,
        rows: Rows,
        order: Array | None,
        rates: list[float],
        counts: Sequence[int] | None = None,
    ) -> tuple[Array, Array]:
        """The steps on rows in an order: sum over rows of their batch's cost, and norm of the last gradient.

        ``counts`` are as for `Minibatch.steps`.
        """
        minibatch, device, program, theta = self.minibatch, self.device, self.program, progress.theta
        lr = device.asarray(np.asarray(rates), theta.dtype)
        if program is None:
            return minibatch.steps(device, self.objective, progress, rows, order, lr, self.gradients, counts)
        order = device.asarray(np.arange(rows.n_trained)) if order is None else order
        keys = minibatch.keys(device, progress, len(rates))
        state, ranks, size = minibatch.program_state(device, progress), minibatch.ranks, minibatch.step_rows(rows)
        of_ranks: dict[str, Any] = {}
        if ranks.size > 1:
            weights: np.ndarray | None = None
            if counts is None:
                counts, weights = ranked.batch_weights(order, rows.weight, size)
                order = ranked.own_order(device, ranks, order, order.shape[-1], size)
            own = minibatch.own_share(rows)
            of_ranks = {
                "totals": ranked.totals(ranks, counts, weights),
                "first_row": own.start,
                "largest_share": -(-size // ranks.size),
            }
            size = own.stop - own.start
        total, norm = program(theta, state, _stored(rows.X), rows.T, rows.weight, order, lr, size, *keys, **of_ranks)
        progress.step += len(rates)
        return total, norm

    def over_ranks(self, total: Array) -> Array:
        """Sum over all ranks of the sums that `of_rows` gave, of which those of compiled steps are of a rank alone."""
        if self.program is None or self.minibatch.ranks.size == 1:
            return total
        total = np.atleast_1d(total)
        self.minibatch.ranks.allreduce(total)
        return total[0]

    def entry(self, progress: TrainingState, rates: list[float], cost: float, norm: float, finite: bool) -> Entry:
        """Count an epoch that was made, and give its entry."""
        progress.epoch += 1
        progress.history.evaluations += len(rates)
        return Entry(cost, norm, rates[-1], finite)


def outcome(device: Device, theta: Array, cost: Array, norm: Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Costs, norms of the gradient, and whether cost and theta (..., P) are finite: (...) on the host, in one piece."""
    xp = device.xp
    finite = xp.astype(xp.all(xp.isfinite(theta), axis=-1), theta.dtype)
    cost, norm, finite = device.to_host(xp.stack([device.asarray(x, theta.dtype) for x in (cost, norm, finite)]))
    return cost, norm, (finite == 1) & np.isfinite(cost)


def _drawn(
    seed: int | tuple[int, ...], stream: tuple[int, ...], draw: Callable[[np.random.Generator], np.ndarray]
) -> np.ndarray:
    """Draw from a stream of random numbers of a seed; draws of several seeds are stacked, (m, ...)."""
    if isinstance(seed, tuple):
        return np.stack([draw(np.random.default_rng([one, *stream])) for one in seed])
    return draw(np.random.default_rng([seed, *stream]))


def _stored(X: Any) -> Any:
    """X as compiled code reads it: an array, or the matrix of sparse rows."""
    return X.matrix if isinstance(X, SparseRows) else X
