"""M100's side of a serial conversation: MagicRF M100/QM100, R200, YRM100x, JRD-100/4035, M5Stack's UHF unit.

1. There are two builds of the firmware with other marks around the same frames. Everything that is asked before the
   build is known is asked in both: each build takes the other's for noise.
2. A module that runs an inventory for somebody who was here before is stopped before anything else is asked.
3. Continuous inventory is a count of rounds that nobody announces the end of. Each round gives a tag or the error 15
   ("no tag, or a CRC fault"): that is a sign of life and no error. So silence means that the count ran out, that the
   module slept or was reset (and lost its power setting), or that it is gone. It is stopped, which only a module
   that is there answers, and tuned anew before it may transmit again.
4. Rounds go to one target until it is told otherwise. Where both are wanted, it is turned over when two rounds in a
   row heard nothing: one alone may have been a collision.
5. One tag is called by a Select on the SL flag and a query for SL alone; a filter is the same, so the one takes the
   place of the other and is put back when reading begins anew. A Select by the EPC also calls longer EPCs that begin
   alike. So the PC word is read first, which harms nobody and tells who answers; whoever has the right EPC is called
   by PC, where the length is, and EPC. Where any tag will do, it is the one that answers this.
6. A sleeping module loses the first byte it is sent, so whatever it may be asleep for is asked more than once.
7. A reset forgets region and power, and nothing tells of it: both are read back before anything that transmits.

Sources: MagicRF M100/QM100 firmware manual; logs of R200 modules (facts measured 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from reader.access import Accessed, AccessFault, Bank, ReadWords, TagOperation, TagTarget
from reader.conversation import Found
from reader.errors import (
    ProfileError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
    TagAccessError,
)
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile, TagFilter
from reader.serial import red_rcp
from reader.serial.acts import Acts, Ask, ask, listen, tell
from reader.serial.layout import Fields
from reader.serial.m100 import Build, Command, FrameType, M100Decoder, M100Frame, encode, message_of, tag_of
from reader.serial.m100_access import access_error, access_requests
from reader.serial.m100_plan import M100Plan, SelectionFlag, m100_plan, query_fields, select_fields
from reader.serial.m100_scale import is_scale_of
from reader.serial.speaker import Heard, SerialFamily
from reader.serial.status import m100_status

__all__ = ["M100", "M100Speaker"]

_RATES: Final = (115_200, 9_600, 19_200, 38_400, 57_600, 230_400)
_NO_TAG: Final = 0x15
_COMMAND_WRONG: Final = 0x17
_ALWAYS_SELECT, _NEVER_SELECT = 0, 1
_HARDWARE, _SOFTWARE = 0, 1
_HOP_ON, _HOP_OFF = 0xFF, 0x00
_ROUNDS: Final = 65_535
_PINS: Final = range(1, 5)
_PIN_DIRECTION, _PIN_LEVEL = 0, 1
_PIN_OUT: Final = 1
_FIXED: Final = 0x22  # what the manual wants in front of the count

_ANSWER_S: Final = 1.0  # in milliseconds usually; and asked twice
_SILENCE_S: Final = 0.5  # a round of 2^15 slots would be longer, but holds tags
_ACCESS_S: Final = 1.0  # 32 words are written in at most 32 × 20 ms: Gen2 2.1, T5
_ATTEMPTS: Final = 3  # a tag that is touched or moved is often there the next moment
_EMPTY_ROUNDS: Final = 2
_PC_BIT, _EPC_BIT = 16, 32
_LENGTH_BITS: Final = 5  # of the PC, in front: how many words of EPC follow
_MAX_MASK_BITS: Final = 248  # whole bytes of what one byte can count; the first 31 bytes of an EPC are enough
(_PC_OF_TAG,) = access_requests(ReadWords(Bank.EPC, 1, 1))


def _is_answer_to(command: Command, *, rounds_may_end: bool = False) -> Callable[[M100Frame], bool]:
    """Return whether a frame answers ``command``, refusals included.

    rounds_may_end: 15 is the end of an inventory round that was under way, not the answer.
    """
    # The manual prints the answer to a select mode with the number of the select itself.
    known = {command, Command.SET_SELECT} if command is Command.SET_SELECT_MODE else {command}

    def accepts(frame: M100Frame) -> bool:
        if frame.type != FrameType.ANSWER:
            return False
        if frame.command == Command.ERROR:
            return not (rounds_may_end and _error_of(frame) == _NO_TAG)
        return frame.command in known

    return accepts


def _is_stopped(frame: M100Frame) -> bool:
    """Return whether a frame answers a stop; a module that has nothing to stop may call it a wrong command."""
    if frame.type != FrameType.ANSWER:
        return False
    return frame.command == Command.STOP or _error_of(frame) == _COMMAND_WRONG


def _error_of(frame: M100Frame) -> int | None:
    return frame.content[0] if frame.command == Command.ERROR and frame.content else None


class _EmptyRounds:
    """Tells when nobody is left to ask: after some rounds in a row without a tag."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, frame: M100Frame) -> bool:
        self._count = self._count + 1 if _error_of(frame) == _NO_TAG else 0
        return self._count >= _EMPTY_ROUNDS


def _never(frame: M100Frame) -> bool:  # noqa: ARG001 - the shape of `Listen.until`
    return False


class M100Speaker:
    """Implements `reader.serial.speaker.Speaker`."""

    def __init__(self, profile: Profile, heard: Heard) -> None:
        self._heard = heard
        self._profile = profile
        self._plan: M100Plan | None = None
        self._builds: tuple[Build, ...] = tuple(Build)  # rule 1
        self._model = self._firmware = ""
        self._target_b = False
        self._is_aimed = False  # at one tag: rule 5

    @property
    def _planned(self) -> M100Plan:
        assert self._plan is not None, "a module is tuned before it reads"
        return self._plan

    def greet(self) -> Acts[M100Frame, None]:
        """Stop whatever runs, find out which build it is, and read its texts."""
        with suppress(ReaderTimeoutError):  # one that has nothing to stop may not say so; the question behind it tells
            yield from self.pause()
        hardware = yield from self._asked({"command": Command.GET_MODULE, "selector": _HARDWARE})
        self._builds = (hardware.build,)
        software = yield from self._asked({"command": Command.GET_MODULE, "selector": _SOFTWARE})
        self._model = message_of(hardware).fields.get("text", "").strip()
        self._firmware = message_of(software).fields.get("text", "").strip()

    def tune(self, profile: Profile) -> Acts[M100Frame, Found]:
        """Put ``profile`` in force; power and query are read back."""
        plan = m100_plan(profile)
        is_expected = is_scale_of(profile, self._model)
        yield from self._asked({"command": Command.SET_REGION, "region": plan.region})
        yield from self._set_channels(plan)
        yield from self._set_power(plan)
        self._profile, self._plan = profile, plan
        self._target_b = False
        self._is_aimed = True  # whoever was here before may have aimed at anything
        yield from self._aim_at_all()
        yield from self._check_query(query_fields(plan))
        return Found(
            model=self._model or "M100 module",
            firmware=self._firmware,
            tx_powers_dbm={plan.antenna: plan.power_dbm},
            is_expected=is_expected,
        )

    def read(self) -> Acts[M100Frame, None]:
        """Run inventories one after the other, and look after the module when it falls silent (rule 3)."""
        yield from self._aim_at_all()
        while True:
            turns = self._planned.turns_target
            yield from self._confirm()
            yield from tell(
                self._encoded({"command": Command.INVENTORY_MANY, "fixed": _FIXED, "count": _ROUNDS}), transmits=True
            )
            end = yield from listen(_EmptyRounds() if turns else _never, _SILENCE_S)
            yield from self._stop_or_gone()
            if end is None:
                yield from self.tune(self._profile)
            else:
                self._target_b = not self._target_b
                yield from self._set_query(query_fields(self._planned, target_b=self._target_b))

    def pause(self) -> Acts[M100Frame, None]:
        """Stop the inventory; answered also by a module that runs none."""
        yield from ask(
            Ask("stop", self._encoded({"command": Command.STOP}), _is_stopped, deadline_s=_ANSWER_S, tries=2)
        )

    def access(self, target: TagTarget, operation: TagOperation) -> Acts[M100Frame, Accessed]:
        """Call the tag, and do what is asked; a tag that did not answer is called again."""
        plan = self._planned
        if target.antenna not in (None, plan.antenna):
            raise TagAccessError(
                AccessFault.NO_TAG, f"antenna {target.antenna} is not in use; the module has only {plan.antenna}"
            )
        requests = list(access_requests(operation))
        epc = yield from self._called(target.epc)
        words = ""
        for request in requests:
            words += (yield from self._accessed(request)).get("data", "")
        read = tuple(int(words[at : at + 4], 16) for at in range(0, len(words) - 3, 4))
        return Accessed(operation, epc, plan.antenna, read)

    def switch_output(self, port: int, *, is_on: bool) -> Acts[M100Frame, None]:
        """Make a pin an output and set its level; which pins are wired is the board's to say."""
        if port not in _PINS:
            raise ReaderRefusedError(f"output {port}", _COMMAND_WRONG, "an M100 module has the pins 1 to 4")
        for act, value in ((_PIN_DIRECTION, _PIN_OUT), (_PIN_LEVEL, int(is_on))):
            yield from self._asked({"command": Command.GPIO, "param_hex": bytes((act, port, value)).hex()})

    def take_unasked(self, frame: M100Frame, now_s: float) -> None:
        """Take a tag notice; an error that is no empty round is told."""
        if self._plan is None:
            return  # left before it was tuned: what it reads is for somebody else
        tag = tag_of(frame)
        if tag is not None:
            if not tag.tag_crc_valid:
                self._heard.notice(ReaderEventKind.MALFORMED, "a tag notice whose tag CRC is wrong")
                return
            read = TagRead(round(now_s * 1e6), tag.epc.hex().upper(), self._plan.antenna, float(tag.rssi_dbm))
            self._heard.reads.append(read)
            return
        code = _error_of(frame)
        if code is not None and code != _NO_TAG:
            self._heard.notice(ReaderEventKind.EXCEPTION, m100_status(code).words)

    def _encoded(self, fields: Fields) -> bytes:
        return b"".join(encode(fields, build) for build in self._builds)

    def _answered(self, fields: Fields) -> Acts[M100Frame, M100Frame]:
        """Return the answer to a request that changes nothing in a tag, or its refusal."""
        command = Command(fields["command"])
        accepts = _is_answer_to(command, rounds_may_end=True)
        name = command.name.lower().replace("_", " ")
        return (yield from ask(Ask(name, self._encoded(fields), accepts, deadline_s=_ANSWER_S, tries=2)))

    def _asked(self, fields: Fields) -> Acts[M100Frame, M100Frame]:
        """Return the answer.

        Raises:
            ReaderRefusedError: The module answered with an error.
        """
        frame = yield from self._answered(fields)
        code = _error_of(frame)
        if code is None and message_of(frame).fields.get("result"):
            code = frame.content[-1]
        if code is not None:
            name = Command(fields["command"]).name.lower().replace("_", " ")
            raise ReaderRefusedError(name, code, m100_status(code).words)
        return frame

    def _set_channels(self, plan: M100Plan) -> Acts[M100Frame, None]:
        if len(plan.channels) == 1:
            yield from self._asked({"command": Command.SET_AUTO_HOP, "auto_hop": _HOP_OFF})
            yield from self._asked({"command": Command.SET_CHANNEL, "channel_index": plan.channels[0]})
            return
        if plan.channels:
            count = len(plan.channels)
            yield from self._asked(
                {"command": Command.INSERT_CHANNELS, "count": count, "channels": list(plan.channels)}
            )
        yield from self._asked({"command": Command.SET_AUTO_HOP, "auto_hop": _HOP_ON})

    def _set_power(self, plan: M100Plan) -> Acts[M100Frame, None]:
        try:
            yield from self._asked({"command": Command.SET_POWER, "power_cdbm": plan.power_sent})
        except ReaderRefusedError as error:
            raise ProfileError(
                f"the module refuses power {plan.power_sent} ({plan.power_dbm:.2f} dBm); its model's power_table "
                "should say what it takes"
            ) from error
        held = yield from self._held(Command.GET_POWER, "power_cdbm")
        if held != plan.power_sent:
            raise ProfileError(
                f"power {plan.power_sent} ({plan.power_dbm:.2f} dBm) was set, but the module holds {held}"
            )

    def _confirm(self) -> Acts[M100Frame, None]:
        """Make sure that the module has not been reset since it was tuned (rule 7)."""
        plan = self._planned
        region = yield from self._held(Command.GET_REGION, "region")
        power = yield from self._held(Command.GET_POWER, "power_cdbm")
        if (region, power) != (plan.region, plan.power_sent):
            raise ReaderGoneError(
                f"the module was reset: it holds region {region} and power {power}, not {plan.region} and "
                f"{plan.power_sent}"
            )

    def _held(self, command: Command, name: str) -> Acts[M100Frame, int | None]:
        return message_of((yield from self._asked({"command": command}))).fields.get(name)

    def _set_query(self, fields: Fields) -> Acts[M100Frame, None]:
        yield from self._asked({"command": Command.SET_QUERY} | fields)

    def _check_query(self, wanted: Fields) -> Acts[M100Frame, None]:
        held = message_of((yield from self._asked({"command": Command.GET_QUERY}))).fields
        differing = [
            f"{name} {held.get(name)} instead of {value}" for name, value in wanted.items() if held.get(name) != value
        ]
        if differing:
            raise ProfileError(f"the module holds another query than it was given: {', '.join(differing)}")

    def _aim_at_all(self) -> Acts[M100Frame, None]:
        """Let every tag take part that the profile lets, unless that is how it is."""
        if not self._is_aimed:
            return
        plan = self._planned
        if plan.tag_filter is None:
            yield from self._asked({"command": Command.SET_SELECT_MODE, "select_mode": _NEVER_SELECT})
        else:
            yield from self._select(_mask_of(plan.tag_filter))
        yield from self._set_query(query_fields(plan, target_b=self._target_b))
        self._is_aimed = False

    def _called(self, epc: str | None) -> Acts[M100Frame, str]:
        """Let the tag of ``epc`` alone take part, or the first that answers where it is None; return its EPC."""
        yield from self._aim_at(None if epc is None else _mask_of_epc(epc))
        found = ""
        for _ in range(_ATTEMPTS):
            fields = yield from self._accessed(_PC_OF_TAG)
            found = str(fields.get("epc", "")).upper()
            if epc in (None, found):
                yield from self._aim_at(_mask_of_tag(fields["data"], found))
                return found
        raise TagAccessError(AccessFault.NO_TAG, f"the tag {found} answered instead of {epc}")

    def _aim_at(self, mask: Fields | None) -> Acts[M100Frame, None]:
        """Let tags that hold ``mask`` take part; where it is None, those that the filter lets."""
        plan = self._planned
        self._is_aimed = True
        # S0, because whatever the inventory did to the tag's flag of another session must not matter.
        alone = query_fields(plan) | {"session": 0, "target": 0}
        if mask is None:
            yield from self._set_query(alone)
            return
        yield from self._select(mask)
        yield from self._set_query(alone | {"sel": SelectionFlag.SELECTED, "q": 0})

    def _select(self, fields: Fields) -> Acts[M100Frame, None]:
        yield from self._asked({"command": Command.SET_SELECT} | fields)
        yield from self._asked({"command": Command.SET_SELECT_MODE, "select_mode": _ALWAYS_SELECT})

    def _accessed(self, request: Fields) -> Acts[M100Frame, Fields]:
        """Return what the module says of one request to a tag, tried again while no tag answers."""
        command = Command(request["command"])
        for attempts_left in reversed(range(_ATTEMPTS)):
            yield from self._confirm()
            sent = Ask(
                command.name.lower(),
                self._encoded(request),
                _is_answer_to(command),
                deadline_s=_ACCESS_S,
                transmits=True,
            )
            message = message_of((yield from ask(sent)))
            fields = message.fields
            code = fields.get("error", fields.get("result", 0))
            if message.error is not None:
                raise ReaderRefusedError(sent.name, 0, f"its answer cannot be read: {message.error}")
            if not code:
                if command is Command.READ and len(fields.get("data", "")) != 4 * request["words"]:
                    raise TagAccessError(AccessFault.READER, "the module did not tell all words that were asked for")
                return fields
            error = access_error(code, has_tag=bool(fields.get("pc")))
            if not (error.retry_helps and attempts_left):
                raise error
        raise AssertionError("the last attempt returns or raises")

    def _stop_or_gone(self) -> Acts[M100Frame, None]:
        try:
            yield from self.pause()
        except ReaderTimeoutError as error:
            raise ReaderGoneError("the module gives no sign of life") from error


def _mask_of_epc(epc: str) -> Fields:
    if not epc:
        return select_fields(Bank.EPC, _PC_BIT, b"\x00", _LENGTH_BITS)  # no bits would be every tag
    octets = bytes.fromhex(epc)
    return select_fields(Bank.EPC, _EPC_BIT, octets, min(len(octets) * 8, _MAX_MASK_BITS))


def _mask_of_tag(pc: str, epc: str) -> Fields:
    octets = bytes.fromhex(pc + epc)
    return select_fields(Bank.EPC, _PC_BIT, octets, min(len(octets) * 8, _MAX_MASK_BITS))


def _mask_of(tag_filter: TagFilter) -> Fields:
    return select_fields(tag_filter.bank, tag_filter.bit_address, bytes.fromhex(tag_filter.mask), tag_filter.bits)


def _question(profile: Profile) -> bytes:  # noqa: ARG001 - the module is asked the same whatever its profile says
    """Return what a module of either build answers, and the look-alike, so that it can be called by its name."""
    info = {"command": Command.GET_MODULE, "selector": _HARDWARE}
    return b"".join(encode(info, build) for build in Build) + red_rcp.QUESTION


def _recognises(frame: M100Frame) -> bool:
    if frame.type == FrameType.ANSWER:
        return frame.command in (Command.GET_MODULE, Command.ERROR)
    tag = tag_of(frame)
    return tag is not None and tag.tag_crc_valid


def _stranger(received: bytes) -> str | None:
    return "RED-RCP" if red_rcp.is_red_rcp(received) else None


M100: Final = SerialFamily(
    name="M100",
    rates=_RATES,
    question=_question,
    decoder=lambda _: M100Decoder(),
    recognises=_recognises,
    speaker=M100Speaker,
    stranger=_stranger,
)
