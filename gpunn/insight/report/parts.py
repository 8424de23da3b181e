"""The parts of the report about the data, the network, its training and its faults."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gpunn.compile import policy
from gpunn.devices import device_for
from gpunn.insight.displays import GradientFlowDisplay, TrainingCurveDisplay
from gpunn.insight.displays.flow import CURVES
from gpunn.insight.displays.style import printable
from gpunn.insight.displays.training import rounds_of
from gpunn.insight.finding import Finding, in_words
from gpunn.insight.report import page
from gpunn.insight.report.page import Html
from gpunn.insight.report.picture import picture
from gpunn.insight.report.results import Results
from gpunn.model.fitted import Classifier
from gpunn.nn.objective import Objective
from gpunn.training.history import ENDED_BY
from gpunn.training.layers import SATURATED_BELOW, LayerStatistics, activation_name

MOST_COLUMNS = 20
FOLLOWS = "What may follow from it"


def header(title: str, clf: Classifier, results: Results) -> Html:
    """Title, and what it is about in a sentence."""
    sizes = "-".join(map(str, clf.network_.sizes))
    return page.join(
        [
            Html(f"<h1>{page.text(title)}</h1>"),
            page.paragraph(f"A network {sizes}, on {len(results):,} rows with labels.", soft=True),
        ]
    )


def data(clf: Classifier, results: Results, trained_on: int | None) -> Html:
    """Shapes, classes, and the columns where the model knows them."""
    commonest, share = results.commonest
    facts = [
        ("rows of this report", f"{len(results):,}"),
        ("inputs", f"{clf.network_.sizes[0]:,}"),
        ("labels" if results.multilabel else "classes", f"{len(results.classes):,}"),
        ("most common", f"{printable(results.classes[commonest], 40)} ({share:.1%})"),
    ]
    if trained_on is not None:
        facts.insert(1, ("training rows", f"{trained_on:,}"))
    parts = [page.tiles(facts)]
    features = getattr(clf, "features_", None)
    if features is not None:
        rows = [(column.name, column.kind, column.becomes) for column in features.columns[:MOST_COLUMNS]]
        caption = _first("columns", len(rows), len(features.columns))
        parts.append(page.table(caption, ("column", "kind", "becomes"), rows))
    return page.section("Data", *parts)


def network(clf: Classifier) -> Html:
    """A table of the layers."""
    objective = Objective(clf.network_, clf.head_)
    rows = []
    for number, layer in enumerate(clf.network_.layers, 1):
        n_learned = sum(part.stop - part.start for part in (layer.W, layer.b, *layer.learned.values()))
        name = "output" if number == len(clf.network_.layers) else f"hidden {number}"
        kind = activation_name(objective, layer)
        rows.append((name, f"{layer.n_in:,}", f"{layer.n_out:,}", kind, f"{n_learned:,}"))
    if clf.network_.embeddings:
        n_categories = sum(embedding.n_categories for embedding in clf.network_.embeddings)
        n_learned = sum(table.stop - table.start for table in clf.network_.tables)
        n_embedded = clf.network_.n_embedded
        rows.insert(0, ("embedding", f"{n_categories:,} categories", f"{n_embedded:,}", "none", f"{n_learned:,}"))
    head = ("layer", "inputs", "neurons", "activation", "parameters")
    cost = type(clf.head_.cost_function).__name__
    return page.section(
        "Network",
        page.paragraph(
            f"{'-'.join(map(str, clf.network_.sizes))}: {clf.network_.n_parameters:,} parameters in "
            f"{clf.theta_.dtype}; the cost is {cost}."
        ),
        page.table("Layers", head, rows, numbers=[1, 2, 4]),
    )


def training(clf: Classifier, diagnosis: Any) -> Html:
    """Curves, why training ended, how long it took, and the layers: in numbers, and as recorded while they learned."""
    history, layers = clf.history_, _layers(diagnosis.layers)
    if not history.n_iter:
        return page.section("Training", page.paragraph("Not one epoch was trained: there is nothing to show."), layers)
    rounds = f"{rounds_of(clf)}s"
    facts = [
        (rounds, f"{history.n_iter:,}"),
        ("time", _time(history.seconds[-1])),
        ("cost at the end", f"{history.cost[-1]:.4g}"),
    ]
    if history.validation_score:
        facts.append(("best validation score", f"{np.nanmax(history.validation_score):.4g}"))
    ended = f"Ended by {ENDED_BY.get(history.stopped, history.stopped)}."
    if history.best is not None:
        ended += f" The weights after {rounds[:-1]} {history.best + 1} were kept."
    display = TrainingCurveDisplay({"": history}, rounds[:-1])
    titles = {
        "cost": "Cost",
        "score": "Accuracy" if clf.scoring is None else f"Score: {printable(clf.scoring, 40)}",
        "learning_rate": "Learning rate" if rounds == "epochs" else "Step length",
        "gradient_norm": "Norm of the gradient",
    }
    curves = [
        picture(f"curve-{name}", title, _course(rounds, display.lines(name)), _panel(display, name))
        for name, title in titles.items()
        if any(len(set(values)) > 1 for *_, values in display.lines(name))  # a constant is no picture
    ]
    parts = [page.tiles(facts), page.paragraph(ended), page.pictures(curves)]
    if getattr(clf, "layer_history_", None):
        parts += [page.heading("Layers while they learned"), page.pictures(_flow(clf))]
    return page.section("Training", *parts, layers)


def _panel(display: TrainingCurveDisplay | GradientFlowDisplay, name: str) -> Callable[[Any], Any]:
    return lambda ax: display.plot(ax, curves=(name,))


def _flow(clf: Classifier) -> list[Html]:
    flow = GradientFlowDisplay(clf.layer_history_, rounds_of(clf))
    titles = {
        "gradient_norm": "Gradient of each layer",
        "saturated": "Saturated units of each layer",
        "update_ratio": "Size of a step, relative to the weights",
    }
    return [
        picture(f"flow-{name}", title, f"{CURVES[name]}, by layer and {flow.rounds}.", _panel(flow, name))
        for name, title in titles.items()
        if flow.lines(name)
    ]


def findings(diagnosis: Any, what: str) -> Html:
    """Finding with the numbers that show it and its remedy."""
    parts = [page.paragraph(f"On {what}.", soft=True)]
    if not diagnosis.findings:
        parts.append(page.paragraph("Nothing that is looked for was found wrong."))
    for heading, group in _groups(diagnosis.findings):
        parts += [page.heading(heading), *(_finding(finding, follows=heading == FOLLOWS) for finding in group)]
    return page.section("Findings", *parts)


def _groups(findings: Sequence[Finding]) -> list[tuple[str, Sequence[Finding]]]:
    """The first finding, its consequences, and what is independent of it; each with a heading, none of them empty."""
    first = findings[:1]
    following = [finding for finding in findings if first and finding.follows_from == first[0].name]
    others = [finding for finding in findings[1:] if finding not in following]
    groups = [("Likely cause", first), (FOLLOWS, following), ("Also", others)]
    return [(heading, group) for heading, group in groups if group]


def _finding(finding: Finding, follows: bool) -> Html:
    """One finding; smaller where it ``follows`` from the one above it, so that the cause stands out."""
    where = "" if finding.layer is None else f" (layer {finding.layer})"
    numbers = "; ".join(f"{in_words(key)} {value:.4g}" for key, value in finding.evidence.items())
    text = finding.text if follows or finding.origin is None else f"{finding.text} {finding.origin}"
    return Html(
        f'<div class="finding{" follows" * follows}"><h4>{page.text(finding.title.capitalize() + where)}</h4>'
        f"{page.paragraph(text)}<p><strong>What to do:</strong> {page.text(finding.remedy, 2000)}</p>"
        f"{page.paragraph(f'Evidence: {numbers}.', soft=True)}</div>"
    )


def _layers(layers: list[LayerStatistics]) -> Html:
    def share(value: float | None) -> str:
        return "none" if value is None else f"{value:.1%}"

    rows = []
    for layer in layers:
        name = "output" if layer is layers[-1] else f"hidden {layer.layer}"
        norms = (layer.z_std, layer.h_std, layer.weight_norm, layer.gradient_norm)
        rows.append((name, share(layer.saturated), share(layer.dead), *(f"{norm:.3g}" for norm in norms)))
    saturated = f"|f'| < {SATURATED_BELOW}"
    head = ("layer", saturated, "dead", "std of z", "std of h", "weight norm", "gradient norm")
    return page.table("The layers in numbers", head, rows, numbers=range(1, len(head)))


def origin(clf: Classifier, X: Any, how: str) -> Html:
    """Device, versions, and how to have the same again."""
    history = clf.history_
    try:
        manifest, note = clf.to_manifest(), "Parameters that differ from the defaults, as a manifest"
    except ValueError as error:  # a parameter that is an object has no name to write down
        manifest, note = repr(clf), f"The parameters ({error})"
    device = device_for(clf.device, X)
    packages = {"gpunn": "gpunn", "NumPy": "numpy", "scikit-learn": "scikit-learn", "Matplotlib": "matplotlib"}
    facts = {
        "steps of training": history.path or "not recorded",
        **({"notes": " ".join(history.notes)} if history.notes else {}),
        "device of this report": device.name,
        **device.describe(),
        "compiled": policy.describe(device)["compiled"],
        **{name: importlib.metadata.version(package) for name, package in packages.items()},
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "report made": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    parts = [page.table("Where it ran", ("what", "value"), facts.items())]
    if how.strip():
        parts += [page.heading("How to reproduce it"), page.preformatted(how, "How to reproduce it")]
    parts += [page.heading(note), page.preformatted(manifest, "Parameters")]
    return page.section("How it was made", *parts)


def _first(what: str, shown: int, n: int) -> str:
    return f"The {n:,} {what}" if shown == n else f"The first {shown} of {n:,} {what}"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def _course(rounds: str, lines: list[tuple[int, str, str, list[Any]]]) -> str:
    parts = [
        f"{of}, from {v[0]:.4g} to {v[-1]:.4g}, smallest {min(v):.4g}, largest {max(v):.4g}" for _, _, of, v in lines
    ]
    return f"Over {len(lines[0][3])} {rounds}: {'; '.join(parts)}."
