"""Equations as MathML, which browsers draw by themselves: no script, no font, no network."""

from __future__ import annotations

from docutils.nodes import SkipNode, math, math_block
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger
from sphinx.writers.html5 import HTML5Translator

_log = getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Register the renderer under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def _inline(self: HTML5Translator, node: math) -> None:
    self.body.append(_drawn(node, block=False))
    raise SkipNode


def _block(self: HTML5Translator, node: math_block) -> None:
    # The frame lets wide equations be pushed aside on a phone.
    self.body.append(f'<div class="equation">{_drawn(node, block=True)}</div>\n')
    raise SkipNode


def _drawn(node: math | math_block, *, block: bool) -> str:
    text = node.astext()
    try:
        return str(tex2mathml(text, as_block=block))
    except MathError as error:
        _log.warning("equation %s: %s", text, error, location=node)
        return ""
