"""Sphinx configuration: MyST pages, docstrings, and pages generated from the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from docs import mathml, references
from docs.pages.write import write_pages
from photonics.version import __version__

project = "Mirage in light"
author = "The authors of Mirage in light"
copyright = author  # noqa: A001
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "generated/*.part.md"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_math_renderer = "mathml"
html_copy_source = False

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
python_use_unqualified_type_names = True
napoleon_use_ivar = True
napoleon_use_rtype = False

# Types of other projects, whose documents lie elsewhere, and type variables.
nitpick_ignore_regex = [
    (r"py:class", r"(?!(photonics|devices|circuits|mirage_core|studies)\.).*"),
]


def setup(app: Sphinx) -> None:
    """Add what draws equations and links, and write the generated pages before any is read."""
    mathml.setup(app)
    references.setup(app)
    app.connect("autodoc-process-docstring", _without_stars)
    app.connect("builder-inited", lambda _: write_pages(Path(__file__).parent / "generated"))


def _without_stars(*event: Any) -> None:
    """Keep the star of a shape such as (*lattice, D) from being taken for emphasis."""
    lines: list[str] = event[-1]
    lines[:] = [re.sub(r"(?<=[( ])\*(?=\w+[,)])", r"\\*", line) for line in lines]
