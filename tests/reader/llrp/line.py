"""The reader's end of the line, for tests: bytes made by hand, and a reader that follows a script.

Nothing here uses the driver's own encoding; requests are told apart by their type in the header.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

IMPINJ = 25882


def message(number: int, message_id: int, body: bytes = b"", version: int = 1) -> bytes:
    return struct.pack(">HII", version << 10 | number, 10 + len(body), message_id) + body


def tlv(number: int, content: bytes = b"") -> bytes:
    return struct.pack(">HH", number, 4 + len(content)) + content


def tv(number: int, code: str, *values: int | bytes) -> bytes:
    return bytes([0x80 | number]) + struct.pack(f">{code}", *values)


def custom(subtype: int, content: bytes, vendor: int = IMPINJ) -> bytes:
    return tlv(1023, struct.pack(">II", vendor, subtype) + content)


def status(code: int = 0, description: str = "") -> bytes:
    text = description.encode()
    return tlv(287, struct.pack(">HH", code, len(text)) + text)


def welcome(attempt: int = 0, utc_us: int = 1_700_000_000_000_000) -> bytes:
    return message(63, 0, tlv(246, tlv(128, struct.pack(">Q", utc_us)) + tlv(256, struct.pack(">H", attempt))))


def event(*parameters: bytes, utc_us: int = 1_700_000_000_000_000) -> bytes:
    return message(63, 9, tlv(246, tlv(128, struct.pack(">Q", utc_us)) + b"".join(parameters)))


def tag(
    epc: bytes = bytes.fromhex("3034257BF7194E4000001A85"),
    antenna: int = 1,
    rssi: int = -50,
    last_us: int = 1_700_000_000_500_000,
    count: int = 1,
    channel: int = 1,
    extra: bytes = b"",
) -> bytes:
    name = tv(13, "12s", epc) if len(epc) == 12 else tlv(241, struct.pack(">H", len(epc) * 8) + epc)
    return tlv(
        240,
        name
        + tv(1, "H", antenna)
        + tv(6, "b", rssi)
        + tv(7, "H", channel)
        + tv(4, "Q", last_us)
        + tv(8, "H", count)
        + extra,
    )


def report(*tags: bytes, message_id: int = 7) -> bytes:
    return message(61, message_id, b"".join(tags))


def capabilities(
    *,
    antennas: int = 4,
    maker: int = 4711,
    standard: int = 2,
    powers_dbm: Iterable[float] = (10.0, 15.0, 20.0, 25.0, 30.0),
    khz: Iterable[int] = (865_700, 866_300, 866_900, 867_500),
    modes: Iterable[int] = (0, 2, 1002),
    hold: bool = True,
    inputs: int = 0,
    outputs: int = 0,
    hopping: bool = False,
    state_aware: bool = False,
    access_specs: int = 10,
) -> bytes:
    firmware = b"1.2.3"
    general = tlv(
        137,
        struct.pack(">HHIIH", antennas, 0x4000, maker, 1, len(firmware))
        + firmware
        + tlv(139, struct.pack(">Hh", 1, 0))
        + tlv(141, struct.pack(">HH", inputs, outputs))
        + b"".join(tlv(140, struct.pack(">HHB", port, 1, 1)) for port in range(1, antennas + 1)),
    )
    flags = hold << 3 | state_aware << 4
    llrp = tlv(142, struct.pack(">BBHIIIII", flags, 0, 0, 1, 1, 1, access_specs, 8))
    power = b"".join(tlv(145, struct.pack(">Hh", n, round(dbm * 100))) for n, dbm in enumerate(powers_dbm, start=1))
    carriers = list(khz)
    listed = struct.pack(f">H{len(carriers)}I", len(carriers), *carriers)
    table = tlv(147, b"\x01\0" + listed) if hopping else tlv(148, listed)
    rows = b"".join(tlv(329, struct.pack(">IBBBBIIIII", m, 0x80, 2, 0, 3, 274000, 0, 20000, 20000, 0)) for m in modes)
    band = tlv(144, power + tlv(146, bytes([hopping << 7]) + table) + tlv(328, rows))
    regulatory = tlv(143, struct.pack(">HH", 276, standard) + band)
    return general + llrp + regulatory + tlv(327, struct.pack(">BH", 0, 2))


# request type -> answer type
_ANSWERS = {
    1: 11,
    2: 12,
    3: 13,
    14: 4,
    20: 30,
    21: 31,
    22: 32,
    23: 33,
    24: 34,
    25: 35,
    26: 36,
    40: 50,
    41: 51,
    42: 52,
    46: 56,
    47: 57,
}


class ScriptedReader:
    """A reader without air: answers what it is asked, by the script.

    Attributes:
        asked: Types of the messages it got, in order.
        answers: Request type → what to answer instead; given the message id, returns bytes.
    """

    def __init__(self, caps: bytes | None = None, power_held: int | None = None) -> None:
        self.caps = capabilities() if caps is None else caps
        self.asked: list[int] = []
        self.requests: list[bytes] = []
        self.answers: dict[int, Callable[[int], bytes]] = {}
        self._power_held = power_held
        self._antennas = b""
        self._rospec = b""
        self._buffer = b""

    def feed(self, received: bytes) -> bytes:
        """Return the answers to what came in."""
        self._buffer += received
        out = b""
        while len(self._buffer) >= 10:
            word, length, message_id = struct.unpack_from(">HII", self._buffer)
            if len(self._buffer) < length:
                break
            frame, self._buffer = self._buffer[:length], self._buffer[length:]
            out += self._answer(word & 0x3FF, word >> 10 & 7, message_id, frame)
        return out

    def _answer(self, number: int, version: int, message_id: int, frame: bytes) -> bytes:
        self.asked.append(number)
        self.requests.append(frame)
        if number in self.answers:
            return self.answers[number](message_id)
        if number == 1023:
            return message(1023, message_id, struct.pack(">IB", IMPINJ, 22) + status(), version)
        if number not in _ANSWERS:
            return b""
        return message(_ANSWERS[number], message_id, self._body(number, frame), version)

    def _body(self, number: int, frame: bytes) -> bytes:
        if number == 1:
            return status() + self.caps
        if number == 3:
            self._antennas = b"".join(content for kind, content in _parameters(frame[11:]) if kind == 222)
        if number == 2:
            return status() + self._held(self._antennas)
        if number == 26:
            return status() + self._held(self._rospec)
        if number == 20:
            self._rospec = frame[10:]
        if number == 46:
            return b"\x01\x02" + status()
        return status()

    def _held(self, parameters: bytes) -> bytes:
        """Return ``parameters``, with another power index where the script wants a reader that does not obey."""
        if self._power_held is None:
            return parameters
        held = bytearray(parameters)
        at = 0
        while (at := held.find(b"\x00\xe0\x00\x0a", at)) >= 0:  # RFTransmitter, ten bytes
            held[at + 8 : at + 10] = struct.pack(">H", self._power_held)
            at += 10
        return bytes(held)


def _parameters(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(body):
        number, length = struct.unpack_from(">HH", body, at)
        yield number, body[at : at + length]
        at += length
