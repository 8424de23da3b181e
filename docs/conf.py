"""Sphinx: python -m sphinx -W docs site."""

from gpunn import __version__

project = "gpunn"
author = "The gpunn developers"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"gpunn {version}"
numpydoc_show_class_members = False
autodoc_typehints = "none"  # the docstrings say shapes and units, which types do not
autodoc_member_order = "bysource"
suppress_warnings = ["myst.xref_missing"]  # links into the repository, which its own pages are read in too
