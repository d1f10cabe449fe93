"""Links to names that have no entry of their own: they lead to the module that defines them.

Public names have entries.  Docstrings also name others, which must exist, too; what is on no page
stays without a link.
"""

from __future__ import annotations

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from docs.pages.names import place_of


def setup(app: Sphinx) -> None:
    """Take over the names that Sphinx does not find."""
    app.connect("missing-reference", _resolved)


def _resolved(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: Element
) -> Element | None:
    if node.get("refdomain") != "py":
        return None
    target, module, kind = node["reftarget"], node.get("py:module"), node.get("py:class")
    for name in (target, f"{module}.{target}", f"{module}.{kind}.{target}"):
        found = place_of(name)
        if found is None:
            continue
        for role, place in (("obj", found[1]), ("mod", found[0])):
            domain = env.domains.python_domain
            made = domain.resolve_xref(env, node["refdoc"], app.builder, role, place, node, shown)
            if made is not None:
                return made
        # It is there, on no page.
        return shown
    return None
