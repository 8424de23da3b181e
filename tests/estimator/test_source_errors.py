"""Sources that cannot be trained on are refused by the name of the file, batch or argument."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from streams import N, X, Y, batches, classifier

from gpunn import TabularClassifier, fit_many
from gpunn.data import survey
from gpunn.estimator.prepare_stream import check_settings

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(("settings", "said"), [
    ({"solver": "lbfgs"}, "solver='lbfgs' uses all rows in each step, and the rows are read in batches"),
    ({"cross_validation": 2, "n_members": 2}, "cross_validation=2 needs rows in memory"),
    ({"temperature_scaling": True}, "temperature_scaling=True needs rows that are not trained on"),
])  # fmt: skip
def test_what_needs_all_rows_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        classifier(**settings).fit(batches(X, Y), None)


def test_with_ranks_a_solver_that_uses_all_rows_is_refused_with_the_remedy_for_dask():
    clf = classifier(solver="lbfgs", ranks="mpi")
    with pytest.raises(ValueError, match="or ranks=None if X is a collection of Dask"):
        check_settings(clf, is_validated=False)


def test_what_can_be_read_only_once_is_refused():
    pa = pytest.importorskip("pyarrow")
    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), [])
    for given, named in ((iter(batches(X, Y)), "a list_iterator"), (reader, "a RecordBatchReader")):
        with pytest.raises(ValueError, match=f"X: {named} can be read only once.*Give the names of files"):
            classifier().fit(given, None)
    again = iter(batches(X, Y))
    with pytest.raises(ValueError, match="the function returns the same iterator each time"):
        classifier().fit(lambda: again, None)


@pytest.mark.parametrize(("parts", "said"), [
    ([(X[:5], Y[:5]), (X[5:9, :4], Y[5:9])], "the first batch has 5 columns of float32, and a later one 4 columns"),
    ([(X[:5], Y[:5]), (X[5:9].astype(int), Y[5:9])], "a later one 5 columns of int64"),
    ([(X[:5], Y[:5]), (np.full((2, 5), np.nan, "float32"), Y[:2])], "NaN"),
    ([(X[:0], Y[:0])], "there are no rows"),
    ([(X[:5], Y[:5]), (X[:5], Y[:4])], "5 rows and 4 labels"),
    ([(X[:5], Y[:5]), (X[:5], Y[:5], Y[:5])], "some batches have weights, and others have none"),
    ([(X[:5], Y[:5]), 7], "batch number 2 is 7; give tuples"),
], ids=range(7))  # fmt: skip
def test_batches_that_do_not_fit_are_refused(parts, said):
    clf = classifier(batch_size=4)
    with pytest.raises((ValueError, TypeError), match=said):
        clf.fit(lambda: parts, None)
    assert not hasattr(clf, "theta_")


def test_labels_that_are_several_or_missing_are_refused():
    with pytest.raises(ValueError, match="several labels a row need all rows in memory"):
        classifier().fit(batches(X, np.stack([Y > 0, Y > 1], axis=1).astype(int)), None)
    with pytest.raises(ValueError, match="labels are missing"):
        classifier().fit(batches(X, np.where(Y > 1, np.nan, Y)), None)


def test_files_of_other_types_are_refused_by_name(frame, tmp_path):
    frame.to_parquet(tmp_path / "1.parquet")
    frame.assign(b=frame["b"].astype("float32")).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(ValueError, match=r"parquet: column 'b' is float in a batch, and double in the first"):
        classifier().fit(f"{tmp_path}/*.parquet", "answer")
    frame.drop(columns="c").to_parquet(tmp_path / "2.parquet")
    with pytest.raises(ValueError, match=r"2\.parquet: there is no column 'c'"):
        classifier().fit(f"{tmp_path}/*.parquet", "answer")
    frame[list(reversed(frame.columns))].to_parquet(tmp_path / "2.parquet")  # the order does not matter
    assert classifier().fit(f"{tmp_path}/*.parquet", "answer").t_ == 8 * N
    with pytest.raises(ValueError, match=r"y='answr': .*'answer'"):
        classifier().fit(f"{tmp_path}/*.parquet", "answr")


def test_rows_that_change_during_training_are_an_error(small_blocks):
    n = [N]

    def read():
        n[0] -= 1
        yield from batches(X[: n[0]], Y[: n[0]])

    with pytest.raises(ValueError, match=r"the rows differ from those of the first pass \(599 rows\)"):
        classifier().fit(read, None)


def test_rows_that_are_added_during_training_are_an_error(small_blocks):
    calls = []

    def read():
        calls.append(0)
        yield from batches(X, Y)
        if len(calls) > 2:
            yield X[:5], Y[:5]

    with pytest.raises(ValueError, match=r"the rows differ from those of the first pass \(600 rows\)"):
        classifier().fit(read, None)


def test_another_order_is_an_error(small_blocks):
    """Rows that are held out are known by their numbers."""
    rng = np.random.default_rng(0)

    def read():
        order = rng.permutation(N)
        yield from batches(X[order], Y[order])

    with pytest.raises(ValueError, match="the rows differ from those of the first pass"):
        classifier().fit(read, None)


def test_a_source_without_end_is_an_error(small_blocks):
    calls = []

    def read():
        calls.append(0)
        for _ in itertools.count() if len(calls) > 1 else range(5):
            yield X, Y

    with pytest.raises(ValueError, match="the rows differ from those of the first pass"):
        classifier().fit(read, None)


def test_a_new_label_is_an_error(small_blocks):
    calls = []

    def read():
        calls.append(0)
        yield from batches(X, Y if len(calls) < 4 else Y + 1)

    with pytest.raises(ValueError, match="the label 3 was not there when training began"):
        classifier().fit(read, None)


@pytest.mark.parametrize(("weight", "said"), [(-1.0, "[Nn]egative"), (np.nan, "NaN|missing"), (np.inf, "infinit")])
def test_weights_that_are_none(weight, said):
    weights = np.ones(N)
    weights[N // 2] = weight
    with pytest.raises(ValueError, match=said):
        classifier().fit(batches(X, Y, weights), None)


def test_other_ways_to_train_refuse_a_source_by_name(folder):
    for settings in ([{}, {"alpha": 1.0}], [{}]):
        with pytest.raises(ValueError, match="fit_many needs all rows in memory, and X is read in batches"):
            fit_many(classifier(), batches(X, Y), None, settings)
    with pytest.raises(ValueError, match="TabularClassifier needs all rows in memory"):
        TabularClassifier().fit(f"{folder}/*.parquet", "answer")


def test_labels_of_two_kinds_are_refused():
    with pytest.raises(ValueError, match="of two batches are text and numbers"):
        classifier().fit([(X[:2], ["a", "b"]), (X[:2], [1, 2])], None)


@pytest.mark.parametrize("given", [
    [[1.0, 2.0], [3.0, 4.0]], ((1.0, 2.0), (3.0, 4.0)), [(1.0, 2.0), (3.0, 4.0)], np.ones((3, 2)),
], ids=str)  # fmt: skip
def test_rows_in_memory_without_labels_are_told_so(given):
    with pytest.raises(ValueError, match="requires y to be passed"):
        classifier().fit(given, None)


def test_names_of_files_that_are_none(tmp_path, frame):
    for name, error, said in (
        (tmp_path, IsADirectoryError, "is a folder; give a pattern"),
        (f"{tmp_path}/*.csv", FileNotFoundError, "there is no such file"),
        (f"{tmp_path}/*.npy", FileNotFoundError, "Give the name of one .npy file"),
    ):  # fmt: skip
        with pytest.raises(error, match=said):
            classifier().fit(name, "answer")
    frame.to_csv(tmp_path / "x[1].csv", index=False)
    assert classifier().fit(tmp_path / "x[1].csv", "answer").t_ == 4 * N
    with pytest.raises(ValueError, match="is the column of labels"):
        classifier().fit(tmp_path / "x[1].csv", "answer", "answer")
    (tmp_path / "y.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"y\.csv, y='answer'"):
        classifier().fit(f"{tmp_path}/*.csv", "answer")


def test_a_batch_without_its_labels_is_told():
    for parts, said in (
        ([(X[:5], Y[:5]), (X[5:9], [])], "a batch has 4 rows and 0 labels"),
        ([(X[:5], Y[:5]), (X[5:9], None)], "batch number 2: the labels are None"),
        ([(X[:5], Y[:5]), (X[5:9], 1)], "batch number 2: the labels are 1"),
    ):
        with pytest.raises((ValueError, TypeError), match=said):
            classifier(batch_size=2).fit(parts, None)
    with pytest.raises(TypeError, match="the function returns None"):
        classifier().fit(lambda: None, None)


def test_a_batch_that_loses_labels_later_is_told(small_blocks):
    calls = []

    def read():
        calls.append(0)
        yield X, Y[: N if len(calls) == 1 else N - 1]

    with pytest.raises(ValueError, match="a batch has 600 rows and 599 labels"):
        classifier().fit(read, None)


def test_labels_that_are_a_quantity_are_told_at_once(monkeypatch):
    read = []

    def parts():
        for i, part in enumerate(batches(X, np.linspace(0, 1, N))):
            read.append(i)
            yield part

    with pytest.raises(ValueError, match=r"y has 0\.00\d+ in row 2: gpunn classifies"):
        classifier().fit(parts, None)
    assert read == [0]
    monkeypatch.setattr(survey, "MAX_CLASSES", 100)
    with pytest.raises(ValueError, match="more than 100 different labels in the first 130 rows"):
        classifier().fit(batches(X, np.arange(N)), None)


def test_integers_that_no_float_keeps_are_not_merged():
    labels = [np.array([2**63 + 1, 2**63 + 2], "uint64"), np.array([-1, 2], "int64")]
    with pytest.raises(ValueError, match="the labels of the batches are uint64 and int64"):
        classifier(batch_size=1).fit([(X[:2], part) for part in labels], None)
    labels = [np.array([2**53, 2**53 + 1]), np.array([0.0, 1.0])]
    with pytest.raises(
        ValueError, match="the labels of the batches are int64 and float64, of which there is no common"
    ):
        classifier(batch_size=1).fit([(X[:2], part) for part in labels], None)
    labels = [np.array([0, 2**63 - 1]), np.array([0.0, 1.0])]
    with pytest.raises(ValueError, match="the labels of the batches are int64 and float64"):
        classifier(batch_size=1).fit([(X[:2], part) for part in labels], None)
    clf = classifier(batch_size=1).fit([(X[:2], np.array([3, 2**53])), (X[:2], np.array([4.0, 3.0]))], None)
    assert clf.classes_.tolist() == [3, 4, 2**53]


def test_batches_may_be_lists_and_need_no_y():
    """What a function may return is also taken as it is."""
    parts = [list(part) for part in batches(X, Y)]
    found = classifier().fit(parts, None).theta_
    np.testing.assert_array_equal(found, classifier().fit(batches(X, Y), None).theta_)
    for given in (parts, batches(X, Y)):
        with pytest.raises(ValueError, match=r"X is a list of batches, which .* y=None with tuples \(X, y\)"):
            classifier().fit(given, Y)
    nested = [tuple(array.tolist() for array in part) for part in batches(X, Y)]
    np.testing.assert_allclose(classifier().fit(nested, None).theta_, found, atol=1e-6)


def test_a_list_of_names_is_read_in_its_order(tmp_path, monkeypatch):
    pd = pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame(X, columns=list("abcde")).assign(y=Y)
    names = ["second.csv", "first.csv", "third.csv"]
    for i, name in enumerate(names):
        table[i * 50 : (i + 1) * 50].to_csv(name, index=False)
    clf = classifier(shuffle=False).fit([tmp_path / name for name in names], "y")
    whole = classifier(shuffle=False).fit(table[:150].drop(columns="y"), table["y"][:150])
    np.testing.assert_allclose(clf.theta_, whole.theta_, rtol=0, atol=1e-6)
    assert "150 rows of" in clf.history_.notes[0] and "second.csv, ... were read" in clf.history_.notes[0]
    with pytest.raises(FileNotFoundError, match=r"fourth\.csv: there is no such file"):
        classifier().fit([*names, "fourth.csv"], "y")
    with pytest.raises(ValueError, match=r"X is a list, and \*.csv is not the name of a file"):
        classifier().fit([*names, "*.csv"], "y")


def test_columns_in_the_names_of_folders_are_warned_of(tmp_path, recwarn):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for year in (2025, 2026):
        folder = tmp_path / "site=x" / f"year={year}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"a": X[:90, 0], "y": Y[:90]}), folder / "rows.parquet")
    with pytest.warns(
        UserWarning, match="folders are named by year, which is not read as a column.*partitioning='hive'"
    ):
        clf = classifier().fit(f"{tmp_path}/**/*.parquet", "y")
    assert clf.feature_names_in_.tolist() == ["a"]
    classifier().fit(f"{tmp_path}/site=x/year=2025/*.parquet", "y")
    for year in (2025, 2026):
        pq.write_table(
            pa.table({"a": X[:90, 0], "year": X[:90, 1], "y": Y[:90]}), tmp_path / f"site=x/year={year}/rows.parquet"
        )
    assert classifier().fit(f"{tmp_path}/**/*.parquet", "y").feature_names_in_.tolist() == ["a", "year"]
    assert not [one for one in recwarn if "folders" in str(one.message)]


def test_columns_of_tables_that_cannot_be_labels_or_weights_are_named(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"a": [1.0, 2.0], "y": [0, 1], "lists": [[1], [2]], "text": ["p", "q"]})
    pq.write_table(table, tmp_path / "rows.parquet")
    for given in (str(tmp_path / "rows.parquet"), [table]):
        with pytest.raises(ValueError, match="the column of labels, 'lists', is of type list"):
            classifier().fit(given, "lists")
        with pytest.raises(ValueError, match="the column of weights, 'text', is of type string"):
            classifier().fit(given, "y", "text")


def test_a_filtered_dataset_is_refused_with_the_remedy(tmp_path):
    pa, ds = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.dataset")
    dataset = ds.dataset(pa.table({"a": X[:90, 0], "y": Y[:90]})).filter(ds.field("a") > -1e9)
    with pytest.raises(ValueError, match=r"a function that returns its batches, as lambda: dataset.to_batches\(\)"):
        classifier().fit(dataset, "y")
    clf = classifier().fit(lambda: dataset.to_batches(), "y")
    assert clf.t_ % 90 == 0


def test_weights_are_checked_in_the_first_pass(monkeypatch):
    monkeypatch.setattr(survey, "SAMPLE", 20)
    weights, read = np.ones(N), []
    weights[-1] = -1

    def parts():
        read.append(0)
        yield from batches(X, Y, weights)

    with pytest.raises(ValueError, match="a weight is negative, missing or infinite"):
        classifier().fit(parts, None)
    assert len(read) == 1


def test_names_where_rows_in_memory_are_needed(folder, frame):
    name = f"{folder}/rows-0.parquet"
    clf = classifier().fit(frame.drop(columns="answer"), frame["answer"])
    for call in (
        lambda: clf.predict(name), lambda: classifier(solver="sgd").partial_fit(name, ["a", "b"], classes=["a", "b"]),
        lambda: classifier().fit(frame.drop(columns="answer"), frame["answer"], X_val=name, y_val=["a"]),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="is the name of a file, and rows in memory are needed"):
            call()
    with pytest.raises(ValueError, match="y='answer' is the name of a column, and X is in memory"):
        classifier().fit(frame, "answer")
    with pytest.raises(ValueError, match="fit_many needs all rows in memory"):
        fit_many(classifier(), "none.parquet", None, [{}])
