"""Parameters that are mappings of labels or columns, in manifests; and a manifest that is not there."""

from __future__ import annotations

import json

import pytest

from gpunn import MLPClassifier, manifest


@pytest.fixture
def read(tmp_path):
    """The value of a string in YAML."""

    def parameters(text):
        (tmp_path / "net.yaml").write_text(text)
        return manifest.read(tmp_path / "net.yaml").parameters

    return parameters


@pytest.mark.parametrize(
    "weights", ["balanced", {0: 1.0, 3: 2.5}, {True: 2}, [{0: 1, 1: 5}, {0: 2.0, 1: 1}], {}, [{}, {1: 2}]]
)
def test_weights_of_classes_come_back_with_labels_of_any_kind(read, weights):
    clf = MLPClassifier(class_weight=weights)
    assert read(clf.to_manifest())["class_weight"] == weights
    assert manifest.from_dict(json.loads(json.dumps(manifest.to_dict(clf)))).parameters["class_weight"] == weights


@pytest.mark.parametrize(
    "weights", [{"spam": 3, "ham": 1}, [{0: 1, 1: 5}, {0: 2, 1: 1}], [{1: 3}, {0: 2}], [{}, {1: 2}]]
)
def test_weights_of_classes_may_be_written_as_mappings(read, weights):
    assert read(f"training: {{class_weight: {weights}}}".replace("'", ""))["class_weight"] == weights


@pytest.mark.parametrize("wrong", ["[1, 2]", "[[]]", "much", "3"])
def test_what_weighs_no_class_is_refused(read, wrong):
    with pytest.raises(ValueError, match=r"line 1, training\.class_weight"):
        read(f"training: {{class_weight: {wrong}}}")


def test_frames_may_be_left_as_they_are(read):
    text = MLPClassifier(features=None).to_manifest()
    assert "features: false" in text
    assert read(text)["features"] is None


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.yaml"):
        manifest.read(tmp_path / "none.yaml")
