"""A network and its training as a string in YAML or TOML, to and from the parameters of an estimator.

    kind: feedforward
    task: classification
    data: {file: digits.csv, target: digit, held_out: 0.2}
    network:
      input: {size: 64}
      hidden: {size: [25], activation: relu}
      output: {size: 10, activation: softmax}
    training:
      kind: backprop
      cost: cross_entropy
      params: {lambda: 1.0}
      optimize: {method: bfgs, iterations: 82}

Every key may be left out; `KEYS` says which parameter each sets. An activation is a name, or a name with what it
takes: ``{leaky_relu: {slope: 0.2}}``. Errors name the file, the line (YAML) and the key.
"""

from gpunn.manifest.form import ALL_KEYS, DATA, KEYS, SIZES, WORDS, Manifest, from_dict, to_dict
from gpunn.manifest.text import read, to_yaml

__all__ = ["ALL_KEYS", "DATA", "KEYS", "SIZES", "WORDS", "Manifest", "from_dict", "read", "to_dict", "to_yaml"]
