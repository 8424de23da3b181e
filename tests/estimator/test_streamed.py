"""Fits on sources that are read in each epoch give what the same rows in memory give."""

from __future__ import annotations

import contextvars
import itertools
import threading

import numpy as np
import pytest
from sklearn.base import clone
from streams import RNG, N, X, Y, batches, classifier

from gpunn import MLPClassifier
from gpunn.data import blocks, read_table, split_target, survey
from gpunn.data.sources import source_of
from gpunn.estimator import fit
from gpunn.estimator.prepare_stream import prepare_stream
from gpunn.features import FeatureWarning

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# The same as in memory


@pytest.mark.parametrize("settings", [
    {}, {"shuffle": False}, {"n_members": 2}, {"dropout": 0.3}, {"solver": "sgd", "learning_rate": "cosine"},
    {"solver": "muon"}, {"class_weight": "balanced", "label_smoothing": 0.1}, {"ema_decay": 0.9, "clip_norm": 0.5},
    {"learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.filterwarnings("ignore:compile=True was asked for")
def test_one_block_trains_to_the_same_bits(settings, compiled):
    clf = classifier(compile=compiled, **settings)
    expected, found = clone(clf).fit(X, Y), clone(clf).fit(batches(X, Y), None)
    assert np.array_equal(found.theta_, expected.theta_)
    assert found.history_.cost == expected.history_.cost and found.t_ == expected.t_
    assert np.array_equal(found.predict_proba(X), expected.predict_proba(X))
    assert "600 rows of X were read once and kept in memory." in found.history_.notes
    assert found.history_.summary == expected.history_.summary


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_weights_and_dtypes(dtype):
    weight, rows = RNG.random(N), (50 * np.abs(X)).astype(dtype)
    expected = classifier().fit(rows, Y, weight)
    found = classifier().fit(batches(rows, Y, weight), None)
    assert np.array_equal(found.theta_, expected.theta_) and found.theta_.dtype == expected.theta_.dtype


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("n_batches", [1, 3])
def test_blocks_in_their_order_train_to_the_same_bits(monkeypatch, compiled, n_batches):
    """The last batch is smaller, and batches are no multiple of the rows that are read together."""
    clf = classifier(compile=compiled, shuffle=False, batch_size=70)
    expected = clone(clf).fit(X, Y)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", n_batches * 70 * X[:1].nbytes)
    found = clone(clf).fit(batches(X, Y), None)
    np.testing.assert_allclose(found.theta_, expected.theta_, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.history_.cost, expected.history_.cost, rtol=1e-6)


def test_blocks_are_shuffled_by_the_seed(monkeypatch, folder):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100 * 4 * 10)
    one, same, other = (classifier(random_state=seed).fit(f"{folder}/*.parquet", "answer").theta_ for seed in (0, 0, 1))
    unshuffled = classifier(shuffle=False).fit(f"{folder}/*.parquet", "answer").theta_
    assert np.array_equal(one, same) and not np.array_equal(one, other) and not np.array_equal(one, unshuffled)


def sources(folder, frame):
    import pyarrow.dataset
    import pyarrow.parquet

    def read():
        for path in sorted(folder.glob("*.parquet")):
            yield from pyarrow.parquet.ParquetFile(path).iter_batches(50)

    return {
        "Parquet": f"{folder}/rows-*.parquet",
        "dataset": pyarrow.dataset.dataset([str(path) for path in sorted(folder.glob("*.parquet"))]),
        "function": read,
        "frames": [frame[i : i + 100] for i in range(0, N, 100)],
        "CSV": f"{folder}/rows-*.csv",
    }


@pytest.mark.parametrize("kind", ["Parquet", "dataset", "function", "frames", "CSV"])
@pytest.mark.parametrize("settings", [{}, {"numeric_encoding": "piecewise_linear"}], ids=str)
def test_tables(folder, frame, kind, settings):
    clf = classifier(shuffle=False, **settings)
    expected = clone(clf).fit(frame.drop(columns="answer"), frame["answer"])
    found = clone(clf).fit(sources(folder, frame)[kind], "answer")
    np.testing.assert_allclose(found.theta_, expected.theta_, rtol=0, atol=1e-6 if kind == "CSV" else 1e-7)
    assert found.classes_.tolist() == expected.classes_.tolist() == ["maybe", "no", "yes"]
    assert found.feature_names_in_.tolist() == [*"abcde", "colour"]
    assert np.array_equal(found.predict(frame), expected.predict(frame.drop(columns="answer")))


def test_labels_of_csv_are_integers_where_all_are(tmp_path):
    rows = "\n".join(f"{a:.4f},{label}" for a, label in zip(X[:, 0], Y, strict=True))
    (tmp_path / "a.csv").write_text(f"a,label\n{rows}\n")
    assert classifier().fit(tmp_path / "a.csv", "label").classes_.tolist() == [0, 1, 2]
    (tmp_path / "b.csv").write_text(f"a,label\n{rows}\n1.0,01\n")
    assert classifier().fit(f"{tmp_path}/*.csv", "label").classes_.tolist() == ["0", "01", "1", "2"]


def test_arrays_on_disk(tmp_path):
    for name, array in (("X", X), ("y", Y), ("w", np.ones(N))):
        np.save(tmp_path / f"{name}.npy", array)
    expected = classifier().fit(X, Y)
    for y in (Y, str(tmp_path / "y.npy")):
        assert np.array_equal(classifier().fit(tmp_path / "X.npy", y).theta_, expected.theta_)
    weighted = classifier().fit(tmp_path / "X.npy", Y, tmp_path / "w.npy")
    np.testing.assert_allclose(weighted.theta_, expected.theta_, atol=1e-6)


def test_a_mapped_array_is_one_in_memory(tmp_path):
    """joblib maps large arrays that it hands to other processes."""
    np.save(tmp_path / "X.npy", X)
    found = classifier().fit(np.load(tmp_path / "X.npy", mmap_mode="r"), Y)
    assert np.array_equal(found.theta_, classifier().fit(X, Y).theta_) and not found.history_.notes


# Rows that are held out


@pytest.mark.parametrize("way", ["batches", "Parquet", "CSV"])
@pytest.mark.parametrize(("block_bytes", "sample"), [(2**25, N), (5_000, N), (5_000, 300)])
def test_rows_that_are_held_out_are_not_trained_on(monkeypatch, folder, frame, way, block_bytes, sample):
    trained, real = [], blocks.blocks

    def seen(*given):
        trained.append([])
        for block in real(*given):
            trained[-1].append(block.X.copy())
            yield block

    monkeypatch.setattr(blocks, "blocks", seen)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(survey, "SAMPLE", sample)
    clf = classifier(early_stopping=True, validation_fraction=0.2, max_iter=2, n_iter_no_change=9)
    source = (batches(X, Y), None) if way == "batches" else (sources(folder, frame)[way], "answer")
    held_out = []

    def prepared(*given, **named):
        found = prepare_stream(*given, **named)
        held_out.append(found.validation_set.X)
        return found

    monkeypatch.setattr(fit, "prepare_stream", prepared)
    clf.fit(*source)
    assert len(trained) == (2 if block_bytes == 5_000 else 1)
    assert len(trained[0]) > 3 or block_bytes > 5_000
    for epoch in trained:
        rows = [*np.concatenate(epoch), *held_out[0]]
        assert len(rows) == N == len({row.tobytes() for row in rows}) and len(held_out[0]) == 120
    assert len(clf.validation_scores_) == 2 and clf.t_ == 2 * 480
    assert "120 of them, chosen at random, were held out" in clf.history_.notes[0]
    assert clf.history_.summary.n_given == 600 and clf.history_.summary.n_rows == 480


def test_columns_are_learned_from_a_sample_where_rows_are_many(monkeypatch, folder, frame):
    monkeypatch.setattr(survey, "SAMPLE", 100)
    clf = classifier().fit(f"{folder}/*.parquet", "answer")
    assert "columns were learned from a random sample of 100 rows" in clf.history_.notes[0]
    means = [column.mean for column in clf.features_.columns if column.kind == "numbers"]
    np.testing.assert_allclose(means[1:], X[:, 1:].mean(axis=0), atol=0.4)
    assert clf.t_ == 4 * N


@pytest.mark.parametrize("size", [10, 100, 250, 599, 600, 601])
def test_a_sample_is_random_and_in_order(monkeypatch, size):
    monkeypatch.setattr(survey, "SAMPLE", size)
    chosen = np.zeros(N)
    for seed in range(200):
        found = survey.survey(source_of(batches(X, Y), None), seed, np.asarray)
        assert len(found.numbers) == min(size, N) and np.all(np.diff(found.numbers) > 0)
        assert np.array_equal(found.sample.X, X[found.numbers]) and np.array_equal(found.sample.y, Y[found.numbers])
        assert found.n_rows == N and found.counts.tolist() == np.bincount(Y).tolist()
        chosen[found.numbers] += 1
    share = min(size, N) / N
    halves = chosen[: N // 2].mean() / 200, chosen[N // 2 :].mean() / 200
    np.testing.assert_allclose(halves, share, rtol=0.25)  # neither the first rows nor the last


def test_empty_batches_are_skipped():
    parts = batches(X, Y)
    found = classifier().fit([(X[:0], Y[:0]), *parts[:2], (X[:0], Y[:0]), *parts[2:]], None)
    assert np.array_equal(found.theta_, classifier().fit(X, Y).theta_)


def test_an_interrupt_keeps_the_model_so_far(small_blocks):
    calls = []

    def read():
        calls.append(0)
        if len(calls) == 5:
            raise KeyboardInterrupt
        yield from batches(X, Y)

    with pytest.warns(UserWarning, match="interrupted by user"):
        clf = classifier(max_iter=20).fit(read, None)
    assert clf.history_.stopped == "interrupted" and clf.n_iter_ == 3


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"compile": True, "ema_decay": 0.9}], ids=str)
def test_a_fit_is_resumed_to_the_same_bits(tmp_path, folder, settings, small_blocks):
    calls = []

    def stop(history):
        calls.append(0)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return False

    source = f"{folder}/*.parquet", "answer"
    clf = classifier(max_iter=5, n_iter_no_change=9, **settings)
    expected = clone(clf).fit(*source)
    with pytest.warns(UserWarning, match="interrupted by user"):
        clone(clf).set_params(checkpoint=tmp_path, callback=stop).fit(*source)
    found = MLPClassifier.resume(tmp_path, *source)
    assert np.array_equal(found.theta_, expected.theta_) and found.history_.cost == expected.history_.cost
    (tmp_path / "lock").unlink(missing_ok=True)
    with pytest.raises(ValueError, match="the data are not those of the fit that is to be resumed"):
        MLPClassifier.resume(tmp_path, f"{folder}/rows-[0-2].parquet", "answer")


def test_training_goes_on_with_warm_start():
    clf = classifier(warm_start=True).fit(batches(X, Y), None)
    first = clf.loss_
    assert clf.fit(batches(X, Y), None).loss_ < first and len(clf.loss_curve_) == 8


def test_a_batch_may_have_no_weight():
    weights = np.ones(N)
    weights[:130] = 0
    found = classifier(shuffle=False).fit(batches(X, Y, weights), None)
    np.testing.assert_allclose(found.theta_, classifier(shuffle=False).fit(X, Y, weights).theta_, atol=1e-6)


def test_rows_of_several_shards_that_fit_into_one_block_are_those_of_memory(folder, frame, tmp_path):
    clf = classifier()
    expected = clone(clf).fit(frame.drop(columns="answer"), frame["answer"])
    assert np.array_equal(clone(clf).fit(f"{folder}/*.parquet", "answer").theta_, expected.theta_)
    rows = np.tile(X, (150, 1))
    np.save(tmp_path / "X.npy", rows)
    y = np.tile(Y, 150)
    expected = clone(clf).set_params(max_iter=1).fit(rows, y)
    assert np.array_equal(clone(clf).set_params(max_iter=1).fit(tmp_path / "X.npy", y).theta_, expected.theta_)


@pytest.mark.parametrize("size", [1, 2, 599])
def test_a_batch_may_be_held_out_as_a_whole(size):
    clf = classifier(early_stopping=True, validation_fraction=0.3).fit(batches(X, Y, size=size), None)
    assert clf.history_.summary.n_rows == 420 and len(clf.validation_scores_) == 4


def test_held_out_rows_are_stratified_as_in_memory(monkeypatch):
    counts, real = [], {name: getattr(fit, name) for name in ("prepare", "prepare_stream")}
    for name in real:

        def counted(*given, name=name, **named):
            task = real[name](*given, **named)
            counts.append(np.bincount(task.validation_set.y).tolist())
            return task

        monkeypatch.setattr(fit, name, counted)
    y = np.where(np.arange(N) < 4, 5, Y)
    clf = classifier(early_stopping=True, validation_fraction=0.5)
    clone(clf).fit(X, y)
    clone(clf).fit(batches(X, y), None)
    assert counts[0] == counts[1] and counts[0][5] == 2
    for y in ([0, 1, 2], [0, 1, 1]):
        errors = []
        for given in ((X[:3], y), ([(X[:3], y)], None)):
            with pytest.raises(ValueError) as caught:
                classifier(early_stopping=True, batch_size=1).fit(*given)
            errors.append(str(caught.value))
        assert errors[0] == errors[1]


@pytest.mark.parametrize("parts", [
    (["apple", "a"], ["a"]), (["a"], ["apple"]), ([1, 2], [True]), (np.array([1, 300]), np.array([1], "int8")),
], ids=range(4))  # fmt: skip
def test_labels_may_have_another_dtype_in_each_batch(parts):
    rows = [(X[: len(part)], part) for part in parts]
    assert set(classifier(batch_size=1).fit(rows, None).classes_.tolist()) == {*np.concatenate(parts).tolist()}


def test_batches_may_share_one_buffer():
    buffer, labels = np.empty((60, 5), "float32"), np.empty(60, int)

    def read():
        for i in range(0, N, 60):
            buffer[...], labels[...] = X[i : i + 60], Y[i : i + 60]
            yield buffer, labels

    expected = classifier(features="all").fit(batches(X, Y), None)
    assert np.array_equal(classifier(features="all").fit(read, None).theta_, expected.theta_)


def test_frames_with_labels_of_their_own(frame):
    rows, labels = frame.drop(columns="answer"), frame["answer"]
    found = classifier().fit([(rows[:300], labels[:300]), (rows[300:], labels[300:])], None)
    assert np.array_equal(found.theta_, classifier().fit(rows, labels).theta_)
    assert np.array_equal(found.predict(rows[rows.columns[::-1]]), found.predict(rows))


def test_an_index_of_pandas_is_no_column(frame, tmp_path):
    ds = pytest.importorskip("pyarrow.dataset")
    shuffled = frame.sample(frac=1, random_state=0)
    shuffled.to_parquet(tmp_path / "a.parquet")
    for given in ([shuffled[:300], shuffled[300:]], ds.dataset(tmp_path), tmp_path / "a.parquet"):
        assert classifier().fit(given, "answer").feature_names_in_.tolist() == [*"abcde", "colour"]


def test_kinds_that_are_set_hold_in_csv_too(tmp_path):
    codes = np.random.default_rng(0).choice(["01067", "01069", "10115", "80331"], N)
    lines = "".join(f"{code},{i % 7},{code > '02'}\n" for i, code in enumerate(codes))
    (tmp_path / "a.csv").write_text("zip,n,label\n" + lines)
    clf = classifier(features={"zip": "text"}, max_iter=60, learning_rate_init=0.05)
    clf.fit(tmp_path / "a.csv", "label")
    assert clf.features_.columns[0].categories == ("01067", "01069", "10115", "80331")
    assert clf.history_.cost[-1] < 0.1
    with pytest.warns(FeatureWarning, match="column 'zip' is read as numbers, and some have leading zeros"):
        classifier().fit(tmp_path / "a.csv", "label")


def test_decimal_commas(frame, tmp_path):
    frame.to_csv(tmp_path / "a.csv", sep=";", decimal=",", index=False)
    found = classifier().fit(tmp_path / "a.csv", "answer")
    expected = classifier().fit(frame.drop(columns="answer"), frame["answer"])
    np.testing.assert_allclose(found.theta_, expected.theta_, atol=1e-6)
    whole = frame[["c"]].round().astype(int).astype(str).assign(answer=frame["answer"])
    for name, part in (("a", frame[["c", "answer"]]), ("0", whole), ("c", whole)):  # of which two tell no sign
        part.to_csv(tmp_path / f"{name}.csv", sep=";", decimal=",", index=False)
    assert classifier().fit(f"{tmp_path}/*.csv", "answer").features_.columns[0].kind == "numbers"
    frame[["c", "answer"]].to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(ValueError, match=r"b\.csv: its decimal sign is '\.', and that of .*a\.csv ','"):
        classifier().fit(f"{tmp_path}/*.csv", "answer")


def test_weights_of_csv_files(frame, tmp_path):
    weight = np.arange(N) % 3
    frame.assign(w=weight).to_csv(tmp_path / "a.csv", index=False)
    found = classifier().fit(tmp_path / "a.csv", "answer", "w")
    expected = classifier().fit(frame.drop(columns="answer"), frame["answer"], weight)
    np.testing.assert_allclose(found.theta_, expected.theta_, atol=1e-6)
    text = (tmp_path / "a.csv").read_text()
    for bad in ("", "NA", "x"):
        (tmp_path / "a.csv").write_text(text[: text.rstrip().rfind(",") + 1] + bad + "\n")
        with pytest.raises(ValueError, match=r"a\.csv: sample_weight='w' has .*which is no number"):
            classifier().fit(tmp_path / "a.csv", "answer", "w")


def test_types_that_hold_the_same_values_go_together(frame, tmp_path):
    pd = pytest.importorskip("pandas")
    one, other = frame[:300], frame[300:]
    one = one.assign(colour=pd.Categorical(one["colour"], ["green", "red", "blue"]))
    many = [f"c{i}" for i in range(200)] + ["red", "blue", "green"]
    other = other.assign(colour=pd.Categorical(other["colour"], many))  # codes of another width
    found = classifier().fit([one, other[other.columns[::-1]]], "answer")
    rows = pd.concat([one.astype({"colour": str}), other.astype({"colour": str})])
    assert set(found.features_.columns[5].categories) <= {*many}
    assert (found.predict(rows.drop(columns="answer")) == found.predict(frame.drop(columns="answer"))).all()
    nothing = other.assign(a=None, colour=other["colour"].astype(str))
    for parts in ([one.astype({"colour": str}), nothing], [nothing, one.astype({"colour": str})]):
        assert classifier().fit(parts, "answer").t_ == 4 * N


def test_the_rule_for_compiling_goes_by_all_rows(monkeypatch, usual_rule):
    monkeypatch.setattr(survey, "SAMPLE", 50)
    rows, labels = np.tile(X, (20, 1)), np.tile(Y, 20)
    clf = classifier(max_iter=8)
    expected = clone(clf).fit(rows, labels).history_.path
    assert clone(clf).fit(batches(rows, labels), None).history_.path == expected == "compiled"


def test_memory_counts_targets_and_wide_rows(monkeypatch):
    y = np.arange(N) % 40
    blocks_seen, real = [], blocks.blocks

    def seen(*given):
        for block in real(*given):
            blocks_seen.append(block.X.nbytes + block.T.nbytes)
            yield block

    monkeypatch.setattr(blocks, "blocks", seen)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 30_000)
    clf = classifier(max_iter=1).fit(batches(X, y, size=100), None)
    assert max(blocks_seen) <= 30_000 and len(blocks_seen) > 3
    monkeypatch.setattr(survey, "SAMPLE_BYTES", 50 * X[:1].nbytes)
    clf = classifier(max_iter=1).fit(batches(X, Y), None)
    assert "a random sample of 50 rows" in clf.history_.notes[0]


def test_an_interrupt_waits_for_a_batch_and_not_for_a_block():
    over, read, closed, batch = threading.Event(), [], [], threading.Event()

    def items():
        try:
            for i in itertools.count():
                read.append(i)
                if i == 60:  # within the second block, which is read ahead
                    batch.set()
                    over.wait(60)
                yield i
        finally:
            closed.append(True)

    def in_blocks(batches):
        for _ in batches:
            yield [*itertools.islice(batches, 49)]

    found = in_blocks(itertools.takewhile(lambda _: not over.is_set(), items()))
    wanted = blocks.read_ahead(found, over, contextvars.copy_context())
    next(wanted)
    batch.wait(60)
    wanted.close()
    assert len(read) == 61 and closed


def test_a_reader_of_rows_with_labels_apart_is_a_table(frame):
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pandas(frame.drop(columns="answer"), preserve_index=False)
    found = classifier().fit(table.to_reader(100), frame["answer"])
    assert np.array_equal(found.theta_, classifier().fit(table, frame["answer"]).theta_)


def test_batches_may_be_lists():
    expected = classifier().fit(X, Y).theta_
    assert np.array_equal(classifier().fit(lambda: ([*part] for part in batches(X, Y)), None).theta_, expected)


@pytest.mark.parametrize("first", [0, 1])
def test_dictionaries_of_many_values_and_columns_without_any(first):
    """pandas gives dictionaries codes of 8 bits, and together they may have more values."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed: no frames")
    parts = []
    for i in range(4):
        names = [f"c{k}" for k in range(100 * i, 100 * i + 100)]
        part = pd.DataFrame({"c": pd.Categorical(np.resize(names, 150)), "y": Y[:150]})
        parts.append(part if i != first else part.assign(c=None))
    found = classifier().fit(parts, "y")
    assert len(found.features_.columns[0].categories) == 300
    with pytest.raises(ValueError, match=r"column 'c' is .* in a batch, and .* in the first"):
        classifier().fit([*parts, parts[0].assign(c=1.5)], "y")


def test_a_sample_has_no_more_bytes_than_it_may(monkeypatch):
    """The first batch need not be like the others, and parts of few rows must not keep the dictionary of all."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed: no frames")
    monkeypatch.setattr(survey, "SAMPLE_BYTES", 20_000)
    texts = [f"{i:050}" for i in range(3000)]
    frames = [
        pd.DataFrame({"c": pd.Categorical(["x"] * 9, ["x"]) if not i else pd.Categorical(texts), "y": 0})
        for i in range(8)
    ]
    peak, reduce = [], survey.Sample._reduce

    def seen(self):
        peak.append(sum(part.X.nbytes for part in self.parts))
        reduce(self)
        assert self.parts[0].X.nbytes <= 21_000

    monkeypatch.setattr(survey.Sample, "_reduce", seen)
    source = source_of(frames, "y")
    found = survey.survey(source, 0, np.asarray)
    assert max(peak) < 250_000 and 100 < len(found.numbers) < 500


def test_rare_classes_may_stop_early(monkeypatch):
    """The sample may have one row of a class of which there are enough."""
    monkeypatch.setattr(survey, "SAMPLE", 100)
    for seed in range(5):
        y = np.where(np.arange(N) % 100 == 0, 1, 0)
        clf = classifier(early_stopping=True, random_state=seed).fit(batches(X, y), None)
        assert clf.classes_.tolist() == [0, 1] and len(clf.validation_scores_) == 4


def test_sorted_rows_are_mixed(monkeypatch, tmp_path):
    """A block of few rows has those of several shards."""
    rows = np.repeat(np.arange(8.0), 100)[:, None] * np.ones((1, 5))
    np.save(tmp_path / "X.npy", rows)
    of_blocks, real = [], blocks.blocks

    def seen(*given):
        for block in real(*given):
            of_blocks.append(len(np.unique(block.X)))
            yield block

    monkeypatch.setattr(blocks, "blocks", seen)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 6_000)
    monkeypatch.setattr("gpunn.data.shards.BATCH_ROWS", 100)
    classifier(max_iter=2).fit(tmp_path / "X.npy", np.repeat(np.arange(8) % 2, 100))
    assert len(of_blocks) > 10 and np.mean(of_blocks) > 2.5


def test_wide_rows_are_read_a_few_at_a_time(monkeypatch, tmp_path, frame):
    monkeypatch.setattr("gpunn.data.shards.BATCH_BYTES", 2_000)
    np.save(tmp_path / "X.npy", X)
    frame.to_parquet(tmp_path / "a.parquet")
    for source in (source_of(tmp_path / "X.npy", Y), source_of(tmp_path / "a.parquet", "answer")):
        sizes = [len(batch.y) for shard in source.shards for batch in shard(None)]
        assert sum(sizes) == N and max(sizes) <= 100


def test_the_reader_has_the_configuration_of_its_caller(small_blocks, monkeypatch):
    import sklearn

    from gpunn.devices import cores

    seen = []

    def read():
        seen.append((sklearn.get_config()["assume_finite"], cores.cores()))
        yield from batches(X, Y)

    with sklearn.config_context(assume_finite=True):
        classifier(max_iter=1).fit(read, None)
    assert [found for found, _ in seen] == [True, True] and seen[1][1] == 1


def test_columns_of_plain_tables_may_come_in_any_order(small_blocks, frame):
    rows = frame[["b", "c", "d", "answer"]]
    parts = [rows[:300], rows[300:][["answer", "d", "c", "b"]]]
    clf = classifier(features=None, shuffle=False)
    found = clone(clf).fit(parts, "answer")
    np.testing.assert_allclose(found.theta_, clone(clf).fit(rows[["b", "c", "d"]], rows["answer"]).theta_, atol=1e-7)


@pytest.mark.parametrize("sample", [N - 1, N // 2])
def test_held_out_rows_are_random(monkeypatch, sample):
    """Of classes that the sample has all rows of, one row is left to be trained on."""
    monkeypatch.setattr(survey, "SAMPLE", sample)
    y = np.where(np.arange(N) % 200 == 7, 5, Y)
    chosen = np.zeros(N)
    for seed in range(100):
        found = survey.survey(source_of(batches(X, y), None), seed, np.asarray)
        rows = found.holdout(sample // 2, np.random.default_rng(seed))
        assert len(rows) == sample // 2 and np.all(np.diff(rows) > 0)
        others = found.without(rows)
        assert (others.counts > 0).all() and others.counts.sum() == N - len(rows)
        assert np.array_equal(others.sample.y, np.delete(found.sample.y, rows))
        assert np.array_equal(others.left_out, found.numbers[rows]) and others.n_given == N - len(rows)
        chosen[found.numbers[rows]] += 1
    by_class = [chosen[y == label].mean() / 100 for label in (0, 1, 2)]
    np.testing.assert_allclose(by_class, sample // 2 / N, rtol=0.1)
    assert 0 < chosen[y == 5].mean() / 100 < sample // 2 / N


def test_kinds_that_are_set_hold_in_parquet_too(tmp_path, frame):
    """The first pass and the epochs write values of other types as the same text."""
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2020-01-01", periods=4).take(np.arange(N) % 4)
    frame.assign(day=days, half=np.arange(N) % 2 / 2).to_parquet(tmp_path / "a.parquet", row_group_size=100)
    clf = classifier(features={"day": "text", "half": "text"}).fit(tmp_path / "a.parquet", "answer")
    table = read_table(tmp_path / "a.parquet", columns_as_text=["day", "half"])
    expected = clone(clf).fit(*split_target(table, "answer"))
    assert clf.features_ == expected.features_ and np.array_equal(clf.theta_, expected.theta_)


def test_errors_in_an_epoch_name_the_rows(small_blocks, monkeypatch, tmp_path, frame):
    monkeypatch.setattr(survey, "SAMPLE", 10)
    changed = frame.copy()
    changed.loc[N - 1, "b"] = np.inf
    changed.to_parquet(tmp_path / "a.parquet", row_group_size=100)
    said = r"a\.parquet, rows 5\d\d to 600, counted from the first of them: column 'b'"
    with pytest.raises(ValueError, match=said):
        classifier(random_state=1).fit(tmp_path / "a.parquet", "answer")
