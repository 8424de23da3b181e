"""Bad input is one message that names what and where, exit code 2, and no file left behind."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from gpunn import MLPClassifier
from gpunn.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with tables, good and bad, and with models."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    good = pd.DataFrame({"a": rng.normal(size=30), "word": ["x", "y", "z"] * 10, "y": ["p", "q"] * 15})
    good.to_csv("good.csv", index=False)
    good.drop(columns="a").to_csv("no_a.csv", index=False)
    good.drop(columns="word").to_csv("no_word.csv", index=False)
    good.assign(a="text").to_csv("text_a.csv", index=False)
    good.assign(y="r").to_csv("one_class.csv", index=False)
    good.assign(y=["p", "q"] * 14 + ["p", "rare"]).to_csv("rare.csv", index=False)
    good.assign(y=range(30)).to_csv("numbers.csv", index=False)
    good.assign(y=rng.normal(size=30)).to_csv("fractions.csv", index=False)
    good.assign(a=np.inf).to_csv("infinite.csv", index=False)
    good.assign(y=[None, *good.y[1:]]).to_csv("holes.csv", index=False)
    good[["y"]].to_csv("only_y.csv", index=False)
    for name, content in {
        "ragged.csv": b"a,y\n1,p\n2\n", "binary.csv": bytes(range(256)), "empty.csv": b"", "header.csv": b"a,y\n",
        "bad.yaml": b"network: {hiden: 3}", "no_file.yaml": b"task: class", "bad.gpunn": b"\0" * 99,
        "lost.yaml": b"data: {file: lost.csv, target: y}", "word.yaml": b"data: {file: good.csv, target: y}\nkind: x",
        "size.yaml": b"data: {file: good.csv, target: y}\nnetwork: {output: {size: 3}}",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.csv").mkdir()
    assert main(["train", "good.csv", "--target", "y", "-q", "--epochs", "1", "-o", "good.gpunn"]) == 0
    MLPClassifier(max_iter=9, tol=1e9, n_iter_no_change=1).fit(good[["a"]], good["y"]).save("plain.gpunn")
    return tmp_path


def refused(capsys, *arguments):
    """The message of a refusal, after it was found to be one line, and no file to be new or changed."""
    capsys.readouterr()
    before = {path.name: path.stat().st_mtime_ns for path in os.scandir(".") if path.is_file()}
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert code == 2 and out == ""
    assert err.startswith("gpunn: error: ") and err.count("\n") == 1 and "Traceback" not in err
    assert {path.name: path.stat().st_mtime_ns for path in os.scandir(".") if path.is_file()} == before
    return err


TRAIN = [
    ("none.csv --target y", "none.csv: there is no such file"), ("folder.csv --target y", "folder.csv is a directory"),
    ("ragged.csv --target y", "ragged.csv, line 3"), ("binary.csv --target y", "binary.csv, line 1"),
    ("empty.csv --target y", "empty.csv: the file is empty"),
    ("header.csv --target y", "header.csv: the file has a header"),
    ("good.csv", "--target is missing"),
    ("good.csv --target wrod", "Did you mean 'word'?"), ("one_class.csv --target y", "one_class.csv, column 'y'"),
    ("rare.csv --target y", "the class 'rare' has only one row"), ("numbers.csv --target y", "only one row"),
    ("fractions.csv --target y", "fractions.csv, column 'y'"),
    ("infinite.csv --target y", "infinite.csv: column 'a', row 1"),
    ("holes.csv --target y", "1 of 30 labels are missing"), ("only_y.csv --target y", "only_y.csv: "),
    ("good.csv --target y --hidden 12,x", "--hidden: '12,x'"), ("good.csv --target y --hidden 12,,3",
    "--hidden: '12,,3'"),
    ("good.csv --target y --hidden=-5", "--hidden: "), ("good.csv --target y --hidden 0", "--hidden: "),
    ("good.csv --target y --hidden 2.5", "--hidden: '2.5'"), ("good.csv --target y --activation relou",
    "--activation: "),
    ("good.csv --target y --activation relu,tanh", "--activation: "), ("good.csv --target y --activation relu,",
    "--activ"),
    ("good.csv --target y --epochs 0", "--epochs: "), ("good.csv --target y --epochs -3", "--epochs: "),
    ("good.csv --target y --epochs many", "--epochs: "), ("good.csv --target y --batch-size 0", "--batch-size: "),
    ("good.csv --target y --learning-rate -1", "--learning-rate: "), ("good.csv --target y --momentum 2",
    "--momentum: "),
    ("good.csv --target y --learning-rate nan", "--learning-rate: "), ("good.csv --target y --alpha -1", "--alpha: "),
    ("good.csv --target y --dropout 1", "--dropout: "), ("good.csv --target y --seed -1", "--seed: "),
    ("good.csv --target y --seed 4294967296", "--seed: "), ("good.csv --target y --held-out 0", "--held-out: 0.0"),
    ("good.csv --target y --held-out 1", "--held-out: 1.0"), ("good.csv --target y --held-out 0.99",
    "--held-out: 0.99"),
    ("good.csv --target y --held-out 0.01", "--held-out: 0.01"), ("good.csv --target y --solver newton", "'adam'"),
    ("good.csv --target y --precision fp8", "--precision: "),
    ("good.csv --target y --precision tf32", "precision='tf32' does not go with the CPU"),
    ("good.csv --target y --precision bf16 --dropout 0.5 --device auto", "--precision: precision='bf16' does not go"),
    ("good.csv --target y --solver lbfgs --dropout 0.5", "--dropout: "), ("good.csv --target y --dtype float16",
    "--dtype: "),
    ("good.csv --target y --cost cross_entropy --output-activation relu", "--output-activation: "),
    ("good.csv --target y --colour red", "--colour"), ("good.csv --target y --device gpu", "device='gpu'"),
    ("good.csv --target y --device cuda:99", "device 'cuda"), ("good.csv --target y -o no/m.gpunn",
    "--output: no/m.gpunn"),
    ("good.csv --target y -o folder.csv", "--output: folder.csv is a folder"),
    ("good.csv --target y -o good.csv", "--output: good.csv is what is read"), ("good.txt --target y", "good.txt"),
    ("good.gpunn --target y", "good.gpunn: the kind of file"), ("none.yaml", "none.yaml"),
    ("bad.yaml", "bad.yaml, line 1, network.hiden"), ("no_file.yaml", "no_file.yaml, data.file"),
    ("lost.yaml", "lost.csv: there is no such file"), ("word.yaml", "word.yaml, line 2, kind: 'x'"),
    ("size.yaml", "size.yaml, line 2, network.output.size: 3"), ("size.yaml -o good.csv", "--output: "),
    ("", "MANIFEST|DATA"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), TRAIN)
def test_bad_input_of_train(folder, capsys, arguments, said):
    assert said in refused(capsys, "train", *arguments.split())


@pytest.mark.parametrize(("arguments", "said"), [
    ("predict none.gpunn good.csv", "none.gpunn: No such file"),
    ("predict folder.csv good.csv", "folder.csv: Is a dir"),
    ("predict bad.gpunn good.csv", "bad.gpunn: not a model file"),
    ("predict good.csv good.csv", "good.csv: not a model"),
    ("predict plain.gpunn good.csv", "plain.gpunn: this model was trained on plain arrays"),
    ("predict good.gpunn none.csv", "none.csv: there is no such file"), ("predict good.gpunn empty.csv", "empty.csv: "),
    ("predict good.gpunn no_a.csv", "no_a.csv: the table lacks a column of the training table: there is no column 'a'"),
    ("predict good.gpunn no_word.csv", "no_word.csv: there is no column 'word'"),
    ("predict good.gpunn text_a.csv", "text_a.csv: column 'a' held numbers in training and holds text now"),
    ("predict good.gpunn infinite.csv", "infinite.csv: column 'a', row 1"),
    ("predict good.gpunn good.csv -o no/p.csv", "--output: no/p.csv: there is no folder no"),
    ("predict good.gpunn good.csv -o good.csv", "--output: good.csv is what is read"),
    ("predict good.gpunn good.csv -o good.gpunn", "--output: good.gpunn is what is read"),
    ("predict good.gpunn good.csv --device gpu", "device='gpu'"), ("predict good.gpunn", "DATA"),
    ("evaluate good.gpunn numbers.csv", "numbers.csv: column 'y' has labels that the model does not know: '0', '1'"),
    ("evaluate good.gpunn rare.csv", "labels that the model does not know: 'rare'. It knows 'p'"),
    ("evaluate good.gpunn good.csv --target z", "there is no column 'z'"),
    ("evaluate good.gpunn holes.csv", "holes.csv: "),
    ("evaluate good.gpunn no_a.csv", "no_a.csv: "), ("evaluate good.gpunn header.csv", "header.csv: "),
    ("fly", "'fly'"), ("", "COMMAND"), ("devices x", "x"),
])  # fmt: skip
def test_bad_input_of_the_other_commands(folder, capsys, arguments, said):
    assert said in refused(capsys, *arguments.split())


def test_cuda_without_a_gpu_names_the_remedy(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    for name in ("gpunn.devices.cuda", "array_api_compat.cupy"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for line in ("train good.csv --target y --device cuda", "predict good.gpunn good.csv --device cuda"):
        assert "pip install 'gpunn[cuda" in refused(capsys, *line.split())


@pytest.mark.parametrize("missing", ["rich", "pyarrow"])
def test_without_what_the_command_line_needs_the_remedy_is_named(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; from gpunn.cli import main; sys.exit(main(['devices']))"
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert end.returncode == 2
    assert end.stderr == (
        f"gpunn: error: the command line needs {missing}, which is not installed. Run: pip install 'gpunn[cli]'\n"
    )


def test_a_disk_that_is_full_leaves_the_old_files(folder, capsys, monkeypatch):
    (folder / "p.csv").write_text("old")

    def full(*args):
        raise OSError(28, "No space left on device", "temporary")

    monkeypatch.setattr(os, "fsync", full)
    assert "p.csv: No space left" in refused(capsys, *["predict", "good.gpunn", "good.csv", "-o", "p.csv"])
    capsys.readouterr()
    assert main(["train", "good.csv", "--target", "y", "-q", "--epochs", "1", "-o", "good.gpunn"]) == 2
    assert capsys.readouterr().err == "gpunn: error: good.gpunn: No space left on device\n"
    assert not [name for name in os.listdir() if name.endswith(".part")]


@pytest.mark.parametrize("error", [MemoryError(), MemoryError("too much"), OSError("odd"), ValueError()])
def test_every_error_has_a_message(folder, capsys, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("gpunn.load", fail)
    assert len(refused(capsys, "predict", "good.gpunn", "good.csv")) > len("gpunn: error: \n") + 2
