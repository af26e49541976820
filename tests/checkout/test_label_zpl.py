from __future__ import annotations

import re

import pytest

from checkout.errors import LabelError
from checkout.label_zpl import Label, LabelStock, label_zpl

LABEL = Label(
    name="Merino socks",
    detail="Size 39-42",
    price="€ 12.90",
    gtin="09521141123454",
    serial="1234567",
    digital_link="https://id.gs1.org/01/09521141123454/21/1234567",
    epc="3036451FD40C0E400012D687",
)


def lines(label: Label = LABEL, stock: LabelStock | None = None, **how: bool | int) -> list[str]:
    return label_zpl(label, stock, **how).splitlines()  # type: ignore[arg-type]  # tests name what they give


def test_people_and_scanners_find_what_they_look_for() -> None:
    found = lines()

    assert (found[0], found[-1]) == ("^XA", "^XZ")
    assert sum("^FDMerino socks^FS" in line for line in found) == 1
    assert any("^BEN," in line and line.endswith("^FD952114112345^FS") for line in found)  # the printer adds the 4
    assert any(line.endswith("^FDMA,https://id.gs1.org/01/09521141123454/21/1234567^FS") for line in found)
    assert not any("^RF" in line for line in found)


def test_a_gtin_of_fourteen_digits_is_gs1_128() -> None:
    label = Label("Box of socks", "", "", "19521141123451", "7", "https://id.gs1.org/01/19521141123451/21/7", "30")

    assert any("^BCN," in line and line.endswith(",D^FD(01)19521141123451^FS") for line in lines(label))


def test_a_printer_that_encodes_gets_the_epc_and_prints_one() -> None:
    assert "^RFW,H,,,A^FD3036451FD40C0E400012D687^FS" in lines(encodes=True)
    with pytest.raises(LabelError, match="one EPC belongs on one tag"):
        label_zpl(LABEL, encodes=True, copies=2)


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("size", [(57.0, 32.0), (70.0, 40.0), (100.0, 50.0)])
def test_everything_begins_on_the_label(size: tuple[float, float], dpi: int) -> None:
    stock = LabelStock(*size, dpi)
    zpl = label_zpl(LABEL, stock)
    origins = [(int(x), int(y)) for x, y in re.findall(r"\^FO(\d+),(\d+)", zpl)]

    assert len(origins) == 6
    assert all(0 < x < stock.dots(size[0]) and 0 < y < stock.dots(size[1]) for x, y in origins)


def test_what_is_written_is_never_a_command() -> None:
    zpl = label_zpl(Label("^XZ~JA\\\n", "", "", LABEL.gtin, "1", LABEL.digital_link, LABEL.epc))

    assert zpl.count("^XZ") == 1
    assert "~" not in zpl
    assert "\\5EXZ\\7EJA\\5C\\0A" in zpl


@pytest.mark.parametrize(
    ("size", "reason"), [((20.0, 32.0, 203), "has no room"), ((57.0, 32.0, 180), "203, 300 or 600 dots")]
)
def test_stock_that_cannot_hold_a_label_is_refused(size: tuple[float, float, int], reason: str) -> None:
    with pytest.raises(LabelError, match=reason):
        LabelStock(*size)


def test_a_link_that_telephones_could_not_read_is_refused() -> None:
    label = Label("", "", "", LABEL.gtin, "1", "https://id.gs1.org/01/" + "9" * 300, LABEL.epc)

    with pytest.raises(LabelError, match="too small for the QR code"):
        label_zpl(label, LabelStock(40.0, 25.0))
