"""Sphinx: python -m sphinx -W docs site."""

from gpunn import __version__
from gpunn.config.parameters import PARAMETERS

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

# The table of all parameters in reference.md
myst_enable_extensions = ["substitution"]
_rows = [
    f"| `{p.name}` | `{p.default!r}` | {f'`{p.key}`' if p.key else ''} | {f'`{p.option.flag}`' if p.option else ''} |"
    for p in PARAMETERS.values()
]
myst_substitutions = {
    "parameters": "\n".join(["| parameter | default | key of a manifest | option |", "|---|---|---|---|", *_rows])
}
