"""The A0 side of a serial conversation: Impinj R2000/E710 boards of Rodinbell, Invelion, YR and others.

1. Several boards may share a line: only frames of the board's own address count. An address of FF speaks to whichever
   is there, and hears every one.
2. There is no stop. An inventory runs its repeats and ends with an end frame; to go on is to ask again, to pause is
   not to. Repeats are few, so that an errand or a farewell never waits long.
3. Ports are visited in turn, one inventory each. One whose antenna is missing (22) is told once, left out, and looked
   at again twice a second; the others go on.
4. Where both targets are wanted they are taken in turn, port by port: what one round left over, the round after the
   next one asks again.
5. Settings that live in the board's flash (region, detector, RF profile) are read first and written only when they
   differ. Power is set for the time being, and read back.
6. No end frame in time: it was damaged on its way, or the board was reset, or it is gone. It is asked who it is.
7. An access goes to every tag before the antenna, so the tag is matched by its EPC first; where any tag will do, the
   first one that an inventory hears is matched. It would still be done to two tags of one EPC. So before anything is
   changed the PC word is read, which harms nobody and tells how many answer.
8. A reset forgets power and match, and nothing tells of it: the power is read back before each inventory and each
   access, and the tag is matched anew for each operation.

Sources: Rodinbell UHF RFID reader serial interface protocol; logs of real boards (facts measured 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable
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
from reader.profile import Profile
from reader.serial.acts import Acts, Ask, ask, listen, rest, tell
from reader.serial.layout import Fields
from reader.serial.message import Message
from reader.serial.r2000 import BROADCAST, Command, R2000Decoder, R2000Frame, TagNotice, encode, message_of, tag_of
from reader.serial.r2000_access import access_error, access_requests
from reader.serial.r2000_plan import Carriers, R2000Plan, RoundKind, r2000_plan
from reader.serial.speaker import Heard, SerialFamily
from reader.serial.status import Meaning, r2000_status

__all__ = ["R2000", "R2000Speaker"]

_RATES: Final = (115_200, 38_400)
_ANTENNA_MISSING: Final = 0x22
_RSSI_OFFSET: Final = 129  # some tables say 130: dBm are right to 1 dB
_REPEATS: Final = 4  # where the same tags answer again and again
_PORT_BYTES: Final = 4
_MATCH_NONE: Final = 1
_MATCH: Final = 0
_DETECTOR_DB: Final = 3  # return loss that an antenna has at least; a bare plug has less
_OUTPUT_PINS: Final = {1: 3, 2: 4}  # the board calls its outputs GPIO3 and GPIO4
_UNSET_IDENTIFIERS: Final = ("00" * 12, "ff" * 12)

_ANSWER_S: Final = 1.0  # in milliseconds usually, more where flash is written; and asked twice
_ROUND_S: Final = 0.6  # the longest silence inside an inventory: an empty round takes a tenth of it
_LIFE_S: Final = 0.8
_ACCESS_S: Final = 2.0  # writing 32 words, tried several times by the board itself
_ROWS_S: Final = 0.2
_ATTEMPTS: Final = 3  # a tag that is touched or moved is often there the next moment
_TEMPERATURE_EVERY_S: Final = 30.0
_GONE_AGAIN_S: Final = 0.5  # how often a missing antenna is looked at
_LOOK: Final = ReadWords(Bank.EPC, 1, 1)
(_PC_OF_TAG,) = access_requests(_LOOK)
_AFTER_ERROR_S: Final = 0.2  # a board that refuses at once must not be asked a thousand times a second


class R2000Speaker:
    """Implements `reader.serial.speaker.Speaker`."""

    def __init__(self, profile: Profile, heard: Heard) -> None:
        self._heard = heard
        self._address = profile.model.bus_address
        self._plan: R2000Plan | None = None
        self._carriers: Carriers | None = None
        self._model = self._firmware = ""
        self._powers_sent: tuple[int, ...] = ()  # by port, as read back
        self._working_port: int | None = None  # None: not known
        self._targets_b: set[int] = set()  # ports whose next round asks the tags of flag B
        self._under_way: Command | None = None  # the inventory whose end has not been heard
        self._missing: dict[int, float] = {}  # ports without antenna, and when they are looked at again
        self._last_error = 0
        self._temperature_due_s = 0.0
        self._first_heard: TagNotice | None = None
        self._accessed_port: int | None = None

    @property
    def _planned(self) -> R2000Plan:
        assert self._plan is not None, "a board is tuned before it reads"
        return self._plan

    def greet(self) -> Acts[R2000Frame, None]:
        """Wait until it does nothing for anybody else, and ask who it is."""
        version = yield from self._version(_ANSWER_S)
        fields = message_of(version).fields
        self._firmware = f"{fields['major']}.{fields['minor']}" if "major" in fields else ""
        said = message_of((yield from self._answered({"command": Command.GET_IDENTIFIER}))).fields
        identifier = said.get("identifier", _UNSET_IDENTIFIERS[0])
        self._model = "A0 board" if identifier in _UNSET_IDENTIFIERS else f"A0 board {identifier}"

    def tune(self, profile: Profile) -> Acts[R2000Frame, Found]:
        """Put ``profile`` in force; carriers and powers are read back."""
        plan = r2000_plan(profile)
        self._working_port = None
        carriers = yield from self._set_carriers(plan)
        powers_sent = yield from self._set_power(plan)
        yield from self._set_detector()
        if plan.rf_profile is not None:
            yield from self._set_rf_profile(plan.rf_profile)
        self._plan, self._carriers, self._powers_sent = plan, carriers, powers_sent
        self._targets_b.clear()
        self._missing = {port: at_s for port, at_s in self._missing.items() if port in plan.ports}
        dbm_of = {plan.sent_dbm[port - 1]: dbm for port, dbm in plan.powers_dbm.items()}
        return Found(
            model=self._model,
            firmware=self._firmware,
            tx_powers_dbm={port: dbm_of[powers_sent[port - 1]] for port in plan.ports},
        )

    def read(self) -> Acts[R2000Frame, None]:
        """Visit the ports in turn, for ever."""
        yield from self.pause()
        yield from self._match(None)
        while True:
            ports = self._ports_due()
            for port in ports:
                yield from self._visit(port)
            if not ports:
                yield from rest(_AFTER_ERROR_S)
            if self._heard.now_s >= self._temperature_due_s:
                yield from self._take_temperature()

    def pause(self) -> Acts[R2000Frame, None]:
        """Wait for the end of the inventory that is under way (rule 2)."""
        command, self._under_way = self._under_way, None
        if command is None:
            return
        end = self._is_end_of(command)
        yield from listen(end, _ROUND_S)

    def access(self, target: TagTarget, operation: TagOperation) -> Acts[R2000Frame, Accessed]:
        """Look for the tag on each port that is in question, and do what is asked where it is."""
        plan = self._planned
        if target.antenna not in (None, *plan.ports):
            raise TagAccessError(AccessFault.NO_TAG, f"antenna {target.antenna} is not in use")
        if target.epc == "":
            raise TagAccessError(AccessFault.UNSUPPORTED, "an A0 board cannot match a tag that has no EPC")
        requests = list(access_requests(operation))
        ports = [target.antenna] if target.antenna is not None else list(plan.ports)
        ports.sort(key=lambda port: port != self._accessed_port)  # where the operation before found it
        error = TagAccessError(AccessFault.NO_TAG, "no antenna is connected")
        for port in ports:
            if not (yield from self._work_on(port)):
                continue
            try:
                accessed = yield from self._accessed(port, target.epc, operation, requests)
            except TagAccessError as failure:
                if failure.fault is not AccessFault.NO_TAG:
                    raise
                error = failure
            else:
                self._accessed_port = port
                return accessed
        raise error

    def switch_output(self, port: int, *, is_on: bool) -> Acts[R2000Frame, None]:
        """Switch GPIO3 (output 1) or GPIO4 (output 2)."""
        if port not in _OUTPUT_PINS:
            raise ReaderRefusedError(f"output {port}", 0x41, "an A0 board has the outputs 1 and 2")
        yield from self._asked({"command": Command.SET_GPIO, "pin": _OUTPUT_PINS[port], "level": int(is_on)})

    def take_unasked(self, frame: R2000Frame, now_s: float) -> None:
        """Take a tag frame of this board."""
        if not self._is_mine(frame):
            return
        tag = tag_of(frame)
        if tag is None:
            return  # a late answer
        if not tag.is_whole:
            self._heard.notice(ReaderEventKind.MALFORMED, "a tag frame whose EPC is not as long as its PC says")
            return
        self._first_heard = self._first_heard or tag
        channel_mhz = None if self._carriers is None else self._carriers.mhz(tag.freq_index)
        rssi_dbm = float(tag.rssi_raw - _RSSI_OFFSET)
        epc = tag.epc.hex().upper()
        self._heard.reads.append(TagRead(round(now_s * 1e6), epc, tag.antenna, rssi_dbm, None, channel_mhz))

    def _is_mine(self, frame: R2000Frame) -> bool:
        return self._address == BROADCAST or frame.address == self._address

    def _is_answer_to(self, command: Command) -> Callable[[R2000Frame], bool]:
        return lambda frame: frame.command == command and self._is_mine(frame)

    def _is_end_of(self, command: Command) -> Callable[[R2000Frame], bool]:
        return lambda frame: frame.command == command and self._is_mine(frame) and tag_of(frame) is None

    def _encoded(self, fields: Fields) -> bytes:
        return encode({"address": self._address} | fields)

    def _answered(self, fields: Fields) -> Acts[R2000Frame, R2000Frame]:
        """Return the answer to a request that changes nothing in a tag, or its refusal."""
        command = Command(fields["command"])
        return (
            yield from ask(
                Ask(_name(command), self._encoded(fields), self._is_answer_to(command), deadline_s=_ANSWER_S, tries=2)
            )
        )

    def _asked(self, fields: Fields) -> Acts[R2000Frame, Message]:
        """Return the answer.

        Raises:
            ReaderRefusedError: The board answered with an error.
        """
        message = message_of((yield from self._answered(fields)))
        code = message.fields.get("error")
        if code is not None:
            raise ReaderRefusedError(_name(Command(fields["command"])), code, r2000_status(code).words)
        return message

    def _version(self, deadline_s: float) -> Acts[R2000Frame, R2000Frame]:
        # Patient: an inventory that still runs ends first.
        question = Ask(
            "version",
            self._encoded({"command": Command.GET_VERSION}),
            self._is_answer_to(Command.GET_VERSION),
            deadline_s=deadline_s,
            tries=2,
            is_patient=True,
        )
        return (yield from ask(question))

    def _set_carriers(self, plan: R2000Plan) -> Acts[R2000Frame, Carriers]:
        """Return the best table of the plan that the board takes; what it holds is not written again."""
        held = (yield from self._asked({"command": Command.GET_REGION})).fields
        refusal: ReaderRefusedError | None = None
        for carriers in plan.carriers:
            if carriers.fields.items() <= held.items():
                return carriers
            try:
                yield from self._asked({"command": Command.SET_REGION} | carriers.fields)
            except ReaderRefusedError as error:
                refusal = error
                continue
            held = (yield from self._asked({"command": Command.GET_REGION})).fields
            if not carriers.fields.items() <= held.items():
                raise ProfileError(f"the region {carriers.fields} was set, but the board holds {held}")
            return carriers
        assert refusal is not None, "a plan has at least one table of carriers"
        raise refusal

    def _set_power(self, plan: R2000Plan) -> Acts[R2000Frame, tuple[int, ...]]:
        """Return what was set, by port: each its own where the board takes that, else the least for all."""
        ports = len(plan.sent_dbm)
        least = min(plan.sent_dbm)
        wanted = plan.sent_dbm
        if len(set(wanted)) > 1:
            padded = (*wanted, *(least,) * (_PORT_BYTES - ports))
            frame = yield from self._answered({"command": Command.SET_TEMPORARY_POWER, "power_dbm": list(padded)})
            if "error" in message_of(frame).fields:
                wanted = (least,) * ports
        if len(set(wanted)) == 1:
            yield from self._asked({"command": Command.SET_TEMPORARY_POWER, "power_dbm": [least]})
        yield from self._check_power(wanted)
        return wanted

    def _check_power(self, wanted: tuple[int, ...]) -> Acts[R2000Frame, None]:
        held = yield from self._power_held(len(wanted))
        if held != wanted:
            raise ProfileError(f"powers {list(wanted)} dBm were set, but the board holds {list(held)} dBm")

    def _confirm(self) -> Acts[R2000Frame, None]:
        """Make sure that the board has not been reset since it was tuned (rule 8)."""
        held = yield from self._power_held(len(self._powers_sent))
        if held != self._powers_sent:
            raise ReaderGoneError(
                f"the board was reset: it holds powers {list(held)} dBm, not {list(self._powers_sent)} dBm"
            )

    def _power_held(self, ports: int) -> Acts[R2000Frame, tuple[int, ...]]:
        held: list[int] = (yield from self._asked({"command": Command.GET_POWER})).fields.get("power_dbm", [])
        return tuple(held * ports if len(held) == 1 else held[:ports])  # one byte: all ports are equal

    def _set_detector(self) -> Acts[R2000Frame, None]:
        """Let the board look whether antennas are there, unless it does, or cannot."""
        held = message_of((yield from self._answered({"command": Command.GET_ANTENNA_DETECTOR}))).fields
        if held.get("return_loss_db") == 0:
            yield from self._answered({"command": Command.SET_ANTENNA_DETECTOR, "return_loss_db": _DETECTOR_DB})

    def _set_rf_profile(self, rf_profile: int) -> Acts[R2000Frame, None]:
        held = (yield from self._asked({"command": Command.GET_RF_PROFILE})).fields
        if held.get("rf_profile") != rf_profile:
            yield from self._asked({"command": Command.SET_RF_PROFILE, "rf_profile": rf_profile})

    def _match(self, epc: str | None) -> Acts[R2000Frame, None]:
        """Let accesses go to the tag of ``epc`` alone, or to all where it is None."""
        which: Fields = {"mode": _MATCH_NONE}
        if epc is not None:
            which = {"mode": _MATCH, "epc_len": len(epc) // 2, "epc": epc.lower()}
        yield from self._asked({"command": Command.SET_EPC_MATCH} | which)

    def _ports_due(self) -> list[int]:
        now_s = self._heard.now_s
        return [port for port in self._planned.ports if self._missing.get(port, now_s) <= now_s]

    def _visit(self, port: int) -> Acts[R2000Frame, None]:
        """Do one inventory on one port."""
        if not (yield from self._work_on(port)):
            return
        kind = self._planned.rounds[port]
        try:
            end = yield from self._inventory(self._round_of(port, kind))
        except ReaderTimeoutError:
            yield from self._look_after()
            return
        if kind.turns_target:
            self._targets_b ^= {port}
        yield from self._take_end(port, message_of(end).fields.get("error", 0))

    def _round_of(self, port: int, kind: RoundKind) -> Fields:
        if kind.session is None:
            return {"command": Command.REAL_TIME_INVENTORY, "repeat": _REPEATS}
        target = int(port in self._targets_b)
        repeat = 1 if kind.turns_target else _REPEATS  # a second round would find nobody at this target
        return {"command": Command.SESSION_INVENTORY, "session": kind.session, "target": target, "repeat": repeat}

    def _inventory(self, fields: Fields) -> Acts[R2000Frame, R2000Frame]:
        """Run an inventory and return the frame that ends it; tags go their way meanwhile."""
        command = Command(fields["command"])
        yield from self._confirm()
        yield from tell(
            self._encoded(fields), transmits=True
        )  # an errand may take over here; from now on the inventory runs
        self._under_way = command
        end = yield from ask(Ask("inventory", b"", self._is_end_of(command), deadline_s=_ROUND_S, is_patient=True))
        self._under_way = None
        return end

    def _take_end(self, port: int, error: int) -> Acts[R2000Frame, None]:
        if error == _ANTENNA_MISSING:
            self._miss(port)
            return
        if self._missing.pop(port, None) is not None:
            self._heard.notice(ReaderEventKind.ANTENNA_BACK, f"antenna {port}", port)
        if r2000_status(error).meaning is Meaning.NO_TAG:
            error = 0
        if error != self._last_error:
            self._last_error = error
            self._temperature_due_s = self._heard.now_s  # heat is why a carrier does not turn on, as a rule
            if error:
                self._heard.notice(ReaderEventKind.EXCEPTION, r2000_status(error).words)
        if error:
            yield from rest(_AFTER_ERROR_S)

    def _miss(self, port: int) -> None:
        if port not in self._missing:
            self._heard.notice(ReaderEventKind.ANTENNA_GONE, f"antenna {port}", port)
        self._missing[port] = self._heard.now_s + _GONE_AGAIN_S

    def _work_on(self, port: int) -> Acts[R2000Frame, bool]:
        """Make ``port`` the one that is in use; return whether it can be."""
        if self._working_port == port:
            return True
        self._working_port = None
        try:
            yield from self._asked({"command": Command.SET_WORKING_ANTENNA, "antenna": port})
        except ReaderRefusedError as error:
            if error.status != _ANTENNA_MISSING:
                raise
            self._miss(port)
            return False
        self._working_port = port
        return True

    def _look_after(self) -> Acts[R2000Frame, None]:
        """See what became of a board that did not end its inventory (rule 6)."""
        try:
            yield from self._version(_LIFE_S)
        except ReaderTimeoutError as error:
            raise ReaderGoneError("the board gives no sign of life") from error
        self._under_way = self._working_port = None

    def _take_temperature(self) -> Acts[R2000Frame, None]:
        self._temperature_due_s = self._heard.now_s + _TEMPERATURE_EVERY_S
        said = message_of((yield from self._answered({"command": Command.GET_TEMPERATURE}))).fields
        if "temperature_c" in said:
            self._heard.temperature_c = float(said["temperature_c"])

    def _accessed(
        self, port: int, epc: str | None, operation: TagOperation, requests: list[Fields]
    ) -> Acts[R2000Frame, Accessed]:
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                matched = epc if epc is not None else (yield from self._first_epc())
                yield from self._match(matched)
                if not isinstance(operation, ReadWords):
                    yield from self._look(matched)
                words = ""
                for request in requests:
                    words += yield from self._done(request, operation, matched)
            except TagAccessError as error:
                if not (error.retry_helps and attempts_left):
                    raise
            else:
                read = tuple(int(words[at : at + 4], 16) for at in range(0, len(words) - 3, 4))
                return Accessed(operation, matched, port, read)
        raise AssertionError("the last attempt returns or raises")

    def _first_epc(self) -> Acts[R2000Frame, str]:
        """Return the EPC of whichever tag answers first."""
        self._take_first_heard()
        yield from self._inventory({"command": Command.REAL_TIME_INVENTORY, "repeat": 1})
        first = self._take_first_heard()
        if first is None:
            raise TagAccessError(AccessFault.NO_TAG, "no tag")
        return first.epc.hex().upper()

    def _take_first_heard(self) -> TagNotice | None:
        taken, self._first_heard = self._first_heard, None
        return taken

    def _look(self, epc: str) -> Acts[R2000Frame, None]:
        """Make sure that the tag of ``epc`` answers, and nobody else (rule 7)."""
        rows = yield from self._rows(_PC_OF_TAG, _LOOK)
        if max(len(rows), *(row.get("tag_count", 1) for row in rows)) > 1:
            raise _twins()
        if rows[0].get("epc", "").upper() != epc:
            raise TagAccessError(AccessFault.NO_TAG, f"another tag answered instead of {epc}")

    def _done(self, request: Fields, operation: TagOperation, epc: str) -> Acts[R2000Frame, str]:
        """Do one request on the tag that is matched; return what was read, as hex."""
        rows = yield from self._rows(request, operation)
        if not isinstance(operation, ReadWords):
            return ""
        read = [str(row.get("data", "")) for row in rows if row.get("epc", "").upper() == epc]
        if not read:
            raise TagAccessError(AccessFault.NO_TAG, f"another tag answered instead of {epc}")
        if len(read) > 1:
            raise _twins()
        if len(read[0]) != 4 * request["words"]:
            raise TagAccessError(AccessFault.READER, "the board did not tell all words that were asked for")
        return read[0]

    def _rows(self, request: Fields, operation: TagOperation) -> Acts[R2000Frame, list[Fields]]:
        """Do one request on the tags that are matched; return what is told of each."""
        command = Command(request["command"])
        is_row = self._is_answer_to(command)
        yield from self._confirm()
        sent = Ask(_name(command), self._encoded(request), is_row, deadline_s=_ACCESS_S, transmits=True)
        answers = [(yield from ask(sent))]
        for _ in range(message_of(answers[0]).fields.get("tag_count", 1) - 1):
            row = yield from listen(is_row, _ROWS_S)
            if row is not None:
                answers.append(row)
        messages = [message_of(answer) for answer in answers]
        for message in messages:
            if message.error is not None:
                raise TagAccessError(AccessFault.READER, f"the board's answer cannot be read: {message.error}")
            if "error" in message.fields:
                raise access_error(message.fields["error"], operation)
        return [message.fields for message in messages]


def _twins() -> TagAccessError:
    error = TagAccessError(AccessFault.TAG, "two tags answer by this EPC: take one away")
    error.retry_helps = False  # neither goes by itself
    return error


def _name(command: Command) -> str:
    return command.name.lower().replace("_", " ")


def _question(profile: Profile) -> bytes:
    return encode({"address": profile.model.bus_address, "command": Command.GET_VERSION})


def _recognises(frame: R2000Frame) -> bool:
    """Return whether the frame can only be an A0 board's: one byte of sum is right by chance once in 256."""
    tag = tag_of(frame)
    if tag is not None:
        return tag.is_whole
    return frame.command == Command.GET_VERSION and message_of(frame).error is None


R2000: Final = SerialFamily(
    name="A0 (R2000)",
    rates=_RATES,
    question=_question,
    decoder=lambda _: R2000Decoder(),
    recognises=_recognises,
    speaker=R2000Speaker,
)
