"""What the reader says: answers, events, reports, in the version in force, with ids and the UTC time, as its outlet
lets them through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reader.virtual.faults import Fault, Faults
from reader.virtual.llrp.codec import HEADER_BYTES, Header, encode
from reader.virtual.llrp.configuration import Configuration
from reader.virtual.llrp.dialect import Dialect
from reader.virtual.llrp.element import Element, Message, make, message
from reader.virtual.llrp.outlet import Kind, Outlet
from reader.virtual.llrp.reports import TagEntry, TagWriter
from reader.virtual.llrp.status import RefusedError, status_of

__all__ = ["Voice"]

_RO_ACCESS_REPORT = 61
_CLOCK_JUMP_US = 3_600_000_000
_UNKNOWN_TV = bytes([0x80 | 100, 0xAB, 0xCD])  # 100 is no TV parameter of any version
_TAGS_PER_MESSAGE = 200


class Voice:
    """The one who writes messages. utc_base_us: the UTC time at uptime 0."""

    def __init__(
        self, dialect: Dialect, config: Configuration, outlet: Outlet, faults: Faults, utc_base_us: int
    ) -> None:
        self._dialect = dialect
        self._config = config
        self._outlet = outlet
        self._faults = faults
        self._utc_base_us = utc_base_us
        self._last_id = 0

    def utc_offset_us(self) -> int:
        """Return what the UTC time is ahead of the uptime."""
        return self._utc_base_us + (_CLOCK_JUMP_US if self._faults.is_on(Fault.CLOCK_JUMP) else 0)

    # --- connections ----------------------------------------------------------------------------------

    def attempt(self, status: int, now_us: int) -> bytes:
        """Return what is said of an attempt to connect: ConnectionAttemptStatusType, always in 1.0.1."""
        return encode(self._notification(make("ConnectionAttemptEvent", Status=status), now_us))

    def tell_attempt(self, status: int, now_us: int) -> None:
        """Tell the client of somebody else's attempt. Like an answer: nothing holds it back."""
        self._send(Kind.ANSWER, self._notification(make("ConnectionAttemptEvent", Status=status), now_us), now_us)

    def keepalive(self, now_us: int) -> None:
        """Give a sign of life."""
        self._send(Kind.KEEPALIVE, message("KEEPALIVE", self._new_id()), now_us)

    # --- answers --------------------------------------------------------------------------------------

    def answer(self, request: str, id: int, now_us: int, elements: Sequence[Element]) -> None:
        """Answer a request by its own response."""
        fields = {}
        if request == "GET_SUPPORTED_VERSION":
            fields = {"CurrentVersion": self._dialect.version, "SupportedVersion": self._dialect.greatest}
        said = message(f"{request}_RESPONSE", id, *elements, **fields)
        self._send(Kind.ANSWER, said, now_us, self._dialect.of_answer(request))

    def answer_custom(self, said: Message, now_us: int) -> None:
        """Answer a vendor's own message."""
        self._send(Kind.ANSWER, said, now_us)

    def refuse(self, id: int, refusal: RefusedError, now_us: int) -> None:
        """Answer a request that has no response of its own by ERROR_MESSAGE."""
        self._send(Kind.ANSWER, message("ERROR_MESSAGE", id, status_of(refusal)), now_us)

    def refuse_message(self, header: Header, refusal: RefusedError, now_us: int) -> None:
        """Answer what is no request by ERROR_MESSAGE."""
        said = message("ERROR_MESSAGE", header.id, status_of(refusal))
        self._send(Kind.ANSWER, said, now_us, self._dialect.of_refusal(header, refusal))

    # --- events and reports -----------------------------------------------------------------------------

    def notify(self, event: Element, now_us: int, event_type: int | None = None) -> None:
        """Tell of an event; one that has a NotificationEventType only if that is switched on."""
        if event_type is None or event_type in self._config.events:
            self._send(Kind.EVENT, self._notification(event, now_us), now_us)

    def written(self, writer: TagWriter, entries: Iterable[TagEntry]) -> list[bytes]:
        """Return the TagReportData of each entry."""
        prefix = _UNKNOWN_TV if self._faults.is_on(Fault.UNKNOWN_TV) else b""
        utc_offset_us = self.utc_offset_us()
        return [writer.write(entry, utc_offset_us, prefix) for entry in entries]

    def report(self, tags: Sequence[bytes], now_us: int) -> None:
        """Send tags in as many reports as they need."""
        for start in range(0, len(tags), _TAGS_PER_MESSAGE):
            body = b"".join(tags[start : start + _TAGS_PER_MESSAGE])
            head = (self._dialect.version << 10 | _RO_ACCESS_REPORT).to_bytes(2, "big")
            length = (HEADER_BYTES + len(body)).to_bytes(4, "big")
            self._outlet.emit(Kind.REPORT, head + length + self._new_id().to_bytes(4, "big") + body, now_us)

    # --- how it is said -----------------------------------------------------------------------------------

    def _send(self, kind: Kind, said: Message, now_us: int, version: int | None = None) -> None:
        in_version = self._dialect.version if version is None else version
        self._outlet.emit(kind, encode(Message(in_version, said.id, said.body)), now_us)

    def _notification(self, event: Element, now_us: int) -> Message:
        stamp = make("UTCTimestamp", Microseconds=now_us + self.utc_offset_us())
        return message("READER_EVENT_NOTIFICATION", self._new_id(), make("ReaderEventNotificationData", stamp, event))

    def _new_id(self) -> int:
        self._last_id = (self._last_id + 1) % (1 << 32)
        return self._last_id
