"""The address of a receipt as a QR code."""

from __future__ import annotations

import io

import segno

__all__ = ["qr_svg"]


def qr_svg(url: str) -> str:
    """Return ``url`` as an SVG picture that scales to its box; four modules of quiet zone, error correction M.

    Source: ISO/IEC 18004, 5.3.8 (quiet zone).
    """
    picture = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        picture, kind="svg", border=4, xmldecl=False, svgns=True, omitsize=True, light="#fff"
    )
    return picture.getvalue().decode()
