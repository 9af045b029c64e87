"""Figures inside a page: SVG with ids unique to the figure, in the colours of the page."""

import re
from typing import Final
from xml.etree import ElementTree

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
COLOURS = {
    "#000000": "currentColor",
    "#ffffff": "var(--paper)",
    "#4d4d4d": "var(--soft)",
    "#0072b2": "var(--blue)",
    "#d55e00": "var(--vermilion)",
    "#009e73": "var(--green)",
    "#cc79a7": "var(--pink)",
    "#e69f00": "var(--orange)",
    "#56b4e9": "var(--sky)",
}
COLOUR = re.compile("|".join(COLOURS))
POINTS_AN_INCH = 72
UNWANTED = {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}


def inline_svg(source: str, name: str, label: str) -> str:
    """Return an SVG file of this package as an element of an HTML page.

    Comments, metadata and style sheets are left out, ids begin with the figure's name, and black, white and the colours
    of series follow the page's, so that figures are light on a dark page.

    Args:
        source: The file's content.
        name: Name of the figure, unique in the page.
        label: Description for screen readers.
    """
    for prefix, space in (("", SVG), ("xlink", XLINK)):
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.fromstring(source)
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in UNWANTED]:
            parent.remove(child)
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, _in_page(key, value, name))
    inches = float(root.attrib.pop("width").removesuffix("pt")) / POINTS_AN_INCH
    del root.attrib["height"]
    root.attrib |= {"class": "plot", "role": "img", "aria-label": label, "style": f"--inches: {inches:.4g}"}
    return ElementTree.tostring(root, encoding="unicode")


def _in_page(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == f"{{{XLINK}}}href":
        return value.replace("#", f"#{name}-", 1)
    own = value.replace("url(#", f"url(#{name}-")
    return COLOUR.sub(lambda match: COLOURS[match.group()], own) if key == "style" else own
