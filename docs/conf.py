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
author = "The Mirage in light developers"
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

# What the documents are built without.
autodoc_mock_imports = ["jax", "sax"]
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
    app.connect("autodoc-process-docstring", _as_written)
    app.connect("autodoc-skip-member", _is_said_already)
    app.connect("builder-inited", lambda _: write_pages(Path(__file__).parent / "generated"))


def _as_written(*event: Any) -> None:
    """Keep stars and bars, as in (*lattice, D) and |ΔQ|, from being taken for markup."""
    lines: list[str] = event[-1]
    for number, line in enumerate(lines):
        if not line.startswith("    "):
            parts = re.split(r"(``.+?``)", line)
            parts[::2] = [re.sub(r"\||(?<=[( ])\*(?=\w+[,)])", r"\\\g<0>", p) for p in parts[::2]]
            lines[number] = "".join(parts)


def _is_said_already(*event: Any) -> bool | None:
    """Leave out the fields of named tuples, which stand among the attributes of their class."""
    member = event[3]
    return True if str(member.__doc__).startswith("Alias for field number") else None
