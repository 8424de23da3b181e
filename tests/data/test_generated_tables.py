"""Generated tables: each is learned the same from CSV, Parquet, pandas, polars and pyarrow, or refused by one error
that names a column."""

from __future__ import annotations

import csv
import datetime
import decimal
import math
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpunn.data import read_table
from gpunn.features import Features

UTC = datetime.UTC
WHOLE = st.integers(-(2**60), 2**60) | st.integers(-9, 9)
MICROSECONDS = st.integers(0, 86400 * 10**6 - 1)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029"), max_size=6)


def time_of(us):
    return (datetime.datetime(2000, 1, 1) + datetime.timedelta(microseconds=us)).time()


VALUES = {  # values of a kind of column, and their Arrow type
    "int": (WHOLE, pa.int64()),
    "float": (st.floats(-1e9, 1e9) | st.sampled_from([0.0, -0.0, 5e-324, 1e308, math.inf, -math.inf]), pa.float64()),
    "bool": (st.booleans(), pa.bool_()),
    "text": (WORDS.map(lambda word: f"w{word}_"), pa.string()),
    "large text": (st.sampled_from(["one_", 'say "two"', "three, four", "fünf_"]), pa.large_string()),
    "date": (st.dates(), pa.date32()),
    "naive": (st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)), pa.timestamp("us")),
    "aware": (
        st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1), timezones=st.just(UTC)),
        pa.timestamp("us", "UTC"),
    ),
    "time": (MICROSECONDS.map(time_of), pa.time64("us")),
    "duration": (st.timedeltas(datetime.timedelta(-9999), datetime.timedelta(9999)), pa.duration("us")),
    "decimal": (st.integers(-(10**9), 10**9).map(lambda n: decimal.Decimal(n) / 100), pa.decimal128(14, 2)),
    "category": (st.sampled_from(["red_", "blue_", "green_"]), pa.dictionary(pa.int8(), pa.string())),
}
MISSING = st.sampled_from(["", "NA", "NaN", "NULL", "\\N", "?", "#N/A", "  ", "NaT"])
ODD = st.sampled_from(["n.d.", "<0.1", "1,234.5", "12.5%", "-", "soon", "1;2", "0000-00-01", "25:61", "PT"])


def spelled(value):
    """A value as programs write it to CSV."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.timedelta):
        return str(pd.Timedelta(value)) if abs(value.days) < 10**4 else str(value)
    return str(value)


@st.composite
def tables(draw):
    """Names, Arrow types and values of columns, and what stands for each value in CSV."""
    n = draw(st.integers(1, 12))
    columns = []
    for i in range(draw(st.integers(1, 4))):
        values, arrow_type = VALUES[draw(st.sampled_from(sorted(VALUES)))]
        share = draw(st.sampled_from([0, 0, 3, 1]))  # one in so many is missing
        cells = [draw(values) if not share or draw(st.integers(0, share)) else None for _ in range(n)]
        texts = [draw(MISSING) if cell is None else spelled(cell) for cell in cells]
        if draw(st.integers(0, 5)) == 0:  # an odd cell makes text of the column, however it is kept
            row = draw(st.integers(0, n - 1))
            texts[row] = draw(ODD)
            cells = [texts[j] if j == row or cells[j] is not None else None for j in range(n)]
            arrow_type = pa.string()
        columns.append((f"{draw(st.sampled_from('abc xyz'))}{i}", arrow_type, cells, texts))
    return columns


def outcome(learn):
    """The names and the matrix that are learned, or the refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            frame = learn()
            features = Features.learn(frame)
            return features.names_out, features.transform(frame, "float64"), None
        except ValueError as error:
            return None, None, str(error)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(tables())
def test_a_table_is_learned_the_same_from_everywhere(tmp_path_factory, columns):
    folder = tmp_path_factory.mktemp("generated", numbered=True)
    names = [name for name, *_ in columns]
    table = pa.table([pa.array(cells, arrow_type) for _, arrow_type, cells, _ in columns], names=names)
    with open(folder / "t.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow([*names, "end"])
        writer.writerows([*row, "0"] for row in zip(*(texts for *_, texts in columns), strict=True))
    pq.write_table(table, folder / "t.parquet")

    found = {
        "csv": outcome(lambda: read_table(folder / "t.csv").select(names)),
        "parquet": outcome(lambda: read_table(folder / "t.parquet")),
        "pandas": outcome(lambda: table.to_pandas()),
        "polars": outcome(lambda: pl.DataFrame(table)),
        "pyarrow": outcome(lambda: table),
    }
    learned, X, refusal = found["pyarrow"]
    for kind, (names_out, matrix, refused) in found.items():
        if refusal is not None:
            assert refused is not None, kind
            assert any(repr(name) in refused for name in names), kind
            continue
        assert refused is None, (kind, refused)
        assert names_out == learned, kind
        np.testing.assert_allclose(matrix, X, rtol=1e-9, atol=1e-9, err_msg=kind)


OBJECTS = st.one_of(
    *(values for values, _ in VALUES.values()), st.none(), st.just(math.nan), st.just(pd.NaT), st.just(pd.NA)
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(OBJECTS, min_size=1, max_size=8))
def test_a_column_of_objects_is_learned_by_all_its_values_or_refused_with_two_of_them(values):
    def learned(order):
        return outcome(lambda: pd.DataFrame({"c": pd.Series(order, dtype=object)}))

    (names, X, refusal), (backwards, Z, refused) = learned(values), learned(values[::-1])
    assert (refusal is None) == (refused is None)
    if refusal is None:
        assert names == backwards
        np.testing.assert_allclose(X, Z[::-1], rtol=1e-9, atol=1e-9)
    else:
        assert refusal.startswith("column 'c'")
