"""A trained network as a value: what predictions, model files, ONNX and the reports take."""
