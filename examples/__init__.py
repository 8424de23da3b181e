"""Experiments on how a network learns, one script for each idea: ``python -m examples.saturation``, or all of them."""
