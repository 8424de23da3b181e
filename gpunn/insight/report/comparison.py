"""A comparison of models as one page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from gpunn.insight.compare import Comparison
from gpunn.insight.comparison_words import MODEL_HEAD, model_rows, notes_of, pair_head, pair_rows, title_of
from gpunn.insight.displays.compare import CompareDisplay, figure_size
from gpunn.insight.displays.style import printable, pyplot
from gpunn.insight.report import page
from gpunn.insight.report.page import Html
from gpunn.insight.report.picture import picture


def comparison_report(comparison: Comparison, *, title: str = "gpunn comparison") -> str:
    """Comparison of several classifiers on the same rows as one page, with tests of significance.

    Like that of `html_report` the page has its pictures within it, follows the reader's light or dark theme, and can
    run nothing.

    Parameters
    ----------
    comparison : Comparison
        As `gpunn.insight.compare` gives it.
    title : str, default="gpunn comparison"

    Returns
    -------
    str
        HTML in UTF-8 characters, to be written as UTF-8. Notebooks show it as a page.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    """
    pyplot("comparison_report")
    best = max(comparison.models, key=lambda model: model.accuracy)
    accuracies = [(model.name, f"{model.accuracy:.2%}") for model in comparison.models]
    pictures = [_picture(comparison, "accuracy", "Accuracies", accuracies)]
    facts = [("best accuracy", f"{printable(best.name, 40)} ({best.accuracy:.2%})")]
    losses = [(model.log_loss, model.name) for model in comparison.models if model.log_loss is not None]
    if losses:
        loss, name = min(losses)
        facts.append(("least log-loss", f"{printable(name, 40)} ({loss:.4f})"))
    if len(losses) > 1:
        named = [(name, f"{loss:.4f}") for loss, name in losses]
        pictures.append(_picture(comparison, "log_loss", "Log-losses", named))
    models, pairs, weighted = comparison.models, comparison.pairs, comparison.weighted
    sentences = [*(pair.verdict for pair in pairs), *notes_of(pairs, weighted)]
    return page.page(
        title,
        Html(f"<h1>{page.text(title)}</h1>"),
        page.paragraph(f"{title_of(models, weighted)}.", soft=True),
        page.tiles(facts),
        page.section("Verdicts", *map(page.paragraph, sentences)),
        page.section("Pictures", *pictures),
        page.section("Models", page.table("Each model", MODEL_HEAD, model_rows(models), numbers=range(2, 7))),
        page.section(
            "Pairs",
            page.table(
                "First minus second",
                pair_head(comparison.pairs),
                pair_rows(comparison.models, comparison.pairs),
                numbers=range(1, 8),
            ),
        ),
    )


def _picture(
    comparison: Comparison, metric: Literal["accuracy", "log_loss"], what: str, values: Sequence[tuple[str, str]]
) -> Html:
    """A metric of the models, and their differences from the best."""
    size = figure_size(len(values))

    def draw(ax: Any) -> None:
        figure = ax.figure
        ax.remove()
        CompareDisplay(comparison, metric).plot(figure.subplots(1, 2))

    drawn = picture(
        f"comparison-{metric}",
        f"{what}, and differences from the best",
        "; ".join(f"{printable(name, 40)} {value}" for name, value in values) + ".",
        draw,
        size,
        least=0.7 * size[0],
    )
    return page.scroll(f"{what} and differences", drawn)
