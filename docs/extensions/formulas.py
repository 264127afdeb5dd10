"""Formulas of pages as MathML, which browsers draw themselves: no script, no network."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def setup(app: Any) -> dict[str, bool]:
    """Give Sphinx a renderer of formulas by the name "mathml", and take it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True}


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(_drawn(node.astext()))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_drawn(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def _drawn(formula: str, **how: str) -> str:
    """MathML whose bars of norms are of one height: with an exponent, only the right one would stretch."""
    return re.sub(r"<mo[^>]*>(&#x02016;|‖)</mo>", r'<mo stretchy="false">\1</mo>', convert(formula, **how))
