"""Figures inside a page keep their names to themselves."""

import re

from geomgen.report.page.svg import inline_svg


def test_figures_keep_to_themselves() -> None:
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="144pt" height="9pt">'
        '<metadata>when</metadata><style>*{}</style><!-- </svg><script> --><defs><path id="a"/></defs>'
        '<use xlink:href="#a" style="fill: #000000; stroke: #0072b2"/><g clip-path="url(#b)"/></svg>'
    )
    drawn = inline_svg(source, "figure", 'of "it" <now>')
    assert 'id="figure-a"' in drawn
    assert 'xlink:href="#figure-a"' in drawn
    assert 'clip-path="url(#figure-b)"' in drawn
    assert "fill: currentColor; stroke: var(--blue)" in drawn
    assert 'aria-label="of &quot;it&quot; &lt;now&gt;"' in drawn
    assert "--inches: 2" in drawn
    assert not re.search("metadata|script|<style|when", drawn)
