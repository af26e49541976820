"""The conversation with a Mercury module: who it is, what it reads, what befalls it. Pure: generators of acts.

1. A module may sleep: until it was told not to, each request comes behind as many FF as the vendor's SDK sends.
2. It may still stream for whoever was here before, or be in its bootloader: both are ended before anything is set.
3. Reading is a stream without end. A status of 0400 in it, once per on-time, is the proof of life; other statuses are
   faults. The module goes on by itself after some of them; where it falls silent, the stream is begun anew.
4. A module that has no streams (Silion's, by this opcode) is asked round by round, and its buffer fetched.
5. Temperature and antennas are looked at only when the stream stands still anyway.
6. A reset forgets powers and region, and nothing tells of it: powers are read back before anything that transmits.

Sources: ThingMagic Mercury API; captures of its SDK (facts measured 2026-11). Never run on hardware.
"""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import Any, Final

from reader.access import Accessed, TagOperation, TagTarget
from reader.conversation import Found
from reader.errors import ProfileError, ReaderGoneError, ReaderRefusedError, ReaderTimeoutError
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile
from reader.serial.acts import Acts, listen, rest
from reader.serial.cycle_clock import CycleClock
from reader.serial.mercury import MercuryDecoder, MercuryFrame, Metadata, Opcode, TagRecord, encode, tags_of
from reader.serial.mercury_access import AccessWay, accessed
from reader.serial.mercury_asking import answered, asked, is_unable, settled, words_of
from reader.serial.mercury_tuning import Powers, antennas_connected, confirmed, tuned
from reader.serial.speaker import Heard, SerialFamily
from reader.serial.status import Meaning, mercury_status

__all__ = ["MERCURY", "MercurySpeaker"]

_PREAMBLE: Final = b"\xff" * 200  # the SDK's 25 times 8
_KNOCK: Final = b"\xff" * 8
_VERSION_TRIES: Final = 4  # the first may be lost while the module wakes, or while a stream dies away
_STOP_S: Final = 0.3
_BOOT_S: Final = 2.0
_NAMES: Final = {0x18: "M6e", 0x20: "M6e Micro", 0x30: "M6e Nano", 0x38: "M7e", 0x80: "M3e"}
_PORTS: Final = {0x20: 2, 0x30: 1}  # where there are fewer than four; a Nano behind a multiplexer is not driven here
_M7E: Final = 0x38
_NO_DETECTOR: Final = frozenset({0x30})  # says "no antenna" whatever is connected (a real Nano's answer)
_BOOTLOADER: Final = 1
_FULL_POWER: Final = 0

_NO_TAGS: Final = 0x0400
_NO_STREAMS: Final = frozenset({0x0101, 0x0102, 0x0109})  # opcode, not implemented, feature
_SEARCH_FLAGS: Final = 0x0013  # by the configured list of ports, any population
_EMBEDDED_OPERATION: Final = 0x0004
_STREAMS: Final = 0x0008
_METADATA: Final = (
    Metadata.READ_COUNT | Metadata.RSSI | Metadata.ANTENNA | Metadata.FREQUENCY | Metadata.TIMESTAMP | Metadata.PHASE
)
_TID_BANK: Final = 2
_TID_WORDS: Final = 6
_EXTENDED: Final = {"option": 0x88, "option2": 0x10}
_PLAIN: Final[dict[str, Any]] = {"option": 0x10}
_GREATEST_ON_MS: Final = 0xFFFF

_SILENT_PERIODS: Final = 2.75
_SILENT_PERIODS_AFTER_FAULT: Final = 1.5
_ROUND_MS: Final = 200
_FAULT_REST_S: Final = 0.5
_TELL_AGAIN_S: Final = 10.0
_LOOK_AGAIN_S: Final = 5.0
_TEMPERATURE_S: Final = 30.0

_KIND_OF: Final = {
    Meaning.ANTENNA: ReaderEventKind.ANTENNA_GONE,
    Meaning.HEAT: ReaderEventKind.HOT,
    Meaning.REFLECTION: ReaderEventKind.REFLECTION,
}


def _is_stream_stopped(frame: MercuryFrame) -> bool:
    return frame.opcode == Opcode.STREAM and (frame.status != 0 or frame.content[:1] != b"\x01")


def _is_stream_started(frame: MercuryFrame) -> bool:
    return frame.opcode == Opcode.STREAM and (frame.status != 0 or frame.content[:1] == b"\x01")


def _is_fault(frame: MercuryFrame) -> bool:
    return frame.opcode == Opcode.READ_MULTIPLE and frame.status not in (0, _NO_TAGS)


class MercurySpeaker:
    """Implements `reader.serial.speaker.Speaker` for Mercury."""

    def __init__(self, profile: Profile, heard: Heard) -> None:
        self._profile = profile
        self._heard = heard
        self._preamble = _PREAMBLE
        self._hardware = 0
        self._firmware = ""
        self._powers = Powers({}, are_apart=True)
        self._has_streams = True
        self._is_streaming = False
        self._is_listed = False  # whether the module goes round the profile's ports
        self._gone: frozenset[int] = frozenset()
        self._told_gone: frozenset[int] = frozenset()
        self._told_s: dict[str, float] = {}  # when a fault was told the last time
        self._looked_s = 0.0
        self._measured_s: float | None = None
        self._cycle = CycleClock()

    def greet(self) -> Acts[MercuryFrame, None]:
        """See `Speaker.greet`."""
        with suppress(ReaderTimeoutError):  # asleep, or too old to know streams: the next question tells
            yield from self._stop()
        program = yield from asked(Opcode.GET_PROGRAM, preamble=self._preamble, tries=_VERSION_TRIES)
        if not program.status and settled(program)["program"] & 3 == _BOOTLOADER:
            yield from asked(Opcode.BOOT_FIRMWARE, preamble=self._preamble, deadline_s=_BOOT_S)
        version = settled((yield from asked(Opcode.GET_VERSION, preamble=self._preamble, tries=_VERSION_TRIES)))
        self._hardware = int(version["hardware"][:2], 16)
        self._firmware = ".".join(str(byte) for byte in bytes.fromhex(version["firmware"]))
        mode = yield from asked(Opcode.GET_POWER_MODE, preamble=self._preamble)
        if not mode.status and settled(mode)["power_mode"] == _FULL_POWER:
            self._preamble = b""
            return
        awake = yield from asked(Opcode.SET_POWER_MODE, preamble=self._preamble, power_mode=_FULL_POWER)
        if not awake.status:
            self._preamble = b""

    def tune(self, profile: Profile) -> Acts[MercuryFrame, Found]:
        """See `Speaker.tune`."""
        self._check_ports(profile)
        self._powers = yield from tuned(profile)
        self._profile = profile
        yield from self._list_ports()
        yield from self._measure()
        return self._found()

    def read(self) -> Acts[MercuryFrame, None]:
        """See `Speaker.read`."""
        while True:
            if not self._is_listed or self._gone:
                yield from self._list_ports()
            if self._measured_s is None or self._heard.now_s - self._measured_s >= _TEMPERATURE_S:
                yield from self._measure()
            if self._has_streams:
                has_failed = yield from self._stream()
                yield from self.pause()
            else:
                has_failed = yield from self._rounds()
            if has_failed:
                yield from rest(_FAULT_REST_S)

    def pause(self) -> Acts[MercuryFrame, None]:
        """See `Speaker.pause`."""
        if self._is_streaming:
            yield from self._stop()

    def access(self, target: TagTarget, operation: TagOperation) -> Acts[MercuryFrame, Accessed]:
        """See `Speaker.access`."""
        self._is_listed = False
        way = AccessWay(self._is_extended, lambda: confirmed(self._powers))
        return (yield from accessed(target, operation, self._ports(), way))

    def switch_output(self, port: int, *, is_on: bool) -> Acts[MercuryFrame, None]:
        """See `Speaker.switch_output`."""
        yield from answered(Opcode.SET_GPIO, data_hex=f"{port & 0xFF:02x}{is_on:02x}")

    def take_unasked(self, frame: MercuryFrame, now_s: float) -> None:
        """See `Speaker.take_unasked`."""
        if frame.opcode != Opcode.READ_MULTIPLE:
            return
        if frame.status == _NO_TAGS:
            self._cycle.begin(now_s)
        elif frame.status:
            self._tell_fault(frame, now_s)
        else:
            self._take_tags(frame, now_s)

    @property
    def _is_extended(self) -> bool:
        return self._hardware == _M7E

    def _check_ports(self, profile: Profile) -> None:
        ports = _PORTS.get(self._hardware)
        beyond = [port for port in profile.antennas if ports is not None and port > ports]
        if beyond:
            raise ProfileError(f"profile {profile.name} uses antenna port {beyond[0]}, but the reader has {ports}")

    def _found(self) -> Found:
        known = self._profile.model.model_ids
        return Found(
            model=_NAMES.get(self._hardware, f"Mercury module, hardware {self._hardware:02X}"),
            firmware=self._firmware,
            tx_powers_dbm={port: power / 100 for port, power in self._powers.cdbm.items()},
            is_expected=not known or self._hardware in known,
        )

    def _stop(self) -> Acts[MercuryFrame, None]:
        yield from asked(
            Opcode.STREAM,
            preamble=self._preamble,
            deadline_s=_STOP_S,
            accepts=_is_stream_stopped,
            timeout_ms=0,
            action="stop",
        )
        self._is_streaming = False

    def _ports(self) -> list[int]:
        """Return the ports to use: those with an antenna, or all where none has one, so that the module complains."""
        return [port for port in self._profile.antennas if port not in self._gone] or list(self._profile.antennas)

    def _list_ports(self) -> Acts[MercuryFrame, None]:
        """Look which antennas there are, and let the module go round them."""
        if self._hardware not in _NO_DETECTOR:
            try:
                connected = yield from antennas_connected()
            except ReaderRefusedError as error:
                if not is_unable(error):
                    raise
            else:
                self._gone = frozenset(port for port in self._profile.antennas if not connected.get(port, True))
        self._looked_s = self._heard.now_s
        yield from answered(Opcode.SET_ANTENNA, option=2, pairs=[[port, port] for port in self._ports()])
        self._is_listed = True

    def _measure(self) -> Acts[MercuryFrame, None]:
        frame = yield from asked(Opcode.GET_TEMPERATURE)
        self._measured_s = self._heard.now_s
        if not frame.status:
            self._heard.temperature_c = settled(frame)["temperature_c"]

    def _stream(self) -> Acts[MercuryFrame, bool]:
        """Stream until the module has to be looked at, or falls silent after a fault; return whether there was one."""
        on_ms = min(self._profile.keepalive_ms, _GREATEST_ON_MS)
        yield from confirmed(self._powers)
        started = yield from asked(
            Opcode.STREAM, accepts=_is_stream_started, transmits=True, **self._stream_fields(on_ms)
        )
        if started.status in _NO_STREAMS:
            self._has_streams = False
            return False
        if mercury_status(started.status or 0).meaning in _KIND_OF:
            self._tell_fault(started, self._heard.now_s)
            return True
        settled(started)
        self._is_streaming = True
        self._cycle.begin(self._heard.now_s)
        self._tell_antennas()
        silence_s = _SILENT_PERIODS * on_ms / 1000
        while True:
            fault = yield from listen(_is_fault, silence_s, self._next_look_s())
            if fault is not None:
                self._tell_fault(fault, self._heard.now_s)
                if mercury_status(fault.status or 0).meaning is Meaning.ANTENNA:
                    return True
                silence_s = _SILENT_PERIODS_AFTER_FAULT * on_ms / 1000
            elif self._next_look_s() <= 0:
                return False
            elif silence_s < _SILENT_PERIODS * on_ms / 1000:
                return True
            else:
                raise ReaderGoneError(f"no sign of life for {silence_s:.1f} s")

    def _stream_fields(self, on_ms: int) -> dict[str, Any]:
        """Return the request for a stream, by the names of the codec."""
        fields: dict[str, Any] = {
            "timeout_ms": 0,
            "action": "start",
            "sub_opcode": int(Opcode.READ_MULTIPLE),
            **(_EXTENDED if self._is_extended else _PLAIN),
            "search_flags": _SEARCH_FLAGS | _STREAMS,
            "on_time_ms": on_ms,
            "metadata_flags": int(_METADATA),
        }
        if self._profile.reads_tid:
            fields["search_flags"] |= _EMBEDDED_OPERATION
            fields["metadata_flags"] |= int(Metadata.EMBEDDED)
            fields |= {"embedded_bank": _TID_BANK, "embedded_address": 0, "embedded_words": _TID_WORDS}
        return fields

    def _next_look_s(self) -> float:
        """Return in how many seconds the antennas are to be looked at again; while none is gone, never."""
        return self._looked_s + _LOOK_AGAIN_S - self._heard.now_s if self._gone else inf

    def _rounds(self) -> Acts[MercuryFrame, bool]:
        """Read round by round, until a fault."""
        while True:
            yield from asked(Opcode.CLEAR_TAG_BUFFER)
            yield from confirmed(self._powers)
            self._cycle.begin(self._heard.now_s)
            counted = yield from asked(
                Opcode.READ_MULTIPLE,
                deadline_s=1.0 + _ROUND_MS / 1000,
                transmits=True,
                search_flags=_SEARCH_FLAGS,
                timeout_ms=_ROUND_MS,
                metadata_flags=int(_METADATA),
                **_PLAIN,
            )
            self._tell_antennas()
            if _is_fault(counted):
                self._tell_fault(counted, self._heard.now_s)
                return True
            left = 0 if counted.status else settled(counted)["tag_count"]
            while left > 0:
                batch = yield from asked(
                    Opcode.GET_TAG_BUFFER, tries=1, is_sequel=True, metadata_flags=int(_METADATA), read_option=0
                )
                settled(batch)
                self._take_tags(batch, self._heard.now_s)
                left -= len(tags_of(batch).records) or left

    def _take_tags(self, frame: MercuryFrame, now_s: float) -> None:
        tags = tags_of(frame)
        if tags.error is not None:
            self._heard.notice(ReaderEventKind.MALFORMED, f"a frame of {len(frame.raw)} bytes: {tags.error}")
        for record in tags.records:
            if record.tag_crc_valid:
                self._heard.reads.append(_read_of(record, self._cycle.t_us(record.timestamp_ms, now_s)))
            else:
                self._heard.notice(ReaderEventKind.MALFORMED, "a tag without an EPC, or with a wrong CRC")

    def _tell_antennas(self) -> None:
        """Notice which antennas went, and which came back, since the last time."""
        for port in sorted(self._gone - self._told_gone):
            self._heard.notice(ReaderEventKind.ANTENNA_GONE, f"antenna {port}", port)
        for port in sorted(self._told_gone - self._gone):
            self._heard.notice(ReaderEventKind.ANTENNA_BACK, f"antenna {port}", port)
        self._told_gone = self._gone

    def _tell_fault(self, frame: MercuryFrame, now_s: float) -> None:
        """Notice a fault; one that comes with every cycle only every so often."""
        words, meaning = words_of(frame), mercury_status(frame.status or 0).meaning
        if meaning is Meaning.HEAT:
            self._measured_s = None  # how hot is to be asked at the next standstill
        if meaning is Meaning.ANTENNA:
            self._is_listed = False  # and which one
        told_s = self._told_s.get(words)
        if told_s is None or now_s - told_s >= _TELL_AGAIN_S:
            self._told_s[words] = now_s
            self._heard.notice(_KIND_OF.get(meaning, ReaderEventKind.EXCEPTION), words)


def _read_of(record: TagRecord, t_us: int) -> TagRead:
    frequency_khz = record.frequency_khz
    return TagRead(
        t_us,
        record.epc.hex().upper(),
        record.antenna_tx or 1,
        float(record.rssi_dbm or 0),
        None if record.phase_deg is None else float(record.phase_deg),
        None if frequency_khz is None else frequency_khz / 1000,
        max(1, record.read_count or 1),
        record.embedded.hex().upper() if record.embedded else None,
    )


def _question(_: Profile) -> bytes:
    """Return what makes a module speak in any state: an idle one says its version, a streaming one stops."""
    stop = encode({"opcode": Opcode.STREAM, "timeout_ms": 0, "action": "stop"})
    return _KNOCK + encode({"opcode": Opcode.GET_VERSION}) + stop


MERCURY: Final[SerialFamily[MercuryFrame]] = SerialFamily(
    name="Mercury",
    rates=(115_200, 9600, 921_600, 460_800, 230_400, 57_600, 38_400, 19_200),
    question=_question,
    decoder=lambda _: MercuryDecoder(),
    recognises=lambda frame: frame.opcode in (Opcode.GET_VERSION, Opcode.STREAM, Opcode.READ_MULTIPLE),
    speaker=MercurySpeaker,
)
