"""Tables as people have them, through the commands: read right in training and later, or refused or told by name."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gpunn
from gpunn.insight import html_report

N = 80
FAST = ["-q", "--epochs", "60", "--hidden", "8", "--learning-rate", "0.05"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def numbers():
    """A number that tells the label, and one that does not."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=N).round(3)
    return pd.DataFrame({"x": x, "noise": rng.normal(size=N).round(3), "y": np.where(x > 0, "up", "down")})


def accuracy(run, *arguments):
    return json.loads(run("evaluate", *arguments, "--json")[0])["accuracy"]


# Times


@pytest.mark.parametrize("spell", [
    lambda h: f"{h:02}:30", lambda h: f"{h:02}:30:15", lambda h: f"{h:02}:30:15.25", lambda h: f"{h}:30",
    lambda h: f"0 days {h:02}:15:00", lambda h: f"PT{h}H15M", lambda h: f"{h // 12} days {h % 12:02}:00:00.500000",
])  # fmt: skip
def test_times_and_durations_train_predict_and_evaluate(run, monkeypatch, spell):
    hours = np.arange(N) % 24
    frame = pd.DataFrame({"when": [spell(h) for h in hours], "y": np.where(hours < 12, "am", "pm")})
    frame.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST)
    assert gpunn.load("t.gpunn").features_.columns[0].kind in ("times of day", "durations")
    assert accuracy(run, "t.gpunn", "t.csv") > 0.9
    out = run("predict", "t.gpunn", "t.csv")[0]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("t.csv").read_bytes())))
    assert run("predict", "t.gpunn", "-")[0] == out
    if ":30" in spell(1):  # time32 and time64 hold what training had as text
        ticks = pa.array(hours * 3600 + 1800, pa.int32())
        microseconds = pa.array(hours.astype(np.int64) * 3600 * 10**6 + 1800 * 10**6)
        for kind in (ticks.cast(pa.time32("s")), microseconds.cast(pa.time64("us"))):
            pq.write_table(pa.table({"when": kind, "y": frame["y"]}), "t.parquet")
            assert accuracy(run, "t.gpunn", "t.parquet") > 0.9
    else:
        pq.write_table(pa.table({"when": pa.array(pd.to_timedelta(frame["when"])), "y": frame["y"]}), "t.parquet")
        assert accuracy(run, "t.gpunn", "t.parquet") > 0.9


# Labels


@pytest.mark.parametrize("labels", [
    ["01", "1"], ["7", "07"], ["1E5", "1e5"], ["True", "1"], ["06:00", "6:00"], ["2020-01-01", "2020-01-01 00:00"],
    ["2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00Z"], ["+1", "-1"], ["0.50", "0.5"], ["0x10", "16"],
    ["true", "True"], ["a", "A"], ["None", "."],
])  # fmt: skip
def test_a_label_is_what_the_file_says(run, numbers, labels):
    numbers.assign(y=np.where(numbers.x > 0, labels[0], labels[1])).to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST, "--classes-ok", "--class-weight", f"{labels[0]}=3,{labels[1]}=1")
    clf = gpunn.load("t.gpunn")
    assert clf.classes_.tolist() == sorted(labels)
    assert clf.class_weight == {labels[0]: 3, labels[1]: 1}
    assert accuracy(run, "t.gpunn", "t.csv") > 0.9
    out = pd.read_csv(io.StringIO(run("predict", "t.gpunn", "t.csv")[0]), dtype=str, keep_default_na=False)
    assert set(out["prediction"]) <= set(labels)


@pytest.mark.parametrize(("labels", "dtype"), [(["0", "1"], "i"), (["10", "9"], "i"), (["0", "00"], "O")])
def test_plain_integers_are_integers(run, numbers, labels, dtype):
    numbers.assign(y=np.where(numbers.x > 0, *labels)).to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST)
    assert gpunn.load("t.gpunn").classes_.dtype.kind in (dtype, "U" if dtype == "O" else dtype)
    run("train", "t.csv", "--target", "y", *FAST, "--kind", "y=text", "-o", "text.gpunn")
    assert gpunn.load("text.gpunn").classes_.tolist() == sorted(labels)
    assert accuracy(run, "text.gpunn", "t.csv") > 0.9


def test_a_word_that_is_a_value_and_a_word_that_is_missing(run, numbers):
    numbers["where"] = np.where(numbers.x > 0, "NA", "DE")  # Namibia
    numbers["noise"] = numbers.noise.astype(str)
    numbers.loc[5:9, "noise"] = "n.d."
    numbers.assign(y=numbers["where"]).to_csv("t.csv", index=False)
    assert "labels are missing" in run("train", "t.csv", "--target", "y", *FAST, code=2)[1]
    _, err = run("train", "t.csv", "--target", "y", *FAST, "--not-missing", "NA", "--missing", "n.d.")
    assert err == ""
    clf = gpunn.load("t.gpunn")
    assert clf.classes_.tolist() == ["DE", "NA"] and "where=NA" in clf.features_.names_out
    assert clf.features_.columns[1].kind == "numbers" and clf.features_.columns[1].missing
    assert accuracy(run, "t.gpunn", "t.csv") > 0.9  # the model keeps the words
    Path("t.yaml").write_text("data: {file: t.csv, target: y, missing: [n.d.], not_missing: [NA]}\n")
    run("train", "t.yaml", *FAST)
    assert gpunn.load("t.gpunn").features_ == clf.features_


# Columns


def test_views_of_arrow_are_read(run, numbers):
    table = pa.table(numbers)
    table = table.append_column("word", pa.array(["u", "v"] * (N // 2)).cast(pa.string_view()))
    table = table.append_column("raw", pa.array([b"u", b"v"] * (N // 2)).cast(pa.binary_view()))
    table = table.set_column(2, "y", table["y"].cast(pa.string_view()))
    pq.write_table(table, "t.parquet")
    _, err = run("train", "t.parquet", "--target", "y", *FAST, code=2)
    assert err.count("\n") == 1 and "column 'raw' has the type large_binary, which makes no feature" in err
    run("train", "t.parquet", "--target", "y", *FAST, "--kind", "raw=drop", "--kind", "word=drop")
    run("train", "t.parquet", "--target", "y", *FAST, "--kind", "raw=drop")
    assert accuracy(run, "t.gpunn", "t.parquet") > 0.9
    run("report", "t.gpunn", "t.parquet")
    X = table.drop_columns(["y", "raw"])
    assert "<html" in html_report(gpunn.load("t.gpunn"), X, numbers.y.to_numpy())


def test_what_arrow_cannot_do_is_one_message(run, numbers, monkeypatch):
    def fail(*arguments, **options):
        raise pa.ArrowNotImplementedError("no kernel for this type\nand more")

    numbers.to_csv("t.csv", index=False)
    monkeypatch.setattr("gpunn.cli.training_rows.split_target", fail)
    _, err = run("train", "t.csv", "--target", "y", *FAST, code=2)
    assert err.startswith("gpunn: error: Arrow cannot do this with the table: no kernel") and err.count("\n") == 1


@pytest.mark.parametrize("odd", ["n.d.", "-", "<0.1", "12.5%"])
def test_one_odd_cell_is_told_with_its_row_in_the_file(run, numbers, odd):
    numbers["x"] = numbers.x.astype(str)
    numbers.loc[41, "x"] = odd
    numbers.to_csv("t.csv", index=False)
    _, err = run("train", "t.csv", "--target", "y", *FAST)
    told = [line for line in err.splitlines() if "category of its own" in line]
    assert len(told) == 1 and told[0].startswith("gpunn: warning: t.csv: column 'x' is read as text")
    assert f"79 of 80 values are numbers, and the first that is not is {odd!r} in row 42" in told[0]
    assert "--kind x=numbers" in told[0] and "--missing" in told[0] and "features=" not in told[0]


def test_the_index_of_pandas_is_no_column(run, numbers):
    named = numbers.set_index(pd.MultiIndex.from_arrays([range(N), ["k"] * N], names=["row", "part"]))
    named.to_parquet("t.parquet")
    run("train", "t.parquet", "--target", "y", *FAST)
    clf = gpunn.load("t.gpunn")
    assert clf.features_.names_in == ("x", "noise")
    assert clf.predict(named.drop(columns="y")).shape == (N,)
    numbers.rename_axis("row").to_parquet("t.parquet")
    assert accuracy(run, "t.gpunn", "t.parquet") > 0.9
    numbers.reset_index(names="Unnamed: 0").to_csv("u.csv", index=False)
    _, err = run("train", "u.csv", "--target", "y", *FAST)
    assert "column 'Unnamed: 0' has the name that pandas gives" in err and "--kind 'Unnamed: 0=drop'" in err
    assert run("train", "u.csv", "--target", "y", *FAST, "--kind", "Unnamed: 0=drop")[1] == ""


def test_a_european_table_is_read_as_it_is_meant(run, numbers):
    numbers.to_csv("t.csv", index=False, sep=";", decimal=",")
    run("train", "t.csv", "--target", "y", *FAST)
    assert [column.kind for column in gpunn.load("t.gpunn").features_.columns] == ["numbers", "numbers"]
    assert accuracy(run, "t.gpunn", "t.csv") > 0.9
    numbers.to_csv("plain.csv", index=False)
    assert run("predict", "t.gpunn", "plain.csv") == run("predict", "t.gpunn", "t.csv")
    numbers.to_csv("odd.csv", index=False, sep=":")
    assert "name it by --separator ';'" in run("predict", "t.gpunn", "odd.csv", code=2)[1]
    assert run("predict", "t.gpunn", "odd.csv", "--separator", ":")[0] == run("predict", "t.gpunn", "t.csv")[0]
    assert "--separator" in run("predict", "t.gpunn", "odd.csv", "--separator", "::", code=2)[1]


def test_many_categories_are_refused_or_joined(run, numbers):
    many = pd.concat([numbers] * 15).reset_index(drop=True)
    many["id"] = [f"id {i}" for i in range(len(many))]
    many.loc[::3, "id"] = "id 1"
    many = pd.concat([many, many.assign(id=[f"other {i}" for i in range(len(many))])])
    many.to_csv("t.csv", index=False)
    _, err = run("train", "t.csv", "--target", "y", *FAST, code=2)
    assert (
        "column 'id' has" in err
        and "--kind id=drop" in err
        and "--max-categories 100 or --min-frequency 10" in err
        and "features=" not in err
    )
    run("train", "t.csv", "--target", "y", *FAST, "--max-categories", "10")
    assert gpunn.load("t.gpunn").features_.n_out == 12
    out, _ = run("inspect", "t.gpunn")
    assert "rare ones joined" in out
    run("train", "t.csv", "--target", "y", *FAST, "--min-frequency", "5")
    assert "id=id 1" in gpunn.load("t.gpunn").features_.names_out
    assert accuracy(run, "t.gpunn", "t.csv") > 0.9


def test_drift_is_told_once_a_column_with_the_row(run, numbers, monkeypatch):
    monkeypatch.setattr("gpunn.cli.sources.CELLS", 28)  # batches of seven rows
    numbers["colour"] = ["red", "blue"] * (N // 2)
    numbers.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST)
    numbers.assign(colour=["red"] * 21 + ["RED"] * 59).to_csv("later.csv", index=False)
    for command in ("predict", "evaluate"):
        _, err = run(command, "t.gpunn", "later.csv")
        told = [line for line in err.splitlines() if "never seen" in line]
        assert len(told) == 1 and "later.csv: column 'colour'" in told[0]
        assert "7 of 7 values" in told[0] and "the first, 'RED', is in row 22; training had 'red'" in told[0]


def test_a_single_unknown_category_is_told(run, numbers):
    numbers["colour"] = ["red", "blue"] * (N // 2)
    numbers.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST)
    numbers.assign(colour=[*["red"] * (N - 1), "teal"]).to_csv("later.csv", index=False)
    _, err = run("predict", "t.gpunn", "later.csv")
    assert f"column 'colour': 1 of {N} values were never seen in training" in err and f"'teal', is in row {N}" in err


def test_a_column_with_one_value_is_told(run, numbers):
    numbers.assign(site="Berlin", unit=3.5).to_csv("t.csv", index=False)
    _, err = run("train", "t.csv", "--target", "y", *FAST)
    assert f"column 'site' has the same value in all {N} rows, 'Berlin'" in err and "--kind site=drop" in err
    assert "column 'unit' has the same value" in err


@pytest.mark.parametrize(
    ("form", "other"), [("%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M"), ("%Y-%m-%d", "%Y-%m-%d %H:%M+02:00")]
)
def test_dates_with_a_time_zone_and_without_are_not_mixed(run, numbers, form, other):
    when = pd.date_range("2024-01-01 12:00", periods=N, freq="D")
    numbers.assign(when=when.strftime(form)).to_csv("t.csv", index=False)
    numbers.assign(when=when.strftime(other)).to_csv("later.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST)
    for command in ("predict", "evaluate"):
        _, err = run(command, "t.gpunn", "later.csv", code=2)
        assert "later.csv: column 'when' held dates with" in err and "now: row 1 is '2024-01-01" in err


# Commands


@pytest.mark.parametrize("data", ["t.csv", "t.parquet", "-"])
def test_columns_are_carried_through_predict(run, numbers, monkeypatch, data):
    numbers["id"] = [f"{i:03}" for i in range(N)]
    numbers["at"] = ["07:30", "7:30"] * (N // 2)
    numbers.to_csv("t.csv", index=False)
    numbers.to_parquet("t.parquet", index=False)
    run("train", "t.csv", "--target", "y", *FAST, "--kind", "id=drop")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("t.csv").read_bytes())))
    if data == "t.parquet":
        numbers.assign(at=[pd.Timestamp("2020-01-01 07:30").time()] * N).to_parquet("t.parquet", index=False)
    out, _ = run("predict", "t.gpunn", data, "--keep", "id", "--keep", "at", "--keep", "y")
    found = pd.read_csv(io.StringIO(out), dtype=str)
    assert list(found)[:4] == ["id", "at", "y", "prediction"]
    assert found["id"].tolist() == numbers["id"].tolist()
    assert data == "t.parquet" or found["at"].tolist() == numbers["at"].tolist()
    assert (
        "there is no column 'iid'. Did you mean 'id'?" in run("predict", "t.gpunn", "t.csv", "--keep", "iid", code=2)[1]
    )


def test_several_columns_to_keep_are_named_one_by_one(run, numbers):
    numbers.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST)
    assert "Name each of several columns on its own" in run("predict", "t.gpunn", "t.csv", "--keep", "x,y", code=2)[1]


def test_all_rows_can_be_trained_on(run, numbers):
    numbers.loc[0, "y"] = "once"
    numbers.to_csv("t.csv", index=False)
    assert "--held-out 0" in run("train", "t.csv", "--target", "y", *FAST, code=2)[1]
    out, _ = run("train", "t.csv", "--target", "y", *FAST, "--held-out", "0")
    assert "0 rows held out" in out and "held-out rows:" not in out
    assert gpunn.load("t.gpunn").classes_.tolist() == ["down", "once", "up"]
    assert (
        "--report" in run("train", "t.csv", "--target", "y", *FAST, "--held-out", "0", "--report", "r.html", code=2)[1]
    )


@pytest.mark.parametrize("prices", [np.arange(N) * 10, np.arange(N) / 8, np.arange(N) % 4 + 0.5])
def test_a_quantity_is_no_target(run, numbers, prices):
    numbers.assign(y=prices).to_csv("t.csv", index=False)
    _, err = run("train", "t.csv", "--target", "y", *FAST, code=2)
    assert f"it holds {len(set(prices))} different numbers" in err and "no regression" in err and "--classes-ok" in err
    again = pd.concat([numbers.assign(y=prices)] * 2)
    again.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST, "--classes-ok", "--held-out", "0.5")
    assert len(gpunn.load("t.gpunn").classes_) == len(set(prices))


def test_a_model_of_another_target_is_not_overwritten(run, numbers):
    numbers["z"] = ["p", "q"] * (N // 2)
    numbers.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST)
    before = Path("t.gpunn").read_bytes()
    assert "t.gpunn is a model of 'y'" in run("train", "t.csv", "--target", "z", *FAST, code=2)[1]
    assert Path("t.gpunn").read_bytes() == before
    run("train", "t.csv", "--target", "y", *FAST)
    run("train", "t.csv", "--target", "z", *FAST, "-o", "t.gpunn")
    assert gpunn.load("t.gpunn").target_ == "z"


def test_the_report_numbers_rows_as_the_file_does(run, numbers):
    numbers["y"] = np.where(np.arange(N) == 61, "up", "down")  # nobody can know
    numbers.loc[:7, "y"] = "up"
    numbers["tag"] = np.arange(N) + 5000
    numbers.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST, "--report", "r.html", "--held-out", "0.5", "--seed", "3")
    page = Path("r.html").read_text(encoding="utf-8")
    section = page[page.index("Worst errors") :]
    assert "Rows are counted as in the table, from 1." in section
    rows = pl.read_csv("t.csv")
    shown = re.findall(r"<tr><t[dh][^>]*>(\d+)</t[dh]>.*?</tr>", section.replace("\n", ""))
    assert shown
    for line in re.findall(r"<tr>.*?</tr>", section.replace("\n", "")):
        cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", line)
        if cells and cells[0].isdigit() and len(cells) > 6:
            assert rows["y"][int(cells[0]) - 1] == cells[1]
            assert str(rows["tag"][int(cells[0]) - 1]) in cells


@pytest.mark.parametrize("metric", [
    "f1", "precision", "recall", "average_precision", "jaccard", "neg_brier_score", "roc_auc", "neg_log_loss",
    "f1_macro", "balanced_accuracy", "matthews_corrcoef",
])  # fmt: skip
def test_metrics_of_two_classes_work_for_text(run, numbers, metric):
    numbers.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST, "--early-stopping", "--metric", metric)
    scores = gpunn.load("t.gpunn").history_.validation_score
    assert scores and np.isfinite(scores).all()
    if metric in ("f1", "precision", "recall", "jaccard"):
        assert max(scores) > 0.5  # of the second class, "up"


@pytest.mark.parametrize("metric", ["r2", "neg_mean_squared_error", "adjusted_rand_score", "v_measure_score"])
def test_metrics_for_other_tasks_are_not_offered(run, numbers, metric):
    numbers.to_csv("t.csv", index=False)
    _, err = run("train", "t.csv", "--target", "y", *FAST, "--metric", metric, code=2)
    assert err.startswith("gpunn: error: --metric: ") and "'f1_macro'" in err and err.count(metric) == 1


def test_numbers_that_stand_for_missing_values_in_files(run, numbers):
    numbers.loc[3:7, "x"] = -999
    numbers.to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST, "--missing=-999")
    column = gpunn.load("t.gpunn").features_.columns[0]
    assert column.missing and abs(column.mean) < 1
    new = numbers.x.astype(str).where(numbers.x != -999, "k.A.").to_frame("x").assign(noise=0.0)
    new.to_csv("new.csv", index=False)
    assert "has 'k.A.'" in run("predict", "t.gpunn", "new.csv", code=2)[1]
    out = run("predict", "t.gpunn", "new.csv", "--missing", "k.A.")[0]
    numbers.assign(noise=0.0).to_csv("same.csv", index=False)
    assert run("predict", "t.gpunn", "same.csv")[0] == out


def test_german_thousands(run, numbers):
    written = [f"{x:,.1f}".replace(",", " ").replace(".", ",").replace(" ", ".") for x in numbers.x * 5e3]
    pd.DataFrame({"x": written, "y": numbers.y}).to_csv("t.csv", index=False, sep=";")
    _, err = run("train", "t.csv", "--target", "y", *FAST)
    assert err == "" and gpunn.load("t.gpunn").features_.columns[0].scale > 1000
    assert accuracy(run, "t.gpunn", "t.csv") > 0.9


def test_labels_that_differ_in_blanks_or_case_are_told(run, numbers):
    numbers.assign(y=np.where(np.arange(N) % 9, numbers.y, numbers.y.str.upper())).to_csv("t.csv", index=False)
    _, err = run("train", "t.csv", "--target", "y", *FAST)
    assert "the classes 'DOWN' and 'down' differ in blanks or case alone" in err


def test_durations_below_a_day_can_be_called_durations(run, numbers):
    numbers.assign(x=[f"00:{i % 60:02}:05" for i in range(N)]).to_csv("t.csv", index=False)
    run("train", "t.csv", "--target", "y", *FAST, "--kind", "x=durations")
    numbers.assign(x="24:16:49").to_csv("later.csv", index=False)
    run("predict", "t.gpunn", "later.csv")


def test_missing_labels_are_told_with_the_remedy(run, numbers):
    numbers.assign(y=numbers.y.where(numbers.x > -1)).to_csv("t.csv", index=False, na_rep="NA")
    _, err = run("train", "t.csv", "--target", "y", *FAST, code=2)
    assert err.startswith("gpunn: error: t.csv: target='y'") and "--not-missing NA" in err
    numbers.assign(y=[f"{i},5" for i in range(N)]).to_csv("q.csv", index=False, sep=";")
    assert "no regression" in run("train", "q.csv", "--target", "y", *FAST, code=2)[1]
