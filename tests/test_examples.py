"""Every example runs, in its quick form: it prints its table, judges its claims and draws its figure."""

from __future__ import annotations

import gzip
import importlib
import math
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="Matplotlib is not installed (gpunn[plots])")

from examples import __main__ as everything
from examples import common, costs, drawings, field_guide, mnist, saturation, slowdown, spam
from gpunn.insight.findings import FINDINGS

HOUSE = Path(__file__).parents[1]
PNG = b"\x89PNG\r\n\x1a\n"
VERDICTS = {common.HELD, common.IN_PART, common.CONTRADICTED, common.NOT_TESTED}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Outcomes by name of all examples, and the folder they wrote to."""
    folder = tmp_path_factory.mktemp("gallery")
    return everything.main(["--quick", "--output", str(folder)]), folder


def test_every_script_is_run_with_all_others():
    scripts = {path.stem for path in (HOUSE / "examples").glob("*.py")}
    assert set(everything.NAMES) == scripts - {
        "__init__", "__main__", "common", "drawings", "field_guide", "mnist",  # mnist needs data that are not here
    }  # fmt: skip


@pytest.mark.parametrize("name", everything.NAMES)
def test_an_example_has_a_table_claims_and_a_figure(found, name):
    outcome = found[0][name]
    assert outcome.rows and all(len(row) == len(outcome.columns) for row in outcome.rows)
    assert outcome.claims and {claim.verdict for claim in outcome.claims} <= VERDICTS
    tested = [claim for claim in outcome.claims if claim.verdict != common.NOT_TESTED]
    assert all(re.search(r"\d", claim.found) for claim in tested)  # numbers, not words alone
    assert (found[1] / f"{name}.png").read_bytes().startswith(PNG)
    for axes in outcome.figure.axes:
        assert axes.get_xlabel()
    assert outcome.figure.axes[0].get_ylabel() and outcome.alt


def verdicts(found, name):
    return [claim.verdict for claim in found[0][name].claims]


def test_what_is_certain_is_found_even_in_quick_runs(found):
    held, in_part = common.HELD, common.IN_PART
    assert verdicts(found, "saturation") == [held, held, in_part]
    assert verdicts(found, "slowdown")[:2] == [held, held]
    assert verdicts(found, "costs") == [held, held, held, in_part]
    assert verdicts(found, "softmax")[:2] == [held, held]
    assert verdicts(found, "initial_weights")[0] == held
    assert verdicts(found, "optimisers")[0] == held


def test_the_neuron_of_the_slowdown_follows_the_equations(found):
    import gpunn
    from gpunn.nn.heads import SigmoidCrossEntropy

    errors, deltas = slowdown.neuron(gpunn.get_device("cpu"), SigmoidCrossEntropy(), 3)
    z = 4.0
    for error, delta in zip(errors, deltas, strict=True):
        a = 1 / (1 + np.exp(-z))
        assert (error, delta) == pytest.approx((a, a), rel=1e-12)
        z -= 2 * 0.15 * a  # weight and bias both fall by rate times delta


def seen(finding):
    """The sound network of a fault, and the faulty one."""
    fault, options = field_guide.FAULTS[finding], common.parser(None).parse_args([])
    return [field_guide.look(options, setup, fault.at) for setup in (fault.sound, fault.faulty)]


def drawn(finding):
    return field_guide.draw(field_guide.FAULTS[finding], *seen(finding)).axes


@pytest.mark.parametrize("finding", field_guide.FAULTS)
def test_a_fault_of_the_field_guide_is_diagnosed_and_its_sound_network_has_none(finding):
    sound, faulty = seen(finding)
    assert sound.diagnosis.findings == []
    assert finding in [found.name for found in faulty.diagnosis.findings]
    left, right = field_guide.draw(field_guide.FAULTS[finding], sound, faulty).axes
    assert left.get_ylabel() and left.get_xlabel() and right.get_xlabel() and left.get_title() != right.get_title()


def test_every_finding_has_a_picture_and_words_for_who_cannot_see_it():
    page = (HOUSE / "docs" / "field_guide.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^#|\Z)", page, flags=re.MULTILINE | re.DOTALL))
    assert sections.keys() == field_guide.FAULTS.keys()
    assert sorted(sections) == sorted([*(find.__name__ for find in FINDINGS), "slowed_softmax"])
    for finding, text in sections.items():
        [(alt, picture)] = re.findall(r"!\[(.*?)\]\((.*?)\)", text)
        assert picture == f"figures/field-guide-{finding}.png" and len(alt.split()) >= 10
        content = (HOUSE / "docs" / picture).read_bytes()
        assert content.startswith(PNG) and len(content) < 25_000


@pytest.mark.parametrize(
    ("finding", "evidence", "said"),
    [
        ("dead_units", {"dead": 36 / 40}, "36 of 40"),
        ("exploding_gradient", {"passed": 2000}, "2,000 times"),
        ("idle_columns", {"n_idle": 17, "n_columns": 20}, "17 of 20"),
        ("kept_too_early", {"cost": 0.34, "lowest_cost": 0.11}, "0.34 in the epoch kept, and 0.11 later"),
        ("rare_class", {"share": 1 / 20, "recall": 0, "score": 0.95}, "one row in 20"),
        ("saturated_layer", {"saturated": 2 / 3, "z_std": 8}, "two thirds"),
        ("too_large", {"n_parameters": 1201, "n_rows": 60}, "1,201 weights and biases"),
        ("vanishing_gradient", {"passed": 1e-4}, "four orders of magnitude"),
    ],
)
def test_the_field_guide_says_what_its_pictures_show(finding, evidence, said):
    page = (HOUSE / "docs" / "field_guide.md").read_text(encoding="utf-8")
    section = " ".join(page.partition(f"### {finding}\n")[2].partition("\n#")[0].split())
    assert said in section
    [found] = [found for found in seen(finding)[1].diagnosis.findings if found.name == finding]
    assert {name: found.evidence[name] for name in evidence} == pytest.approx(evidence, rel=0.15)


def test_gradients_of_outputs_are_drawn_as_the_equations_have_them():
    matched, quadratic = (axes.lines[0].get_xydata().T for axes in drawn("slowed_output"))
    assert matched[1] == pytest.approx(matched[0], abs=1e-12)  # a - T
    error, delta = quadratic
    assert delta == pytest.approx(error * error * (1 - error), abs=1e-12)  # (a - T) a (1 - a), for T = 0 and T = 1
    assert error.max() > 0.9


def test_equal_columns_get_equal_gradients_and_equal_units_stay_equal():
    once, twice = (axes.lines[0].get_xydata().T for axes in drawn("duplicate_inputs"))
    assert twice[0] == pytest.approx(twice[1], rel=1e-9) and once[0] != pytest.approx(once[1], rel=0.1)
    random, equal = (axes.images[0].get_array() for axes in drawn("units_alike"))
    assert np.ptp(equal, axis=0).max() < 1e-9 < 0.1 < np.ptp(random, axis=0).max()
    assert np.ptp(equal, axis=1).min() > 0.1  # it has learned, all the same


def test_tanh_is_marked_as_flat_where_its_slope_is_a_hundredth():
    assert 1 - np.tanh(drawings.FLAT) ** 2 == pytest.approx(0.01, rel=1e-12)


def test_convexity_is_told_from_its_absence():
    z = np.linspace(-3, 3, 101)
    assert costs.convex(z**2) and costs.convex(np.abs(z))
    assert not costs.convex(np.tanh(z)) and not costs.convex(-(z**2))


@pytest.mark.parametrize("name", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_is_said_in_one_line(name, tmp_path):
    with pytest.raises(SystemExit, match="--device: "):
        saturation.main(["--device", name, "--output", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


def test_verdict_by_seeds():
    assert common.lower([1, 1, 1], [2, 2, 2]) == common.HELD
    assert common.lower([1, 1, 3], [2, 2, 2]) == common.IN_PART
    assert common.lower([1, 3, 3], [2, 2, 2]) == common.CONTRADICTED
    assert common.lower([2, 2], [2, 2]) == common.CONTRADICTED
    assert common.tally([1, 3, 2], [2, 2, 2]) == "lower with 1 of 3 seeds, equal with 1"


def test_a_comparison_says_medians_and_seeds():
    claim = common.compared("A is lower.", "errors", {"A": [1, 2, 9], "B": [4, 5, 6]}, "A", "B", ".1f", "So there.")
    assert claim.found == "errors: 2.0 with A; 5.0 with B (lower with 2 of 3 seeds). So there."
    assert claim.verdict == common.IN_PART


def test_the_first_epoch_at_a_goal():
    assert common.first([3.0, 1.0, 0.5, 1.0], 1.0) == 2
    assert common.first([3.0, math.nan], 1.0) == math.inf


def test_the_best_rate_is_that_of_the_lowest_median():
    marks = {0.1: [1, 9, 9], 1.0: [5, 5, 5]}
    marks[10.0] = [math.nan, 0, math.nan]  # diverged
    rate, runs = common.at_best_rate(lambda rate, seed: marks[rate][seed], list(marks), range(3), float)
    assert (rate, runs) == (1.0, [5, 5, 5])


def test_the_filter_takes_a_table_in_either_form(tmp_path, capsys):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    X = rng.normal(size=(200, 3)) + 3 * y[:, None]
    np.savez(tmp_path / "mail.npz", X=X, y=y, names=np.array(["a", "b", "c"]))
    rows = [f"{a},{'spam' if c else 'ham'},{b}" for (a, b, _), c in zip(X, y, strict=True)]
    (tmp_path / "mail.csv").write_text("\n".join(["a,kind,b", *rows]) + "\n")
    for more in ([str(tmp_path / "mail.npz")],
                 [str(tmp_path / "mail.csv"), "--target", "kind", "--positive", "spam"]):  # fmt: skip
        outcome = spam.main(["--quick", "--output", str(tmp_path / "out"), *more])
        assert float(outcome.rows[0][1].rstrip("%")) > 90
        assert outcome.columns[0].startswith("mail: called ")
    with pytest.raises(SystemExit, match="'Spam' is not among the labels: ham, spam"):
        spam.main(["--output", str(tmp_path), str(tmp_path / "mail.csv"), "--target", "kind", "--positive", "Spam"])
    with pytest.raises(SystemExit, match="'class' is not a column"):
        spam.main(["--output", str(tmp_path), str(tmp_path / "mail.csv")])


def test_the_page_names_every_example_claim_and_figure(found):
    outcomes, folder = found
    page = (folder / "gallery.md").read_text(encoding="utf-8")
    for name, outcome in outcomes.items():
        assert f"\n## {name}\n" in page
        assert all(page.count(claim.text) == 2 for claim in outcome.claims)  # in the list and with what was found
    for figure in re.findall(r"\]\((\S+\.png)\)", page):
        assert (folder / figure).is_file()


def test_the_gallery_in_the_docs_is_of_these_examples():
    page = (HOUSE / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", page, flags=re.MULTILINE) == list(everything.NAMES)
    figures = re.findall(r"\]\((\S+\.png)\)", page)
    assert [Path(figure).stem for figure in figures] == list(everything.NAMES)
    assert all((HOUSE / "docs" / figure).read_bytes().startswith(PNG) for figure in figures)
    for name in everything.NAMES:  # what is claimed now is what is judged there
        title = (importlib.import_module(f"examples.{name}").__doc__ or "").partition("\n")[0]
        assert title in page


def images(n, seed):
    """Bright pixels in one of two halves tell the label."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n).astype(np.uint8)
    X = rng.integers(100, size=(n, 28, 28), dtype=np.uint8)
    X[y == 1, :14] += 100
    return X, y


def idx(array):
    return b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.mark.parametrize("form", ["X", "x_train", "idx", "idx.gz"])
def test_mnist_is_read_from_arrays_and_from_the_original_files(tmp_path, form, monkeypatch, capsys):
    (X, y), (X_test, y_test) = images(300, 0), images(50, 1)
    if form == "X":
        np.savez(tmp_path / "m.npz", X=X.reshape(300, 784), y=y, X_test=X_test.reshape(50, 784), y_test=y_test)
    elif form == "x_train":
        np.savez(tmp_path / "m.npz", x_train=X, y_train=y, x_test=X_test, y_test=y_test)
    else:
        pack = gzip.compress if form == "idx.gz" else bytes
        ending = ".gz" if form == "idx.gz" else ""
        for part, *arrays in (("train", X, y), ("t10k", X_test, y_test)):
            for what, array in zip(("images-idx3", "labels-idx1"), arrays, strict=True):
                (tmp_path / f"{part}-{what}-ubyte{ending}").write_bytes(pack(idx(array)))
    path = tmp_path if form.startswith("idx") else tmp_path / "m.npz"
    found = mnist.read(path)
    assert np.array_equal(found[0], X.reshape(300, 784).astype(np.float32) / np.float32(255))
    assert np.array_equal(found[1], y) and np.array_equal(found[3], y_test) and found[2].shape == (50, 784)
    if form not in ("X", "idx"):
        return  # whoever reads the same images trains the same network
    monkeypatch.setattr(
        "sys.argv", ["mnist", str(path), "--epochs", "40", "--width", "64", "--seeds", "0", "1", "--dropout", "0.4"]
    )
    mnist.main()
    out = capsys.readouterr().out
    assert out.count("50 test images wrong") == 2 and float(re.search(r"2 seeds: ([\d.]+)%", out)[1]) < 10


def test_mnist_says_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte"):
        mnist.read(tmp_path)
    np.savez(tmp_path / "m.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="it has the arrays a; X and y"):
        mnist.read(tmp_path / "m.npz")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x0d\x01")
    with pytest.raises(ValueError, match="no IDX file"):
        mnist.read(tmp_path)
