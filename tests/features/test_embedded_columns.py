"""Columns of text that are embedded have the number of the one-hot output that would be 1, or 0."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gpunn.features import Features, columns
from gpunn.features.columns import MAX_CATEGORIES, MAX_CODES

WORDS = ["pear", "fig", "plum", "kiwi", "lime", "date", "sloe"]


def table(**values):
    return pa.table(values)


def drawn(rng, n, missing, n_words=7):
    values = rng.choice(WORDS[:n_words], n).tolist()
    return [None if missing and rng.random() < 0.2 else value for value in values]


def as_codes(one_hot):
    """The number of the output that is 1, from 1; 0 where there is none."""
    return np.where(one_hot.any(axis=1), one_hot.argmax(axis=1) + 1, 0)


SETTINGS = [{}, {"max_categories": 3}, {"min_frequency": 5}, {"min_frequency": 5, "max_categories": 3}]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_code_is_the_number_of_the_output_that_one_hot_has(settings, missing, dtype):
    rng = np.random.default_rng(0)
    training = table(x=rng.normal(size=40), c=drawn(rng, 40, missing, 6), y=rng.normal(size=40))
    later = table(x=rng.normal(size=60), c=[*drawn(rng, 58, True), "new", None], y=rng.normal(size=60))
    plain, embedded = (Features.learn(training, max_one_hot=most, **settings) for most in (None, 2))
    width, start = len(plain.columns[1].names_out), 1
    assert width > 2 and embedded.n_out == 3 and embedded.embedded == ((1, width),)
    assert embedded.n_inputs == 2 + 8
    for rows in (training, later):
        one_hot, codes = plain.transform(rows, dtype), embedded.transform(rows, dtype)
        assert np.array_equal(codes[:, 1], as_codes(one_hot[:, start : start + width]))
        assert np.array_equal(codes[:, [0, 2]], one_hot[:, [0, start + width]])
        assert codes.dtype == dtype
    assert set(embedded.transform(training)[:, 1]) <= set(range(width + 1))


def test_unknown_and_missing_values_are_0_where_training_had_none():
    features = Features.learn(table(c=["a", "b", "c"]), max_one_hot=2)
    assert features.transform(table(c=["c", "d", None, "a"])).tolist() == [[3], [0], [0], [1]]
    features = Features.learn(table(c=["a", "b", None]), max_one_hot=2)
    assert features.transform(table(c=["d", None, "b"])).tolist() == [[0], [3], [2]]


def test_what_is_said_of_novelties_is_as_for_one_hot():
    training, later = table(c=WORDS), table(c=["new", "fig", "newer", "newest"])
    said = [
        str(novelty.warning())
        for most in (None, 2)
        for novelty in Features.learn(training, max_one_hot=most).encode(later)[1]
    ]
    assert len(said) == 2 and said[0] == said[1] and "'new'" in said[0]


@pytest.mark.parametrize(("most", "embeds"), [(None, False), (1, True), (6, True), (7, False), (8, False)])
def test_columns_with_more_outputs_than_the_limit_are_embedded(most, embeds):
    features = Features.learn(table(c=WORDS), max_one_hot=most)
    assert features.columns[0].embedded is embeds
    assert features.names_out == (("c",) if embeds else tuple(f"c={word}" for word in sorted(WORDS)))


@pytest.mark.parametrize("most", [0, -1])
def test_a_limit_below_1_is_refused(most):
    with pytest.raises(ValueError, match=rf"max_one_hot={most} is not allowed; give at least 1, or None"):
        Features.learn(table(c=WORDS), max_one_hot=most)


def test_joined_and_missing_outputs_count():
    values = ["a"] * 9 + ["b"] * 9 + ["c", "d", None]
    for most, embeds in ((3, True), (4, False)):
        column = Features.learn(table(c=values), min_frequency=5, max_one_hot=most).columns[0]
        assert (column.embedded, column.n_codes) == (embeds, 4)


def test_booleans_and_numbers_are_not_embedded():
    features = Features.learn(table(b=[True, False, None], x=[1.0, 2.0, 3.0]), max_one_hot=1)
    assert features.embedded == () and features.n_out == 4


def test_numbers_that_are_text_are_embedded_too():
    features = Features.learn(table(zip=[1, 2, 3]), {"zip": "text"}, max_one_hot=2)
    assert features.transform(table(zip=[3, 1, 7])).tolist() == [[3], [1], [0]]
    assert features.transform(table(zip=[3.0, 1.0])).tolist() == [[3], [1]]


def test_display_says_how_many_categories_there_are():
    many = [f"id {i:05}" for i in range(12_345)]
    features = Features.learn(table(c=many * 2), max_one_hot=100)
    assert str(features).endswith("12,345 categories, embedded in 8 inputs")
    values = ["a"] * 9 + ["b", "c", None]
    features = Features.learn(table(c=values), min_frequency=5, max_one_hot=1)
    assert str(features).endswith("1 category, embedded in 8 inputs; 2 rare ones joined; missing known")


# How many there may be


def test_the_limit_of_one_hot_columns_is_none_of_embedded_ones():
    many = [f"{i:04}x" for i in range(MAX_CATEGORIES + 1)] * 2
    with pytest.raises(ValueError, match=r"1001 categories, more than 1000.* min_frequency=10, .* max_one_hot=100"):
        Features.learn(table(c=many))
    with pytest.raises(ValueError, match=r"1001 categories, more than 1000"):
        Features.learn(table(c=many), max_one_hot=5000)
    features = Features.learn(table(c=many), max_one_hot=1000)
    codes = features.transform(table(c=many))[:, 0]
    assert codes.tolist() == [*range(1, MAX_CATEGORIES + 2)] * 2


def test_too_many_codes_are_refused(monkeypatch):
    assert np.float32(MAX_CODES - 1) == MAX_CODES - 1 and np.float32(MAX_CODES) == MAX_CODES
    monkeypatch.setattr(columns, "MAX_CODES", 7)
    assert Features.learn(table(c=WORDS), max_one_hot=2).columns[0].n_codes == 7
    for more, settings in (([None], {}), (["yuzu"], {}), (["yuzu", "nut"], {"max_categories": 8})):
        with pytest.raises(ValueError, match=r"column 'c' would have 8 codes, .* at most 7\. .* max_categories="):
            Features.learn(table(c=[*WORDS, *more]), max_one_hot=2, **settings)


# Model files


def form(max_one_hot=2):
    return Features.learn(table(x=[1.0, 2.0, 4.0, 8.0], c=["a", "b", "c", None]), max_one_hot=max_one_hot).to_dict()


def test_a_form_brings_the_columns_back():
    for most in (None, 2):
        features = Features.learn(table(c=[*WORDS, None]), max_one_hot=most, max_categories=4)
        assert Features.from_dict(features.to_dict()) == features
    assert all("embedded" not in column for column in form(None)["columns"])  # as in older files
    assert [column.get("embedded") for column in form()["columns"]] == [None, True]


def test_false_may_stand_there():
    given = form()
    given["columns"][1]["embedded"] = False
    assert Features.from_dict(given) == Features.from_dict(form(None))


@pytest.mark.parametrize(("number", "value"), [(i, value) for i in (0, 1) for value in (1, None, "true", [True])])
def test_forged_marks_are_refused(number, value):
    given = form()
    given["columns"][number]["embedded"] = value
    with pytest.raises(ValueError, match=rf"columns\[{number}\].*key '?embedded"):
        Features.from_dict(given)


def test_columns_of_other_kinds_are_not_embedded():
    given = form()
    given["columns"][0]["embedded"] = True
    with pytest.raises(ValueError, match="the key 'embedded' is unknown"):
        Features.from_dict(given)
    given["columns"][0].pop("embedded")
    given["columns"][1] |= {"kind": "booleans", "categories": ["false", "true"]}
    with pytest.raises(ValueError, match=r"columns\[1\], key 'embedded': a column of booleans is not embedded"):
        Features.from_dict(given)


def test_forged_categories_have_the_limit_of_their_encoding(monkeypatch):
    given, many = form(), [f"{i:04}" for i in range(MAX_CATEGORIES + 1)]
    given["columns"][1]["categories"] = many
    assert Features.from_dict(given).embedded == ((1, MAX_CATEGORIES + 2),)  # one of missing values
    given["columns"][1]["embedded"] = False
    with pytest.raises(ValueError, match=r"columns\[1\], key 'categories': 1,001 are more than 1,000"):
        Features.from_dict(given)
    monkeypatch.setattr("gpunn.features.stored.MAX_CODES", MAX_CATEGORIES + 1)
    given["columns"][1]["embedded"] = True
    with pytest.raises(ValueError, match=r"columns\[1\], key 'categories': 1,001 are more than 1,000"):
        Features.from_dict(given)
