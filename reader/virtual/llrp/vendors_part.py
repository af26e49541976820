"""The vendor's part of a connection: whether the client has opened it, and what it is shown then."""

from __future__ import annotations

from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.codec import encode_parameter
from reader.virtual.llrp.configuration import Configuration
from reader.virtual.llrp.element import Element, Message, message
from reader.virtual.llrp.extension import Extension, ReaderFacts, check_customs, is_custom
from reader.virtual.llrp.status import Problem, RefusedError, success

__all__ = ["VendorsPart"]


class VendorsPart:
    """One reader's; `close` it anew with every connection."""

    def __init__(self, can: Capabilities, config: Configuration) -> None:
        self._can = can
        self._config = config
        self.is_open = False
        self.close()

    @property
    def extension(self) -> Extension:
        """What the vendor adds."""
        return self._can.who.extension

    @property
    def understood(self) -> frozenset[int]:
        """The vendors whose parameters are to be taken apart."""
        return frozenset({self.extension.pen}) if self.is_open else frozenset()

    def close(self) -> None:
        """Forget that the client opened it; where no vendor asks for that, it is always open."""
        self.is_open = self.extension.enabled_by is None

    def check(self, body: Element) -> None:
        """Refuse a request that holds a vendor's parameter which is not known, or stands in the wrong place.

        Raises:
            RefusedError: Names the place of the first one.
        """
        check_customs(body, self.extension)

    def open(self, request: Message) -> Message:
        """Obey the vendor's message that opens its part; return the answer.

        Raises:
            RefusedError: It is another message.
        """
        body, enabled_by = request.body, self.extension.enabled_by
        asked = (body.number("VendorIdentifier"), body.number("MessageSubtype"))
        if enabled_by is None or asked != (self.extension.pen, enabled_by[0]):
            raise RefusedError(Problem.UNSUPPORTED_MESSAGE, "this reader does not know this vendor's message")
        self.is_open = True
        return message(
            "CUSTOM_MESSAGE",
            request.id,
            VendorIdentifier=self.extension.pen,
            MessageSubtype=enabled_by[1],
            Data=encode_parameter(success()),
        )

    def capability_elements(self, body: Element, temperature_c: int) -> list[Element]:
        """Return what a GET_READER_CAPABILITIES is shown besides the standard. Raises as the extension does."""
        asked = _request_in(body)
        if not self._is_wanted(body, asked):
            return []
        return self.extension.capability_elements(self._facts(temperature_c), asked)

    def config_elements(self, body: Element, temperature_c: int) -> list[Element]:
        """Return what a GET_READER_CONFIG is shown besides the standard. Raises as the extension does."""
        asked = _request_in(body)
        if not self._is_wanted(body, asked):
            return []
        return self.extension.config_elements(self._facts(temperature_c), self._config.customs, asked)

    def _is_wanted(self, body: Element, asked: Element | None) -> bool:
        """Whether the vendor's part is asked for: by a request of its own, or because everything is."""
        return self.is_open and (asked is not None or not body.number("RequestedData"))

    def _facts(self, temperature_c: int) -> ReaderFacts:
        who = self._can.who
        return ReaderFacts(
            model_name=who.model_name,
            firmware=who.firmware,
            serial=self._config.reader_id.hex(),
            region=self._can.region,
            temperature_c=temperature_c,
        )


def _request_in(body: Element) -> Element | None:
    return next((child for child in body.children if is_custom(child)), None)
