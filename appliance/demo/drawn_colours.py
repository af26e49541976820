"""Colours of the drawn products: one tone of cloth becomes its light, its shade and its outline."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Palette", "mixed"]

_WHITE = "#ffffff"
_INK = "#1b2230"


def mixed(colour: str, other: str, share: float) -> str:
    """Return ``colour`` with ``share`` (0 to 1) of ``other``; both as #rrggbb."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Palette:
    """What a drawing paints with: ``base`` is the product's colour, ``accent`` its second one; `#rrggbb` both.

    fill: the reference to the base's gradient, from lit to shaded. key: makes ids unique where pictures share a page.
    """

    base: str
    accent: str
    key: str = ""

    @property
    def fill(self) -> str:
        """The base, lit from the upper left."""
        return f"url(#f{self.key})"

    @property
    def light(self) -> str:
        """The base in the light."""
        return mixed(self.base, _WHITE, 0.28)

    @property
    def dark(self) -> str:
        """The base in the shade."""
        return mixed(self.base, _INK, 0.28)

    @property
    def deep(self) -> str:
        """The base deep in a fold."""
        return mixed(self.base, _INK, 0.55)

    @property
    def accent_dark(self) -> str:
        """The accent in the shade."""
        return mixed(self.accent, _INK, 0.28)

    @property
    def on_accent(self) -> str:
        """What is printed on the accent: cream on a dark one, the deep base on a light one."""
        red, green, blue = (int(self.accent[i : i + 2], 16) for i in (1, 3, 5))
        is_dark = 0.3 * red + 0.59 * green + 0.11 * blue < 150
        return "#fffdf8" if is_dark else self.deep

    @property
    def paper(self) -> str:
        """What the product stands before: a breath of its colour."""
        return mixed(mixed(self.base, self.accent, 0.2), "#fbf8f2", 0.84)
