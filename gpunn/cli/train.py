"""gpunn train: a table becomes a model file, with a report on rows that were held out."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import math
import os
import shlex
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from gpunn import io
from gpunn import manifest as manifests
from gpunn.cli import report, signals
from gpunn.cli.command_file import check_unused, new_command, resumed_command
from gpunn.cli.inspection import write_page
from gpunn.cli.options import OPTIONS
from gpunn.cli.reading import Reading
from gpunn.cli.scores import Scores
from gpunn.cli.sources import Source, labelled_table, named, place
from gpunn.cli.training_rows import check_share, read
from gpunn.config import checks, presets, registry
from gpunn.config.constraints import ParameterError, check_threshold
from gpunn.config.parameters import PARAMETERS
from gpunn.data import sources
from gpunn.data.csv_text import STDIN
from gpunn.data.labels import Labels
from gpunn.data.tables import form_of
from gpunn.devices import DeviceUnavailableError, get_device
from gpunn.devices.ranks import ALONE, Ranks, expected, get_ranks
from gpunn.estimator import MLPClassifier
from gpunn.estimator.checkpoints import DataDifferError
from gpunn.estimator.digests import VALIDATION
from gpunn.estimator.prepare_stream import check_settings
from gpunn.features import Features, FeatureWarning, Spellings
from gpunn.features.oddities import oddities
from gpunn.manifest import KEYS, Manifest
from gpunn.shown import brief, show

MANY_CLASSES = 50  # more different numbers are a quantity rather than classes

MANIFESTS = (".yaml", ".yml", ".toml")
NO_MANIFEST = ""  # the source of a plan that is only a table


def ranks_of(options: argparse.Namespace) -> Ranks:
    """The processes to train with: by default all that were started together."""
    name = ("mpi" if expected() > 1 else None) if options.ranks is None else options.ranks
    return get_ranks("mpi" if name == "mpi" else None)  # another name is an error of the parameter


def train(options: argparse.Namespace) -> int:
    ranks = ranks_of(options)
    if options.ranks in (None, "none"):
        options.ranks = None if ranks is ALONE else "mpi"
    with ranks.training(), contextlib.nullcontext() if ranks.rank == 0 else report.silent():
        if ranks.size > 1 and STDIN in (options.source, options.validation):
            raise ValueError("-: standard input reaches one of several ranks alone. Give a file.")
        plan = _plan(options.source)
        with _naming_manifest(plan):
            return _train(options, plan, ranks)


def _train(options: argparse.Namespace, plan: Manifest, ranks: Ranks) -> int:
    source = Source(
        plan.data["file"],
        options.separator or plan.data.get("separator"),
        options.decimal or plan.data.get("decimal"),
    )
    target = options.target or plan.data.get("target")
    if target is None:
        raise ValueError("--target is missing: name the column with the labels, as in --target digit.")
    if sources.is_pattern(source.name):
        sources.check_found(source.name)
    output = _places(options, source.name)
    _check_checkpoint(options, source.name)
    clf = _classifier(plan, options)
    ranks.all(True)  # until all have looked at which files are there, rank 0 writes none
    if ranks.rank > 0:  # which leaves what there is to show and to write to rank 0
        options.quiet, options.live, options.report = True, False, None
    spellings = Spellings(
        (*plan.data.get("missing", ()), *options.missing), (*plan.data.get("not_missing", ()), *options.not_missing)
    )
    share = plan.data.get("held_out", 0.2) if options.held_out is None else options.held_out
    told_share = _told_by(options.held_out is not None, plan, "--held-out", "data.held_out")
    if sources.is_pattern(source.name):
        _check_pattern(clf, options, plan)
        check_share(share, told_share)
    reading = Reading()
    told = _told_by(options.kind, plan, "--kind", "data.features")
    with contextlib.ExitStack() as shown:
        shown.enter_context(report.warned(lambda: f"{source}{table.where}"))
        given = clf.features if isinstance(clf.features, dict) else {}
        if not options.quiet and sources.is_pattern(source.name):
            reading.tell = shown.enter_context(report.first_pass())
        table, kinds, spellings = read(source, target, given, spellings, told, clf.random_state, reading)
    X, y = table.X, table.y
    labels = _labels(clf, options, plan, table.labels, f"{source}, column {target!r}", spellings)
    _check_overwriting(output, options, target)
    rows, held_out = table.split(share, clf.random_state, told_share)
    clf.set_params(**_of_preset(plan, options, len(rows), X.num_columns))
    for odd in oddities(X, kinds, spellings):
        report.warn(f"{source}{table.where}: {odd}")
    X_test, y_test = X.take(held_out), y[held_out]
    features = _features(clf, X, X.take(rows), X_test, kinds, spellings, f"{source}{table.where}")
    plan.check_sizes(features.n_out, len(labels.classes))
    watched: dict[str, Any] = {}
    if options.validation:
        other = Source(options.validation, options.separator, options.decimal)
        found = labelled_table(features, other, target, labels.classes)
        watched = dict(zip(("X_val", "y_val"), found, strict=True))
    report.say(
        f"{source}: {table.n_rows:,} rows, {_plural(features.n_in, 'column')} as "
        f"{_plural(features.n_inputs, 'input')}, {len(labels.classes)} classes; {len(held_out):,} rows held out"
        + (f"; columns learned from a random sample of {len(rows):,} rows" if table.where else "")
        + (f"; {len(watched['y_val']):,} rows to validate on" if watched else "")
    )
    clf.features = features
    with _naming_tables(str(source), options):
        clf, seconds, hurry = _fit_and_save(
            clf, options, plan, table.of_training(rows, held_out), watched, target, output, reading
        )
    if ranks.rank > 0:
        return 0
    report.training(clf, seconds)
    if options.checkpoint and clf.history_.stopped == "interrupted":
        report.say(f"to continue: {shlex.join(['gpunn', 'resume', options.checkpoint])}")
    if hurry:
        report.say(f"model saved to {output}")
        return signals.exit_code()
    if held_out.size:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FeatureWarning)  # a random part of the table is written as the rest of it
            scores = Scores.of(clf._model, [(X_test, y_test)])
        report.evaluation(scores, "held-out rows", by_class=False)
    report.say(f"model saved to {output}")
    if options.report:
        title = f"{output.name} on held-out rows"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FeatureWarning)
            write_page(options.report, clf, X_test, y_test, title, options.how, table.numbers(held_out))
    return signals.exit_code() if clf.history_.stopped == "interrupted" else 0


def _plural(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' * (n != 1)}"


def _plan(source: str) -> Manifest:
    if Path(source).suffix.lower() not in MANIFESTS:
        return Manifest({}, data={"file": source}, source=NO_MANIFEST)
    plan = manifests.read(source)
    if "file" not in plan.data:
        raise ValueError(f"{plan.place('data.file')}: the manifest names no table to train on. Add the key.")
    file = plan.data["file"]
    if not sources.paths(file) or os.path.isdir(file):
        what = "is a folder" if os.path.isdir(file) else "there is no such file"
        raise ValueError(f"{plan.place('data.file')}: {brief(file)}: {what}.")
    return plan


@contextlib.contextmanager
def _naming_manifest(plan: Manifest) -> Iterator[None]:
    """Name the manifest in errors about the training that it describes."""
    try:
        yield
    except (ValueError, DeviceUnavailableError, MemoryError) as error:
        message = str(error)
        if plan.source == NO_MANIFEST or plan.source in message or message.startswith("--"):
            raise
        raise ValueError(f"{plan.source}: {message}") from None


def _told_by(given: Any, plan: Manifest, option: str, key: str) -> str:
    """The option that set a value, or the place in the manifest, where there was no such option."""
    inside = KEYS.get(key) in plan.parameters or key.split(".")[-1] in plan.data
    return plan.place(key) if inside and not given else option


def _places(options: argparse.Namespace, data: str) -> Path:
    """Path of the model; all that could keep a result from being shown or written is told before the work."""
    if options.live and not sys.stderr.isatty():
        raise ValueError("--live: standard error is no terminal to draw on. Leave the option out, or do not redirect.")
    if options.output == STDIN or (options.source == STDIN and not options.output):
        raise ValueError("--output: name the file for the model; there is none to take the name from.")
    if options.report:
        if options.held_out == 0:
            raise ValueError("--report: it is about held-out rows, and --held-out 0 leaves none. Use gpunn report.")
        place(options.report, options.source, *sources.paths(data), option="--report")
        importlib.import_module("matplotlib")
    if options.output:
        return place(options.output, options.source, *sources.paths(data))
    if sources.is_pattern(options.source):
        raise ValueError("--output: name the file for the model; a pattern of names is none to take the name from.")
    # A table that has the name of a model is refused when it is read.
    return place(Path(options.source).with_suffix(".gpunn"))


def _check_pattern(clf: MLPClassifier, options: argparse.Namespace, plan: Manifest) -> None:
    """ValueError where an option needs a table in memory, or there is no file to validate on."""
    if options.preset is not None:
        raise ValueError(
            f"--preset {options.preset}: it trains on folds of a table in memory, and the files of a pattern are read "
            "in each epoch. Leave the option out, or name one file."
        )
    with _named_options(options, plan):
        check_settings(clf, is_validated=options.validation is not None)
    if options.validation and options.validation != STDIN:
        form_of(options.validation)


def _check_checkpoint(options: argparse.Namespace, data: str) -> None:
    """Errors of ``--checkpoint`` that are told before the work."""
    if options.checkpoint is None:
        if options.checkpoint_every is not None:
            raise ValueError("--checkpoint-every: name the folder for the checkpoints by --checkpoint.")
        return
    if not options.checkpoint:
        raise ValueError("--checkpoint '': give the name of a folder for the checkpoints.")
    if STDIN in (data, options.validation):
        raise ValueError("--checkpoint: standard input cannot be read again by gpunn resume. Give a file.")
    if not options.resumes:
        check_unused(options.checkpoint)


def _check_overwriting(output: Path, options: argparse.Namespace, target: str) -> None:
    """FileExistsError where a model of another target has the name that this one would take of its table."""
    if options.output or not output.exists():
        return
    try:
        other = io.read(output).target
    except ValueError:  # damaged, or no model at all
        return
    if other != target:
        raise FileExistsError(
            f"--output: {output} is a model of {other!r} and would be overwritten by one of {target!r}. Name another "
            "file, or this one if it may be."
        )


def _classifier(plan: Manifest, options: argparse.Namespace) -> MLPClassifier:
    """The estimator asked for, its parameters and its device checked before any table is read."""
    clf = MLPClassifier(**{"random_state": 0, **_of_preset(plan, options), **plan.parameters, **_chosen(options)})
    if clf.features is None:
        raise ValueError(
            f"{plan.place('data.features')}: false leaves the columns as they are, and gpunn train has to encode them. "
            "Leave the key out."
        )
    if options.checkpoint:
        clf.set_params(checkpoint=options.checkpoint, checkpoint_every=options.checkpoint_every or 1)
    if options.kind:
        clf.features = {**(clf.features if isinstance(clf.features, dict) else {}), **dict(options.kind)}
    with _named_options(options, plan):
        checks.check_parameters(clf)
    get_device(clf.device or "cpu", clf.precision)
    return clf


def _chosen(options: argparse.Namespace) -> dict[str, Any]:
    """The parameters that options set."""
    given = {parameter: getattr(options, parameter) for parameter in OPTIONS}
    return {parameter: value for parameter, value in given.items() if value is not None}


def _of_preset(
    plan: Manifest, options: argparse.Namespace, n_rows: int = presets.MANY, n_columns: int = 1
) -> dict[str, Any]:
    """The parameters that the preset sets for training rows of a table, if one was asked for."""
    if options.preset is None:
        return {}
    solver = {**plan.parameters, **_chosen(options)}.get("solver")
    if registry.is_full_batch(solver):
        told = _told_by(options.solver, plan, "--solver", "training.optimize.method")
        raise ValueError(
            f"{told}: solver={show(solver)} uses all rows in each step, and --preset {options.preset} is for solvers "
            "that train on minibatches. Leave one of the two out."
        )
    chosen = {**plan.parameters, **_chosen(options)}
    members = chosen.get("n_members")
    # What the preset leaves out for few rows is also to replace what it had set before their number was known.
    without = {"cross_validation": None, "early_stopping": False, "temperature_scaling": False}
    found = {**without, **presets.parameters(options.preset, n_rows, n_columns, members)}
    found["n_iter_no_change"] = presets.patience(chosen.get("max_iter", found["max_iter"]))
    if options.validation:  # in the place of folds
        found |= {"cross_validation": None, "early_stopping": True, "temperature_scaling": True}
    others = {"features", *chosen}  # tables are encoded anyway
    if {"learning_rate", "early_stopping"} & others:  # whose rate may not have come to its end
        found["n_iter_no_change"] = math.inf
    if "hidden_layer_sizes" in others:  # of which there may be more or fewer than the preset names activations for
        found["activation"] = found["activation"][-1]
    if registry.is_schedule_free(solver):  # which averages itself
        del found["ema_decay"]
    return {name: value for name, value in found.items() if name not in others}


def _labels(
    clf: MLPClassifier, options: argparse.Namespace, plan: Manifest, y: np.ndarray, where: str, spellings: Spellings
) -> Labels:
    """The classes, and what of the parameters is about them."""
    with named(where), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of many classes: split refuses those that are too small
        _check_classes(y, options, spellings)
        labels = Labels.learn(y)
    _warn_of_alike(labels.classes, where)
    told = _told_by(options.class_weight, plan, "--class-weight", "training.class_weight")
    clf.set_params(class_weight=_by_label(clf.class_weight, labels.classes, told))
    with _named_options(options, plan):
        check_threshold(clf.threshold, len(labels.classes), multilabel=False)
    return labels


def _warn_of_alike(classes: np.ndarray, where: str) -> None:
    """Warn of two classes that differ in blanks or case alone."""
    first: dict[str, Any] = {}
    for label in classes.tolist():
        other = first.setdefault(str(label).strip().casefold(), label)
        if other is not label:
            report.warn(
                f"{where}: the classes {other!r} and {label!r} differ in blanks or case alone, and are two classes."
            )
            return


def _check_classes(y: np.ndarray, options: argparse.Namespace, spellings: Spellings) -> None:
    """ValueError where labels are probably a quantity to be predicted."""
    classes = np.unique(y)
    numbers = [spellings.parse("numbers", str(label).strip()) for label in classes]
    if options.classes_ok or any(number is None for number in numbers):
        return
    if len(classes) > MANY_CLASSES or any(number % 1 for number in numbers if number is not None):
        raise ValueError(
            f"it holds {len(classes):,} different numbers, like {classes[0]}, each of which would be a class: gpunn "
            "classifies, and has no regression. If they are classes add --classes-ok; else name another target."
        )


def _features(
    clf: MLPClassifier, X: Any, X_train: Any, X_test: Any, kinds: dict[str, str], spellings: Spellings, name: str
) -> Features:
    """The columns as the training rows have them; they are known to take the other rows before the training."""
    names = ("numeric_encoding", "max_bins", "max_categories", "min_frequency", "max_one_hot")
    settings: dict[str, Any] = {name: getattr(clf, name) for name in names}
    with named(name), warnings.catch_warnings():
        warnings.simplefilter("ignore", FeatureWarning)  # told of the whole table
        try:
            features = Features.learn(X_train, kinds, spellings=spellings, **settings)
            if X_test.num_rows:
                features.transform(X_test)
        except ValueError:
            Features.learn(X, kinds, spellings=spellings, **settings)  # says it with the number of the row in the table
            raise
    return features


def _fit_and_save(
    clf: MLPClassifier,
    options: argparse.Namespace,
    plan: Manifest,
    data: tuple[Any, Any],
    validation: dict[str, Any],
    target: str,
    output: Path,
    reading: Reading,
) -> tuple[MLPClassifier, float, bool]:
    """Train, with what is to be seen of it, and save the model. Returns the classifier, the seconds that training took,
    and whether somebody waits for the process to end."""
    with contextlib.ExitStack() as held:
        n_done, seconds_done = 0, 0.0  # before this process
        is_first = get_ranks(clf.ranks).rank == 0
        if not is_first:
            pass
        elif options.resumes:
            n_done, seconds_done = held.enter_context(resumed_command(options.checkpoint, clf))
        elif options.checkpoint:
            held.enter_context(new_command(options.checkpoint, options.how))
        after = None
        if not options.quiet:
            shown = report.drawn(clf) if options.live else report.progress(clf, n_done, reading)
            after = held.enter_context(shown)
        caught = held.enter_context(_caught())
        held.enter_context(_named_options(options, plan))
        clf.set_params(callback=after)
        with signals.held() as waiting:  # from the end of fit on, so that what it learned is not lost
            began = time.perf_counter()
            with signals.raising():
                if options.resumes:
                    clf = MLPClassifier.resume(options.checkpoint, *data, **validation, callback=after, ranks=clf.ranks)
                else:
                    clf.fit(*data, **validation)
            seconds = seconds_done + time.perf_counter() - began
            clf.set_params(callback=None)
            interrupted = clf.history_.stopped == "interrupted"
            if interrupted and not clf.n_iter_:
                raise KeyboardInterrupt  # nothing was learned: a model that is there already is worth more
            clf.target_ = target
            if is_first:
                clf.save(output)
    for message in caught:
        report.warn(message)
    return clf, seconds, bool(waiting) or (interrupted and signals.last() == signal.SIGTERM)


@contextlib.contextmanager
def _caught() -> Iterator[list[str]]:
    """Warnings of a training, which are told after it; those of checkpoints, which somebody may act upon, at once."""
    caught: list[str] = []

    def keep(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, io.CheckpointWarning):
            report.warn(str(message))
        elif not issubclass(category, ConvergenceWarning):  # to run all epochs asked for is no fault
            caught.append(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = keep
        yield caught


@contextlib.contextmanager
def _naming_tables(source: str, options: argparse.Namespace) -> Iterator[None]:
    """Data that are not those of the training to be resumed are told by the file that was changed."""
    try:
        yield
    except DataDifferError as error:
        # Scales and categories that are learned of the table encode the rows to validate on, too.
        name = source if set(error.differ) - {VALIDATION} else options.validation
        raise ValueError(
            f"{name}: the table is not that of the training in {options.checkpoint}: rows, columns or labels were "
            "changed. Restore it, or train again in another folder."
        ) from None


@contextlib.contextmanager
def _named_options(options: argparse.Namespace, plan: Manifest) -> Iterator[None]:
    """An error in a parameter begins with the option that set it, or the place in the manifest, if one did."""
    try:
        yield
    except ParameterError as error:
        named = error.parameter.partition("[")[0]
        place = ""
        if named in OPTIONS and getattr(options, named) is not None:
            place = f"{OPTIONS[named].flag}: "
        elif named in plan.parameters:
            place = f"{plan.place(PARAMETERS[named].key)}: "
        raise ValueError(f"{place}{error}") from None


def _by_label(weights: Any, classes: np.ndarray, told: str) -> Any:
    """Weights of classes that are named as tables have them, by the classes themselves."""
    if not isinstance(weights, dict):
        return weights
    labels = {report.shown(label): label for label in classes.tolist()}
    for name in weights:
        if report.shown(name) not in labels:
            few = ", ".join([*labels][:10])
            raise ValueError(
                f"{told}: there is no class {name!r}. The classes are {few}{', ...' * (len(labels) > 10)}."
            )
    return {labels[report.shown(name)]: weight for name, weight in weights.items()}
