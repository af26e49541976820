"""The address of a receipt as a QR code."""

from __future__ import annotations

import io

import segno

__all__ = ["qr_svg"]


def qr_svg(url: str, quiet_modules: int = 4) -> str:
    """Return ``url`` as an SVG picture that scales to its box.

    Error correction M: a phone reads it from a glossy screen; more would make the modules too small.

    Args:
        url: What a phone opens.
        quiet_modules: White around it; fewer than four only where what surrounds the picture is white itself.

    Source: ISO/IEC 18004, 5.3.8 (quiet zone).
    """
    picture = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        picture, kind="svg", border=quiet_modules, xmldecl=False, svgns=True, omitsize=True, light="#fff"
    )
    return picture.getvalue().decode()
