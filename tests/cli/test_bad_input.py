"""Bad options, columns, labels and models: one message that names what and where, exit code 2, no file left behind."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys

import pytest

from gpunn.cli.main import main

MANIFESTS = {
    "bad.yaml": "network: {hiden: 3}", "no_file.yaml": "task: class",
    "lost.yaml": "data: {file: lost.csv, target: y}", "word.yaml": "data: {file: good.csv, target: y}\nkind: x",
    "no_features.yaml": "data: {file: good.csv, target: y, features: false}",
    "size.yaml": "data: {file: good.csv, target: y}\nnetwork: {output: {size: 3}}",
    "kinds.yaml": "data: {file: good.csv, target: y, features: {b: drop}}",
    "weights.yaml": "data: {file: good.csv, target: y}\ntraining: {class_weight: {r: 1}}",
    "held.yaml": "data: {file: good.csv, target: y,\n held_out: 0.99}",
    "target.yaml": "data: {file: good.csv, target: wrod}", "place.yaml": "data: {file: ., target: y}",
    "threshold.yaml": "data: {file: good.csv, target: word}\ntraining: {threshold: 0.5}",
    "device.yaml": "data: {file: good.csv, target: y}\ntraining: {device: 'cuda:99'}",
}  # fmt: skip

OPTIONS = [  # of gpunn train good.csv --target y
    ("--hidden 12,x", "--hidden: '12,x'"), ("--hidden 12,,3", "--hidden: '12,,3'"), ("--hidden=-5", "--hidden: "),
    ("--hidden 0", "--hidden: "), ("--hidden 2.5", "--hidden: '2.5'"), ("--activation relou", "--activation: "),
    ("--activation relu,tanh", "--activation: "), ("--activation relu,", "--activ"), ("--epochs 0", "--epochs: "),
    ("--epochs -3", "--epochs: "), ("--epochs many", "--epochs: "), ("--batch-size 0", "--batch-size: "),
    ("--learning-rate -1", "--learning-rate: "), ("--learning-rate nan", "--learning-rate: "),
    ("--momentum 2", "--momentum: "), ("--alpha -1", "--alpha: "), ("--dropout 1", "--dropout: "),
    ("--seed -1", "--seed: "), ("--seed 4294967296", "--seed: "), ("--held-out -0.1", "--held-out: -0.1"),
    ("--held-out 1", "--held-out: 1.0"), ("--held-out 0.99", "--held-out: 0.99"),
    ("--held-out 0.01", "--held-out: 0.01"), ("--solver newton", "'adam'"), ("--precision fp8", "--precision: "),
    ("--precision tf32", "precision='tf32' does not go with the CPU"), ("--dtype float16", "--dtype: "),
    ("--hidden 4,1 --layer-norm", "--layer-norm: hidden_layer_sizes=(4, 1) has a layer of one neuron"),
    ("--precision bf16 --layer-norm --device auto", "--precision: "),
    ("--precision bf16 --dropout 0.5 --device auto", "--precision: precision='bf16' does not go"),
    ("--max-categories 1", "--max-categories: max_categories=1 is not allowed"),
    ("--min-frequency 0", "--min-frequency: min_frequency=0 is not allowed"),
    ("--max-bins 1", "--max-bins: max_bins=1 is not allowed"),
    ("--max-one-hot 0", "--max-one-hot: max_one_hot=0 is not allowed"),
    ("--solver lbfgs --dropout 0.5", "--dropout: "), ("--colour red", "--colour"), ("--device gpu", "device='gpu'"),
    ("--cost cross_entropy --output-activation relu", "--output-activation: "), ("--device cuda:99", "device 'cuda"),
    ("-o no/m.gpunn", "--output: no/m.gpunn"), ("-o folder.csv", "--output: folder.csv is a folder"),
    ("-o good.csv", "--output: good.csv is what is read"), ("-o -", "--output: name the file"),
    ("--kind a", "--kind: 'a' is not allowed"), ("--kind =text", "--kind: '=text'"),
    ("--kind a=colour", "--kind: column 'a' cannot be 'colour'"), ("--kind b=drop", "--kind: there is no column 'b'"),
    ("--kind b=text", "good.csv: there is no column 'b'"), ("--kind y=drop", "--kind: the target 'y' cannot be 'drop'"),
    ("--kind word=numbers", "good.csv: column 'word', row 1: 'x' is not a number"),
    ("--kind a=dates", "good.csv: column 'a' holds numbers, which cannot become dates"),
    ("--kind a=drop --kind word=drop", "at least one row and column"),
    ("--class-weight p", "--class-weight: 'p' is not"),
    ("--class-weight p=much", "--class-weight: 'p=much'"), ("--class-weight =3", "--class-weight: '=3'"),
    ("--class-weight r=1", "--class-weight: there is no class 'r'. The classes are p, q."),
    ("--class-weight p=-1", "--class-weight: 'p=-1'"), ("--class-weight p=nan", "--class-weight: 'p=nan'"),
    ("--metric f2", "--metric: "), ("--time-limit 0", "--time-limit: "), ("--time-limit soon", "--time-limit: "),
    ("--ranks dask", "--ranks: "),
    ("--label-smoothing 1", "--label-smoothing: "), ("--ema-decay 1", "--ema-decay: "),
    ("--ema-decay 0.9 --solver lbfgs", "--ema-decay: "), ("--threshold 0", "--threshold: "),
    ("--threshold 1.5", "--threshold: "), ("--target word --threshold 0.5", "--threshold: "),
    ("--validation no_a.csv", "no_a.csv: the table lacks a column"),
    ("--validation rare.csv", "rare.csv: column 'y' has labels that the model does not know: 'rare'"),
    ("--validation holes.csv", "holes.csv: column 'y', row 1: the label is missing"),
    ("--validation text_a.csv", "text_a.csv: column 'a' held numbers in training: row 1 has 'text'"),
    ("--validation infinite.csv", "infinite.csv: column 'a', row 21: inf"), ("--validation only_y.csv", "only_y.csv: "),
    ("--live", "--live: "), ("--live -q", "not allowed with"),
    ("--report no/r.html", "--report: no/r.html"), ("--report good.csv", "--report: good.csv is what is read"),
    ("--report folder.csv", "--report: folder.csv is a folder"),
]  # fmt: skip

COMMANDS = [
    ("train good.csv", "--target is missing"), ("train good.csv --target wrod", "Did you mean 'word'?"),
    ("train one_class.csv --target y", "one_class.csv, column 'y'"),
    ("train rare.csv --target y", "the class 'rare' has only one row"),
    ("train numbers.csv --target y", "only one row"), ("train fractions.csv --target y", "fractions.csv, column 'y'"),
    ("train infinite.csv --target y", "infinite.csv: column 'a', row 21: inf"),
    ("train holes.csv --target y", "1 of 30 labels are missing"), ("train only_y.csv --target y", "only_y.csv: "),
    ("train good.gpunn --target y", "good.gpunn: the kind of file"), ("train none.yaml", "none.yaml"),
    ("train bad.yaml", "bad.yaml, line 1, network.hiden"), ("train no_file.yaml", "no_file.yaml, data.file"),
    ("train lost.yaml", "lost.yaml, line 1, data.file: lost.csv: there is no such file"),
    ("train place.yaml", "place.yaml, line 1, data.file: .: is a folder"),
    ("train kinds.yaml", "kinds.yaml, line 1, data.features: there is no column 'b'"),
    ("train kinds.yaml --kind c=drop", "--kind: there is no column"),
    ("train weights.yaml", "weights.yaml, line 2, training.class_weight: there is no class 'r'"),
    ("train weights.yaml --class-weight s=1", "error: --class-weight: there is no class 's'"),
    ("train held.yaml", "held.yaml, line 2, data.held_out: 0.99 of 30 rows"),
    ("train held.yaml --held-out 0.98", "error: --held-out: 0.98 of 30 rows"),
    ("train target.yaml", "target.yaml: good.csv: there is no column 'wrod'"),
    ("train threshold.yaml", "threshold.yaml, line 2, training.threshold: "),
    ("train threshold.yaml --threshold 0.4", "error: --threshold: "),
    ("train device.yaml", "device.yaml: device 'cuda"), ("train word.yaml", "word.yaml, line 2, kind: 'x'"),
    ("train size.yaml", "size.yaml, line 2, network.output.size: 3"), ("train size.yaml -o good.csv", "--output: "),
    ("train no_features.yaml", "no_features.yaml, line 1, data.features: false"),
    ("train", "MANIFEST|DATA"), ("train - --target y", "--output: name the file"),
    ("predict none.gpunn good.csv", "none.gpunn: No such file"),
    ("predict folder.csv good.csv", "folder.csv is a folder; give the name of a file"),
    ("predict zeros.gpunn good.csv", "zeros.gpunn: not a model file"),
    ("predict good.csv good.csv", "good.csv: not a model"),
    ("predict good.parquet good.csv", "good.parquet: not a model"),
    ("predict cut.gpunn good.csv", "cut.gpunn: the checksum does not fit"),
    ("predict changed.gpunn good.csv", "changed.gpunn: the checksum"),
    ("predict plain.gpunn good.csv", "plain.gpunn: this model was trained on plain arrays"),
    ("predict good.gpunn no_a.csv", "no_a.csv: the table lacks a column of the training table: there is no column 'a'"),
    ("predict good.gpunn no_word.csv", "no_word.csv: the table lacks a column of the training table: there is no"),
    ("predict good.gpunn text_a.csv", "text_a.csv: column 'a' held numbers in training: row 1 has 'text'"),
    ("predict good.gpunn infinite.csv", "infinite.csv: column 'a', row 21"),
    ("predict good.gpunn good.csv -o no/p.csv", "--output: no/p.csv: there is no folder no"),
    ("predict good.gpunn good.csv -o good.csv", "--output: good.csv is what is read"),
    ("predict good.gpunn good.csv -o good.gpunn", "--output: good.gpunn is what is read"),
    ("predict good.gpunn good.csv -o folder.csv", "--output: folder.csv is a folder"),
    ("predict good.gpunn good.csv -o answers", "--output: answers: what to write cannot be told"),
    ("predict good.gpunn good.csv --format xlsx", "--format: "), ("predict good.gpunn", "DATA"),
    ("predict good.gpunn good.csv --device gpu", "device='gpu'"),
    ("evaluate good.gpunn numbers.csv", "numbers.csv: column 'y' has labels that the model does not know: '0', '1'"),
    ("evaluate good.gpunn rare.csv", "labels that the model does not know: 'rare'. It knows 'p'"),
    ("evaluate good.gpunn good.csv --target z", "good.csv: there is no column 'z'. The columns are 'a', 'word', 'y'."),
    ("evaluate good.gpunn holes.csv", "holes.csv: column 'y', row 1: the label is missing"),
    ("evaluate good.gpunn no_a.csv", "no_a.csv: "), ("evaluate plain.gpunn good.csv", "plain arrays"),
    ("evaluate good.gpunn good.csv --confusion c.pdf", "--confusion: c.pdf is no kind of picture"),
    ("evaluate good.gpunn good.csv --confusion no/c.png", "--confusion: no/c.png"),
    ("evaluate good.gpunn good.csv --confusion good.csv", "--confusion: good.csv is what is read"),
    ("compare", "MODEL ... DATA"), ("compare good.gpunn", "good.gpunn are too few names"),
    ("compare good.gpunn good.csv", "compare needs two or more models, and then a table: good.gpunn good.csv are too"),
    ("compare good.gpunn good.gpunn good.csv", "good.gpunn is given twice; name different models."),
    ("compare good.gpunn none.gpunn good.csv", "none.gpunn: No such file"),
    ("compare good.gpunn good.csv ./good.gpunn", "good.csv: not a model file"),
    ("compare good.gpunn plain.gpunn good.csv", "plain.gpunn: this model was trained on plain arrays"),
    ("compare good.gpunn ./good.gpunn none.csv", "none.csv: there is no such file"),
    ("compare good.gpunn ./good.gpunn no_a.csv", "no_a.csv, read by good.gpunn: the table lacks a column"),
    ("compare good.gpunn ./good.gpunn text_a.csv", "text_a.csv, read by good.gpunn: column 'a' held numbers"),
    ("compare good.gpunn ./good.gpunn infinite.csv", "infinite.csv, read by good.gpunn: column 'a', row 21"),
    ("compare good.gpunn ./good.gpunn rare.csv", "column 'y' has labels that the model does not know: 'rare'"),
    ("compare good.gpunn ./good.gpunn holes.csv", "holes.csv, read by good.gpunn: column 'y', row 1: the label"),
    ("compare good.gpunn ./good.gpunn good.csv --target z", "good.csv, read by good.gpunn: there is no column 'z'."),
    ("compare good.gpunn ./good.gpunn good.csv --colour red", "unrecognized arguments: --colour"),
    ("train good.csv rare.csv --target label", "rare.csv. For several tables, gpunn train takes a pattern of"),
    ("train good.csv --target label --hidden 3 4", "unrecognized arguments: 4 (see"),
    ("predict good.gpunn *.csv", "*.csv: there is no such file. One file is read here, and no pattern of names."),
    ("compare good.gpunn ./good.gpunn good.csv --device gpu", "device='gpu'"),
    ("compare good.gpunn ./good.gpunn good.csv --plot c.pdf", "--plot: c.pdf is no kind of picture"),
    ("compare good.gpunn ./good.gpunn good.csv --plot good.gpunn", "--plot: good.gpunn is what is read"),
    ("compare good.gpunn ./good.gpunn good.csv --plot good.csv", "--plot: good.csv is what is read"),
    ("inspect none.gpunn", "none.gpunn: No such file"), ("inspect cut.gpunn", "cut.gpunn: the checksum"),
    ("inspect plain.gpunn good.csv", "plain arrays"), ("inspect", "MODEL"),
    ("export good.gpunn", "give --onnx FILE, --numpy FILE or both"),
    ("export good.gpunn --numpy m.txt", "let it end in .py"), ("export none.gpunn --numpy m.py", "No such file"),
    ("export good.gpunn --numpy m.py --input-dtype float32", "--input-dtype float32 is of ONNX files"),
    ("export good.gpunn --numpy good.gpunn", "--numpy: good.gpunn is what is read"),
    ("inspect good.gpunn rare.csv", "rare.csv: column 'y' has labels"),
    ("inspect good.gpunn good.csv --target words", "good.csv: there is no column 'words'. Did you mean 'word'?"),
    ("report good.gpunn good.csv -o no/r.html", "--output: no/r.html"), ("report good.gpunn", "DATA"),
    ("report good.gpunn good.csv -o good.gpunn", "--output: good.gpunn is what is read"),
    ("report good.gpunn no_a.csv", "no_a.csv: the table lacks a column"),
    ("report good.gpunn text_a.csv", "text_a.csv: column 'a' held numbers in training"),
    ("fly", "'fly'"), ("", "COMMAND"), ("devices x", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "said"), OPTIONS)
def test_bad_options_of_train(refused, options, said):
    assert said in refused("train", "good.csv", "--target", "y", *options.split())


@pytest.mark.parametrize(("arguments", "said"), COMMANDS)
def test_bad_input_of_every_command(bad_folder, refused, arguments, said):
    for name, text in MANIFESTS.items():
        (bad_folder / name).write_text(text)
    assert said in refused(*arguments.split())


def test_cuda_without_a_gpu_names_the_remedy(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    for name in ("gpunn.devices.cuda", "array_api_compat.cupy"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for line in ("train good.csv --target y --device cuda", "predict good.gpunn good.csv --device cuda"):
        assert "pip install 'cupy-cuda" in refused(*line.split())


@pytest.mark.parametrize("missing", ["rich", "pyarrow"])
def test_without_what_the_command_line_needs_the_remedy_is_named(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; from gpunn.cli import main; sys.exit(main(['devices']))"
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert end.returncode == 2
    assert end.stderr == (
        f"gpunn: error: this command needs {missing}, which is not installed. Run: pip install rich pyarrow\n"
    )


@pytest.mark.parametrize("line", [

      "train good.csv --target y --report r.html", "report good.gpunn good.csv",
    "evaluate good.gpunn good.csv --confusion c.png", "compare good.gpunn ./good.gpunn good.csv --plot c.png",
])  # fmt: skip
def test_without_matplotlib_the_remedy_is_named_before_the_work(refused, monkeypatch, line):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install matplotlib" in refused(*line.split())


def test_a_disk_that_is_full_leaves_the_old_files(bad_folder, tmp_path, capsys, monkeypatch):
    for name in ("good.csv", "good.gpunn"):
        shutil.copy(bad_folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["predict", "good.gpunn", "good.csv", "-o", "p.csv"]) == 2
    assert capsys.readouterr().err == "gpunn: error: p.csv: No space left on device\n"
    assert main(["train", "good.csv", "--target", "y", "-q", "--epochs", "1", "-o", "good.gpunn"]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_that_may_not_be_read_is_named(refused, monkeypatch):
    def locked(*args, **kwargs):  # root may read all there is
        raise PermissionError(13, "Permission denied", "good.csv")

    monkeypatch.setattr("gpunn.data.tables.open", locked, raising=False)
    assert "good.csv: no permission to read this file" in refused("train", "good.csv", "--target", "y")
    assert "good.csv: no permission to read this file" in refused("predict", "good.gpunn", "good.csv", "-o", "p.csv")
    assert "good.csv: no permission to read this file" in refused("evaluate", "good.gpunn", "good.csv")


@pytest.mark.parametrize("error", [MemoryError(), MemoryError("too much"), OSError("odd"), ValueError()])
def test_every_error_has_a_message(refused, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("gpunn.load", fail)
    assert len(refused("predict", "good.gpunn", "good.csv")) > len("gpunn: error: \n") + 2


def test_bad_standard_input_is_told_with_its_line(refused, monkeypatch):
    for line in (
        "train - --target y -o m.gpunn", "predict good.gpunn -", "predict good.gpunn - -o p.csv",
        "evaluate good.gpunn -", "compare good.gpunn ./good.gpunn -",
        "inspect good.gpunn -", "report good.gpunn - -o r.html",
    ):  # fmt: skip
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,word,y\n\n1,x,p\n2\n")))
        assert "standard input, line 4: 1 values for 3 columns" in refused(*line.split())
