"""Drawn product pictures: SVG of its own making, a few kilobytes each, nothing from anywhere else.

A drawing is chosen by name and painted in the product's own colours. `drawn_clothes` and `drawn_gear` hold the
drawings, `drawn_colours` the shades; here they are lit, set on their background and given their title.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from appliance.demo.drawn_clothes import CLOTHES
from appliance.demo.drawn_colours import Palette
from appliance.demo.drawn_gear import GEAR

__all__ = ["DRAWINGS", "cut_out", "picture_svg"]

_DRAWN = CLOTHES | GEAR
DRAWINGS = tuple(_DRAWN)
_GROUND = '<rect width="200" height="200" rx="14" fill="url(#g{key})"/>'
_ANY_GROUND = re.compile(re.escape(_GROUND).replace(re.escape("{key}"), "[0-9A-Za-z]+"))


def picture_svg(drawing: str, base: str, accent: str, title: str, key: str) -> str:
    """Return a picture as SVG text.

    Args:
        drawing: One of `DRAWINGS`.
        base: The product's colour as #rrggbb.
        accent: Its second colour as #rrggbb.
        title: What a screen reader says.
        key: Letters and digits, different for each picture of one page: it keeps their gradients apart.
    """
    palette = Palette(base, accent, key)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" role="img">'
        f"<title>{escape(title)}</title>"
        f'<defs><radialGradient id="g{key}" cx=".42" cy=".34" r=".8"><stop stop-color="#fff"/>'
        f'<stop offset="1" stop-color="{palette.paper}"/></radialGradient>'
        f'<linearGradient id="f{key}" x2=".75" y2="1"><stop stop-color="{palette.light}"/>'
        f'<stop offset=".45" stop-color="{base}"/><stop offset="1" stop-color="{palette.dark}"/></linearGradient>'
        f'<radialGradient id="s{key}"><stop stop-color="#1b2230" stop-opacity=".3"/>'
        '<stop offset="1" stop-color="#1b2230" stop-opacity="0"/></radialGradient></defs>'
        f"{_GROUND.format(key=key)}"
        f'<ellipse cx="100" cy="176" rx="78" ry="13" fill="url(#s{key})"/>'
        f"{_DRAWN[drawing](palette)}</svg>"
    )


def cut_out(svg: str) -> str:
    """Return a picture of `picture_svg` without its ground: the thing itself and its shadow."""
    return _ANY_GROUND.sub("", svg, count=1)
