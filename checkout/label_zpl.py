"""A garment's label in ZPL: what people read, what scanners read, and what the printer's own reader writes.

A label has the product's name, its detail and price, its GTIN as a barcode (EAN-13, or GS1-128 where the GTIN is
longer than 13 digits), the item's GS1 Digital Link as a QR code, and its serial in figures. Printers with an encoder
write the EPC as they print.

Sources: Zebra, ZPL II Programming Guide (^BE, ^BC, ^BQ, ^CI, ^FB, ^FH) and its RFID commands (^RS, ^RFW with memory
bank A: EPC with the PC bits adjusted to its length); GS1 General Specifications 5.2 (EAN-13), 5.4 (GS1-128).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import segno

from checkout.errors import LabelError

__all__ = ["Label", "LabelStock", "label_zpl"]

_DPMM: Final = {203: 8, 300: 12, 600: 24}  # dots per millimetre, as printers count them
_QR_RECOVERY: Final = "M"
_GEN2: Final = 8  # ^RS: tag type
_WRITE_TRIES: Final = 3
_QUIET_MODULES: Final = 11  # left of an EAN-13; GS1-128 needs ten


@dataclass(frozen=True, slots=True)
class LabelStock:
    """What the label is printed on: its size in mm, and the printer's resolution in dots per inch (203, 300, 600)."""

    width_mm: float = 57.0
    height_mm: float = 32.0
    dpi: int = 203

    def __post_init__(self) -> None:
        if self.dpi not in _DPMM:
            raise LabelError(f"a printer has 203, 300 or 600 dots per inch, not {self.dpi}")
        if not (40 <= self.width_mm <= 200 and 25 <= self.height_mm <= 300):
            raise LabelError(
                f"a label of {self.width_mm:g} × {self.height_mm:g} mm has no room for a barcode and a QR code; "
                f"expected at least 40 × 25 mm, at most 200 × 300 mm"
            )

    def dots(self, mm: float) -> int:
        """Return millimetres as dots."""
        return round(mm * _DPMM[self.dpi])


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says. ``price`` in the words of the shop; ``epc`` as hex; empty texts are left out."""

    name: str
    detail: str
    price: str
    gtin: str
    serial: str
    digital_link: str
    epc: str


def label_zpl(label: Label, stock: LabelStock | None = None, *, encodes: bool = False, copies: int = 1) -> str:
    """Return the label as one ZPL format, UTF-8.

    Args:
        label: What it says.
        stock: What it is printed on; 57 × 32 mm at 203 dpi where None.
        encodes: Whether the printer shall write the EPC to the label's tag.
        copies: How many of the same; with ``encodes`` only 1, since two tags must not have one EPC.

    Raises:
        LabelError: The QR code has no room, or one EPC was wanted on several tags.
    """
    on = stock or LabelStock()
    if encodes and copies != 1:
        raise LabelError("one EPC belongs on one tag: print one copy where the printer encodes")
    margin = on.dots(2)
    qr, qr_dots = _qr(label.digital_link, on, margin)
    right = on.dots(on.width_mm) - margin - qr_dots
    text_dots = right - 2 * margin
    serial_y = margin + qr_dots + on.dots(2.2)
    lines = [
        "^XA",
        "^CI28",  # UTF-8
        f"^PW{on.dots(on.width_mm)}",
        f"^LL{on.dots(on.height_mm)}",
        "^LH0,0",
        *(_rfid(label.epc) if encodes else ()),
        _text(margin, margin, on.dots(3.2), text_dots, 2, label.name),
        _text(margin, margin + on.dots(7), on.dots(2.6), text_dots, 1, label.detail),
        _text(margin, margin + on.dots(10.2), on.dots(4.2), text_dots, 1, label.price),
        f"^FO{right},{margin}{qr}",
        _barcode(label.gtin, on),
        _text(right, serial_y, on.dots(2.2 if len(label.serial) <= 12 else 1.4), qr_dots, 1, label.serial),
        f"^PQ{copies}",
        "^XZ",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _rfid(epc: str) -> tuple[str, ...]:
    return (f"^RS{_GEN2},,,{_WRITE_TRIES}", f"^RFW,H,,,A^FD{epc}^FS")


def _text(x: int, y: int, height: int, width: int, rows: int, words: str) -> str:
    return f"^FO{x},{y}^A0N,{height},0^FB{width},{rows},0,L^FH\\^FD{_escaped(words)}^FS" if words else ""


def _qr(link: str, on: LabelStock, margin: int) -> tuple[str, int]:
    """Return the QR command and its side in dots: as large as a third of the label's width lets it be."""
    modules = int(segno.make_qr(link, error=_QR_RECOVERY).symbol_size(border=0)[0])
    side = min(on.dots(on.width_mm) // 3, on.dots(on.height_mm) - 2 * margin - on.dots(3))
    magnification = min(10, side // modules)
    if magnification * 1000 < 250 * _DPMM[on.dpi]:  # a module below 0.25 mm is not read by telephones
        raise LabelError(f"the label is too small for the QR code of {link}")
    # ^BQ draws ten dots below where it is told to, for historical reasons.
    return f"^BQN,2,{magnification}^FH\\^FD{_QR_RECOVERY}A,{_escaped(link)}^FS", modules * magnification


def _barcode(gtin: str, on: LabelStock) -> str:
    """Return the barcode along the lower edge, with the white that scanners need to its left."""
    is_ean = gtin[0] == "0"
    height = on.dots(5)
    y = on.dots(on.height_mm) - height - on.dots(4)  # the figures are below
    module = max(1, on.dots(0.33 if is_ean else 0.25))
    start = f"^FO{_QUIET_MODULES * module},{y}^BY{module}"
    if is_ean:
        return f"{start}^BEN,{height},Y,N^FD{gtin[1:13]}^FS"  # the printer adds the check digit
    return f"{start}^BCN,{height},Y,N,N,D^FD(01){gtin}^FS"  # D: GS1-128, its FNC1 is the printer's to set


def _escaped(words: str) -> str:
    """Return text whose commands and line ends are data: ^FH's escape is the backslash."""
    return "".join(
        f"\\{ord(character):02X}" if character in "^~\\" or ord(character) < 32 else character for character in words
    )
