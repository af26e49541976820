"""A virtual Mercury module (ThingMagic/JADAK M6e, Nano): requests in, answers and tags out.

1. Runs of FF wake it and mean nothing. A request with a wrong CRC is not answered.
2. The bootloader knows few requests; it is left by 04, and entered by 09.
3. While it searches or acts on a tag, further requests wait. While it streams, only requests of the stream are
   heard: stop, and one request wrapped for the time in between (`2F 0000 04 LEN OP …`, by the vendor's client).
4. A change of rate is answered at the old one.
5. Statuses other than 0 carry no content, but for the signs of life of a stream.

Source: facts measured 2026-11: captures of the vendor's client, module manuals, logs of real modules.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from reader.errors import SceneError
from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.serial.mercury_access import ACCESS_OPCODES, access_wish
from reader.virtual.serial.mercury_buffer import TagBuffer
from reader.virtual.serial.mercury_canned import CannedStream
from reader.virtual.serial.mercury_frames import Request, RequestCutter, answer
from reader.virtual.serial.mercury_models import BAUDS, MODELS, MercuryModel
from reader.virtual.serial.mercury_radio import Radio
from reader.virtual.serial.mercury_search import StreamAction, buffered_search, stream_search
from reader.virtual.serial.mercury_settings import MercurySettings
from reader.virtual.serial.mercury_status import RefusedError, Status
from reader.virtual.serial.mercury_tags import MetadataFlag
from reader.virtual.serial.mercury_tasks import STOPPED, AccessTask, BufferedTask, SingleTask, StreamTask, Task
from reader.virtual.serial.module import Said
from reader.virtual.serial.octets import Octets, ShortError

__all__ = ["MercuryModule"]

_STREAM: Final = 0x2F
_BOOTLOADER, _APPLICATION = 0x11, 0x12
_IN_BOOTLOADER: Final = (0x03, 0x04, 0x06, 0x09, 0x0C, 0x10)
# Asked while a stream runs, nothing of this disturbs it.
_WRAPPABLE: Final = (0x03, 0x61, 0x62, 0x63, 0x64, 0x66, 0x67, 0x68, 0x6A, 0x6B, 0x72, 0x96)
_MAX_WAITING: Final = 16
_MAX_UNSAID: Final = 24  # frames; more stop the radio
_IDLE_US: Final = 250_000


class MercuryModule:
    """A `SerialModule`. baud: the rate after power on. is_canned: streams without the air, for benches."""

    def __init__(
        self,
        air: Air,
        faults: Faults,
        *,
        model: MercuryModel = MODELS["m6e"],
        baud: int = 115200,
        starts_in_bootloader: bool = False,
        is_canned: bool = False,
    ) -> None:
        self._model = model
        self._faults = faults
        self._air = air
        self._first_baud = baud
        self._first_program = _BOOTLOADER if starts_in_bootloader else _APPLICATION
        self._is_canned = is_canned
        self._inputs = dict.fromkeys(range(1, model.pins + 1), False)
        self._cutter = RequestCutter()
        self._reads_before_boot = 0
        self._obeys: Mapping[int, Callable[[bytes, int], bytes | None]] = {
            0x03: lambda _content, _now_us: model.version,
            0x04: lambda _content, _now_us: self._boot(),
            0x06: lambda content, _now_us: self._set_baud(content),
            0x09: lambda _content, _now_us: self._leave_application(),
            0x0C: lambda _content, _now_us: bytes((self._program,)),
            0x10: lambda content, _now_us: self._serial_number(content),
            0x21: self._read_single,
            0x22: self._read_multiple,
            0x29: lambda content, _now_us: self._fetch_tags(content),
            0x2A: lambda _content, _now_us: self._clear_tags(),
            _STREAM: self._begin_stream,
        }
        self._begin()

    def _begin(self) -> None:
        self._baud = self._first_baud
        self._next_baud: int | None = None
        self._program = self._first_program
        self._settings = MercurySettings(self._model, self._air, self._faults, self._inputs)
        self._radio = Radio(self._air, self._settings, self._faults)
        self._buffer = TagBuffer()
        self._task: Task | None = None
        self._waiting: deque[Request] = deque(maxlen=_MAX_WAITING)
        self._unsaid: deque[Said] = deque()
        self._cutter.clear()

    # --- what it is doing ---------------------------------------------------------------------------

    @property
    def baud(self) -> int:
        """The rate at which it listens and speaks now."""
        return self._baud

    @property
    def reads(self) -> int:
        """Singulations since the module was made."""
        canned = self._task.reads if isinstance(self._task, CannedStream) else 0
        return self._reads_before_boot + self._radio.reads + canned

    @property
    def is_reading(self) -> bool:
        """Whether a stream or a search runs."""
        return self._task is not None and not isinstance(self._task, AccessTask)

    @property
    def tx_power_dbm(self) -> float | None:
        """The greatest read power of the ports in use."""
        return self._settings.tx_power_dbm

    def set_input(self, pin: int, is_high: bool) -> None:
        """Put a level on a general purpose pin from outside, counted from 1; an output does not heed it.

        Raises:
            SceneError: There is no such pin.
        """
        if pin not in self._inputs:
            raise SceneError(f"there are pins 1 to {len(self._inputs)}, no {pin}")
        self._inputs[pin] = is_high

    # --- time -----------------------------------------------------------------------------------------

    def advance(self, now_us: int) -> None:
        """Play the task up to ``now_us``, and begin what waited for its end."""
        for request in self._cutter.rest(now_us):
            self._heard(request, now_us)
        while self._task is not None:
            task = self._task
            self._radio.is_blocked = len(self._unsaid) >= _MAX_UNSAID
            self._unsaid.extend(task.advance(now_us))
            if not task.is_over:
                return
            self._end_task()
            self._obey_waiting(now_us)

    def next_due_us(self, now_us: int) -> int:
        """Return when `advance` should be called next at the latest."""
        if self._task is not None:
            return min(self._task.due_us(now_us), now_us + _IDLE_US)
        return now_us + _IDLE_US

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""
        if self._task is not None:
            self._task.skip_to(now_us)

    def reboot(self, now_us: int) -> None:  # noqa: ARG002 - a module that boots slowly needs to know
        """Begin anew; the air and its tags stay."""
        self._reads_before_boot = self.reads
        self._begin()

    def _end_task(self) -> None:
        if isinstance(self._task, CannedStream):
            self._reads_before_boot += self._task.reads
        self._task = None

    # --- the line -------------------------------------------------------------------------------------

    def received(self, octets: bytes, now_us: int) -> None:
        """Take bytes from the line."""
        for request in self._cutter.feed(octets, now_us):
            self._heard(request, now_us)

    def take(self, now_us: int) -> Said | None:  # noqa: ARG002 - the port's; what is said here is said at once
        """Return the next frame to put on the wire."""
        if self._unsaid:
            return self._unsaid.popleft()
        if self._next_baud is not None:
            self._baud, self._next_baud = self._next_baud, None
        return self._task.next_tag() if isinstance(self._task, CannedStream) else None

    # --- requests -------------------------------------------------------------------------------------

    def _heard(self, request: Request, now_us: int) -> None:
        if isinstance(self._task, StreamTask | CannedStream):
            if request.opcode == _STREAM:
                self._in_stream(request, now_us)
        elif self._task is not None:
            self._waiting.append(request)
        else:
            self._answer(request, now_us)

    def _obey_waiting(self, now_us: int) -> None:
        while self._waiting and self._task is None:
            self._answer(self._waiting.popleft(), now_us)

    def _answer(self, request: Request, now_us: int) -> None:
        status, content = self._outcome(request, now_us)
        if content is not None:
            self._say(request.opcode, status, content)

    def _outcome(self, request: Request, now_us: int) -> tuple[Status, bytes | None]:
        """Do what is asked; return status and content, no content where the answer comes later."""
        try:
            return Status.OK, self._obeyed(request, now_us)
        except RefusedError as refusal:
            return refusal.status, b""
        except ShortError:
            return Status.LENGTH, b""

    def _obeyed(self, request: Request, now_us: int) -> bytes | None:
        opcode, content = request
        if self._program == _BOOTLOADER and opcode not in _IN_BOOTLOADER:
            raise RefusedError(Status.OPCODE)
        if opcode in self._obeys:
            return self._obeys[opcode](content, now_us)
        if opcode in ACCESS_OPCODES:
            self._settings.check_ready()
            self._task = AccessTask(self._radio, opcode, access_wish(opcode, content), now_us)
            return None
        if self._settings.obeys(opcode):
            return self._settings.obey(opcode, content)
        raise RefusedError(Status.OPCODE)

    def _say(self, opcode: int, status: Status, content: bytes) -> None:
        self._unsaid.append(Said(answer(opcode, status, content)))

    def _in_stream(self, request: Request, now_us: int) -> None:
        octets = Octets(request.content)
        try:
            octets.take(2)
            match octets.number(1):
                case StreamAction.STOP:
                    self._end_task()
                    self._say(_STREAM, Status.OK, STOPPED)
                case StreamAction.WRAPPED:
                    self._answer_wrapped(octets, now_us)
                case _:
                    raise RefusedError(Status.PARAMETER)
        except ShortError:
            self._say(_STREAM, Status.LENGTH, b"")
        except RefusedError as refusal:
            self._say(_STREAM, refusal.status, b"")

    def _answer_wrapped(self, octets: Octets, now_us: int) -> None:
        length, opcode = octets.number(1), octets.number(1)
        wrapped = Request(opcode, octets.take(length))
        if opcode not in _WRAPPABLE:
            raise RefusedError(Status.PARAMETER)
        status, content = self._outcome(wrapped, now_us)
        inner = content or b""
        head = bytes((StreamAction.WRAPPED, len(inner), opcode)) + status.to_bytes(2, "big")
        self._say(_STREAM, Status.OK, head + inner)

    def _boot(self) -> bytes:
        if self._program == _APPLICATION:
            raise RefusedError(Status.OPCODE)
        self._program = _APPLICATION
        return self._model.version

    def _leave_application(self) -> bytes:
        self._begin()
        self._program = _BOOTLOADER
        return b""

    def _set_baud(self, content: bytes) -> bytes:
        octets = Octets(content)
        baud = octets.number(4)
        if len(octets):
            raise RefusedError(Status.LENGTH)
        if baud not in BAUDS:
            raise RefusedError(Status.BAUD)
        self._next_baud = baud
        return b""

    def _serial_number(self, content: bytes) -> bytes:
        octets = Octets(content)
        option, flags = octets.number(1), octets.number(1)
        digits = f"{self._air.seed & 0xFFFFFFFF:012d}".encode()
        return bytes((option, flags, 0, len(digits))) + digits

    def _read_single(self, content: bytes, now_us: int) -> None:
        if len(content) != 2:
            raise RefusedError(Status.LENGTH)
        self._settings.check_ready()
        self._task = SingleTask(self._radio, buffered_search(content), now_us)

    def _read_multiple(self, content: bytes, now_us: int) -> None:
        search = buffered_search(content)
        self._settings.check_ready()
        self._task = BufferedTask(self._radio, search, self._buffer, now_us)

    def _fetch_tags(self, content: bytes) -> bytes:
        octets = Octets(content)
        if not len(octets):
            return self._buffer.positions()
        metadata, option = octets.number(2) & MetadataFlag.ALL, octets.number(1)
        if len(octets):
            raise RefusedError(Status.LENGTH)
        return self._buffer.fetch(metadata, option)

    def _clear_tags(self) -> bytes:
        self._buffer.clear()
        return b""

    def _begin_stream(self, content: bytes, now_us: int) -> bytes:
        octets = Octets(content)
        octets.take(2)
        action = octets.number(1)
        if action == StreamAction.STOP:
            return STOPPED  # nothing runs: stopping it again is no error
        if action != StreamAction.START:
            raise RefusedError(Status.PARAMETER)
        echoed = bytes((action,)) + content[3:6]
        search = stream_search(octets)
        self._settings.check_ready()
        if self._is_canned:
            self._task = CannedStream(search, now_us, self._model.ports)
        else:
            self._task = StreamTask(self._radio, search, now_us)
        return echoed
