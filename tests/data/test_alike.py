"""One reading: what `train` makes of a column of a file, `predict` and `evaluate` make of it, and so does `fit` on the
frame that holds the file."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from gpunn.cli import sources
from gpunn.data import csv_text, read_table, records
from gpunn.features import Features, arrow

DAY, NAN = 86400.0, float("nan")
D2020 = 18262 * DAY  # 2020-01-01

NUMBERS = [
    (["1", "2", "30"], [1, 2, 30]), (["-1", "+2", "0"], [-1, 2, 0]), (["1.5", "2", "-.5"], [1.5, 2, -0.5]),
    (["5.", "1e5", "1E-3"], [5, 1e5, 1e-3]), (["007", "7", "10"], [7, 7, 10]), (["0x1F", "0Xff", "0x0"], [31, 255, 0]),
    ([" 1", "2 ", " 3 "], [1, 2, 3]), (["1", "", "3"], [1, NAN, 3]), (["1", "NA", "3"], [1, NAN, 3]),
    (["1", ".", "3"], [1, NAN, 3]), (["1.5", "None", "3"], [1.5, NAN, 3]), (["1", "\\N", "3"], [1, NAN, 3]),
    (["1", "#DIV/0!", "3"], [1, NAN, 3]), (["1", "#VALUE!", "3"], [1, NAN, 3]), (["1", "#REF!", "3"], [1, NAN, 3]),
    (["1", "#N/A", "3"], [1, NAN, 3]), (["1", "NULL", "3"], [1, NAN, 3]), (["1", "null", "3"], [1, NAN, 3]),
    (["1", "NaN", "3"], [1, NAN, 3]), (["1", "-nan", "3"], [1, NAN, 3]), (["1", "?", "3"], [1, NAN, 3]),
    (["1", "   ", "3"], [1, NAN, 3]), (["1", "<NA>", "3"], [1, NAN, 3]), (["1", "n/a", "3"], [1, NAN, 3]),
    (["NaT", "2", "3"], [NAN, 2, 3]), ([".", ".", "3"], [NAN, NAN, 3]), (["None", "2", "."], [NAN, 2, NAN]),
    (["9007199254740993", "1", "2"], [9007199254740993, 1, 2]), (["1e300", "-1e300", "0"], [1e300, -1e300, 0]),
    (["1", "__HIVE_DEFAULT_PARTITION__", "3"], [1, NAN, 3]), (["0.1", "0.2", "0.3"], [0.1, 0.2, 0.3]),
    (["1", "#NAME?", "2.5"], [1, NAN, 2.5]), (["1", "#NUM!", "2.5"], [1, NAN, 2.5]), (["none", "1", "2"], [NAN, 1, 2]),
    (["00", "01", "1.0"], [0, 1, 1]), (["123456789012345678901", "0", "1"], [123456789012345678901.0, 0, 1]),
]  # fmt: skip
DATES = [
    (["2020-01-01", "2020-01-02", "1969-12-31"], [D2020, D2020 + DAY, -DAY]),
    (["2020-01-01", "", "2020-01-03"], [D2020, NAN, D2020 + 2 * DAY]),
    (["2020-01-01", "0000-00-00", "2020-01-03"], [D2020, NAN, D2020 + 2 * DAY]),
    (["0000-00-00 00:00:00", "2020-01-01 00:00:05", "2020-01-01"], [NAN, D2020 + 5, D2020]),
    (["2020-01-01 07:30", "2020-01-01 07:30:15", "2020-01-01T07:30:15.25"]
     , [D2020 + s for s in (27000, 27015, 27015.25)]),
    (["2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", "2020-01-01 00:00:00-02:00"], [D2020, D2020, D2020 + 7200]),
    (["2020-01-01 00:00:00 +0130", "2020-01-01 00:00:00Z", "NaT"], [D2020 - 5400, D2020, NAN]),
    (["2020-02-29", "2020-03-01 12", "None"], [D2020 + 59 * DAY, D2020 + 60.5 * DAY, NAN]),
    (["0001-01-01", "9999-12-31", "2020-01-01"], [-719162 * DAY, 2932896 * DAY, D2020]),
    ([" 2020-01-01", "2020-01-02 ", "NULL"], [D2020, D2020 + DAY, NAN]),
    (["2020-01-01 00:00:00.000001", "2020-01-01", "2020-01-01"], [D2020 + 1e-6, D2020, D2020]),
    (["2020-01-01 00:00:00.123456789", "2020-01-01", "2020-01-02"], [D2020 + 0.123456789, D2020, D2020 + DAY]),
]  # fmt: skip
TIMES = [
    (["07:30", "07:30:15", "07:30:15.25"], [27000, 27015, 27015.25]),
    (["7:30", "00:00", "23:59:59"], [27000, 0, 86399]),
    (["07:30", "", "08:00"], [27000, NAN, 28800]), (["07:30", ".", "08:00"], [27000, NAN, 28800]),
    ([" 07:30", "07:31 ", "None"], [27000, 27060, NAN]), (["12:00:00.000001", "0:00", "NaT"], [43200.000001, 0, NAN]),
    (["00:00:00.5", "00:00:01", "00:00:02"], [0.5, 1, 2]), (["23:00", "22:15:00", "\\N"], [82800, 80100, NAN]),
]  # fmt: skip
DURATIONS = [
    (["0 days 01:03:57", "1 days 00:00:00", "2 days"], [3837, DAY, 2 * DAY]),
    (["1 day, 1:03:57", "0 days", "3 days"], [DAY + 3837, 0, 3 * DAY]),
    (["-1 days +23:59:59.500000", "0 days 00:00:00", "NaT"], [-0.5, 0, NAN]),
    (["-1 day, 23:00:00", "1 day", ""], [-3600, DAY, NAN]),
    (["PT1H3M57S", "P1D", "P1DT2H"], [3837, DAY, DAY + 7200]), (["PT0.25S", "-PT1M", "PT0S"], [0.25, -60, 0]),
    (["26:10:00", "100:00:00", "48:00:01.5"], [94200, 360000, 172801.5]),
    (["0 days 00:00:00.000001", "0 days 01:00:00", "."], [1e-6, 3600, NAN]),
]  # fmt: skip
BOOLEANS = [
    (["true", "false", "true"], [1, 0, 1]), (["True", "False", ""], [1, 0, NAN]),
    (["TRUE", "FALSE", "NA"], [1, 0, NAN]),
    ([" true", "false ", "True"], [1, 0, 1]), (["true", "0", "false"], [1, 0, 0]), (["1", "true", "false"], [1, 1, 0]),
]  # fmt: skip
TEXT = [
    ["red", "blue", "green"], ["red", "", "blue"], ["red", "NA", "blue"], ["None", "brick", "stone"], [".", "a", "b"],
    ["red ", " red", "red"], ["Red", "red", "RED"], ["a,b", 'say "x"', "two\nlines"], ["é", "ß", "日本"],
    ["yes", "no", "maybe"], ["t", "f", "t"], ["true", "false", "other"], ["A1", "007", "B2"], ["12-34", "56-78", "9-1"],
    ["1 kg", "2 kg", "3 kg"], ["x", "#DIV/0!", "y"], ["None", "None", "None"], [".", "?", "."], ["v1.2", "v1.10", "v2"],
    ["10.0.0.1", "10.0.0.2", "host"], ["a", "1", "b"], ["high", "7", "low"], ["2020-W01", "2020-W02", "2020-W03"],
    ["2020", "MMXX", "MMXXI"], ["T1", "T2", "PT"], ["P", "PD", "day"], ["1_000", "a", "b"], ["e5", "1f", "1d"],
    ["٣", "٤", "٥"], ["nan0", "nanny", "Nancy"], ["Infinity War", "info", "in"], ["\\n", "\\t", "N"],
    ["=1+1", "@x", "-"],
    ["half past 7", "noon", "7.30"], ["a day", "days", "2 weeks"], ["0 - 5", "6 - 9", "> 9"],
]  # fmt: skip
NOTHING = [["", "NA", "?"], ["   ", "", "NULL"], ["NaT", "nan", "\\N"], ["#N/A", "#REF!", ""]]

COLUMNS = [
    *((cells, kind, values)
      for kind, columns in {"numbers": NUMBERS, "dates": DATES, "times of day": TIMES, "durations": DURATIONS,
                            "booleans": BOOLEANS}.items() for cells, values in columns),
    *((cells, "text", None) for cells in TEXT), *((cells, "nothing", [NAN] * 3) for cells in NOTHING),
]  # fmt: skip


def test_there_are_more_than_a_hundred():
    assert len(COLUMNS) > 100


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Pieces of a few rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(records, "CHUNK_BYTES", 200)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", 200)


@pytest.mark.parametrize(("cells", "kind", "expected"), COLUMNS, ids=lambda value: str(value)[:60])
@pytest.mark.filterwarnings("ignore::gpunn.features.FeatureWarning")
def test_a_column_is_read_alike_by_all(cells, kind, expected):
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells] * 4
    labels = ["u", "v", "w"] * 4
    rows = [f"{cell},{label},0\n" for cell, label in zip(quoted, labels, strict=True)]
    with open("t.csv", "w", encoding="utf-8", newline="") as file:
        file.write("c,y,end\n" + "".join(rows))

    table = read_table("t.csv", target="y")  # as train reads it
    found = arrow.values_of("c", table["c"])
    assert found.kind == kind
    if expected is None:
        missing = {"", "NA", "?", "#DIV/0!"}
        assert found.strings().to_list()[:3] == [None if cell.strip() in missing else cell for cell in cells]
    else:
        np.testing.assert_allclose(found.finite()[:3], expected, rtol=0, atol=2e-7)
    features = Features.learn(table.select(["c"]))
    X = features.transform(table, "float64")

    source = sources.Source("t.csv")
    predicted = np.concatenate([part for part, _ in sources.encoded(features, source, "float64")])
    evaluated = [*sources.labelled(features, source, "float64", "y", np.array(["u", "v", "w"], dtype=object))]
    assert np.array_equal(predicted, X)
    assert np.array_equal(np.concatenate([part for part, _ in evaluated]), X)
    assert np.concatenate([y for _, y in evaluated]).tolist() == labels

    pq.write_table(table, "t.parquet")
    from_parquet = [part for part, _ in sources.encoded(features, sources.Source("t.parquet"), "float64")]
    assert np.array_equal(np.concatenate(from_parquet), X)
    for frame in (table.select(["c"]).to_pandas(), pl.from_arrow(table.select(["c"])), table.select(["c"])):
        again = Features.learn(frame)
        assert again.names_out == features.names_out
        np.testing.assert_allclose(again.transform(frame, "float64"), X, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(features.transform(frame, "float64"), X, rtol=1e-12, atol=1e-12)
