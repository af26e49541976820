"""What a vendor adds to the standard, and where its parameters may stand.

An `Extension` holds no state: what a client sets is kept by `Configuration`, whether it was enabled by the device.
The one here adds nothing; vendors' modules override what they add.

Source: LLRP 1.1, section 8.1 (custom parameters and messages are a vendor's to define).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reader.virtual.air import AntennaDrive
from reader.virtual.gen2 import ChannelPlan
from reader.virtual.llrp.element import Element
from reader.virtual.llrp.layout import ALL_PARAMETERS, CUSTOM
from reader.virtual.llrp.reports import TagEntry
from reader.virtual.llrp.status import Problem, RefusedError
from reader.virtual.scene import Region

__all__ = ["Extension", "ReaderFacts", "ReportContext", "TagAddition", "check_customs", "is_custom"]

# The bytes that a vendor puts behind the standard's part of a TagReportData.
TagAddition = Callable[[TagEntry], bytes]


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """What a vendor's parameters tell of the reader. temperature_c: of the reader as it is now."""

    model_name: str
    firmware: str
    serial: str
    region: Region
    temperature_c: int


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What a vendor's part of a tag report is made from, besides the entry itself.

    tid_of: the tag's TID as hex. power_index_of: the index into the power table at which it was read.
    """

    tid_of: Callable[[TagEntry], str]
    power_index_of: Callable[[TagEntry], int]


def _no_elements(*_: object) -> list[Element]:
    return []


def _no_objection(*_: object) -> None:
    return None


def _as_it_is(drive: AntennaDrive, _customs: Sequence[Element]) -> AntennaDrive:
    return drive


def _no_addition(*_: object) -> TagAddition | None:
    return None


@dataclass(frozen=True)
class Extension:
    """A vendor's additions; without any, those of no vendor.

    pen: enterprise number; 0 for none. enabled_by: subtypes of the custom message, and of its answer, before which
    nothing of it is taken; None where nothing is asked.
    places: for each parameter that a client may send, the elements in which it may stand.
    refuses_flat: a refused custom parameter is told at message level, however deep it stood.

    The functions; those that get what a client ``asked`` (the vendor's own request, if there was one) or sent raise
    RefusedError for what there is not:

    capability_elements(facts, asked): what GET_READER_CAPABILITIES shows besides.
    config_elements(facts, kept, asked): what GET_READER_CONFIG shows besides; ``kept`` is what is set.
    factory_settings(inputs, outputs): what SET_READER_CONFIG can replace, as the factory sets it.
    check_command(customs, plan, around): holds what stands in a C1G2InventoryCommand against the region's channels;
    ``around`` names the elements it stands in.
    driven(drive, customs): how an antenna is driven with what stands in its C1G2InventoryCommand.
    tag_addition(report, context): what a ROReportSpec puts behind each tag; None for nothing.
    """

    pen: int = 0
    enabled_by: tuple[int, int] | None = None
    refuses_flat: bool = False
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    capability_elements: Callable[[ReaderFacts, Element | None], list[Element]] = _no_elements
    config_elements: Callable[[ReaderFacts, Sequence[Element], Element | None], list[Element]] = _no_elements
    factory_settings: Callable[[int, int], list[Element]] = _no_elements
    check_command: Callable[[Sequence[Element], ChannelPlan, Sequence[str]], None] = _no_objection
    driven: Callable[[AntennaDrive, Sequence[Element]], AntennaDrive] = _as_it_is
    tag_addition: Callable[[Element, ReportContext], TagAddition | None] = _no_addition


def is_custom(element: Element) -> bool:
    """Whether an element is a vendor's."""
    layout = ALL_PARAMETERS.get(element.name)
    return layout is not None and layout.type == CUSTOM


def check_customs(element: Element, extension: Extension, *around: str) -> None:
    """Refuse vendors' parameters that ``extension`` does not have or that stand in the wrong place.

    Raises:
        RefusedError: Names the place of the first one.
    """
    for child in element.children:
        if is_custom(child) and element.name not in extension.places.get(child.name, ()):
            if child.name == "Custom":
                reason = f"parameter {child.number('ParameterSubtype')} of vendor {child.number('VendorIdentifier')}"
            else:
                reason = f"{child.name} in {element.name}"
            raise RefusedError(
                Problem.UNSUPPORTED_PARAMETER,
                f"{reason} is not known",
                path=() if extension.refuses_flat else tuple(ALL_PARAMETERS[name].type for name in around),
                culprit=CUSTOM,
            )
        check_customs(child, extension, *around, child.name)
