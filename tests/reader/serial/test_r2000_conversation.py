"""What is said to an A0 board, byte by byte, and what is made of its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import (
    AccessFault,
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
    epc_written,
)
from reader.conversation import AccessErrand, OutputErrand, RetuneErrand
from reader.errors import ProfileError, ReaderGoneError, ReaderRefusedError, ReaderTimeoutError, TagAccessError
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile, TagFilter, load_profile
from reader.serial.r2000 import R2000Decoder, R2000Frame
from reader.serial.r2000_conversation import R2000
from tests.reader.serial.lines import gen2_crc, pc_of, r2000, vector
from tests.reader.serial.talks import Talk

TWO_PORTS = replace(load_profile("r2000-pad-eu"), antennas=(1, 2))
PROFILE = replace(TWO_PORTS, antennas=(1,))
EPC = bytes.fromhex("30396062c3950d400011b897")
TARGET = TagTarget(EPC.hex().upper())
FOUR_CHANNELS = b"\x04\x3c\x04" + (865_700).to_bytes(3, "big")
MISSING = b"\x22"


def notice(epc: bytes = EPC, port: int = 1, index: int = 2, rssi: int = 69, command: int = 0x8B) -> bytes:
    return r2000(command, bytes((index << 2 | port - 1,)) + pc_of(epc) + epc + bytes((rssi,)))


def end(command: int = 0x8B, total: int = 0) -> bytes:
    return r2000(command, b"\x00\x00\x20" + total.to_bytes(4, "big"))


def row(command: int, behind: bytes, epc: bytes = EPC, read: bytes = b"", count: int = 1) -> bytes:
    tag = pc_of(epc) + epc
    tag += gen2_crc(tag) + read
    return r2000(command, count.to_bytes(2, "big") + bytes((len(tag),)) + tag + behind + b"\x08\x01")


def read_row(words: bytes, epc: bytes = EPC, count: int = 1) -> bytes:
    return row(0x81, bytes((len(words),)), epc, words, count)


def always(*frames: bytes) -> Callable[[bytes], Sequence[bytes]]:
    return lambda _: frames


class Board:
    """Keeps region, power and port; ``says`` replaces the answer to a command. Inventories end when a test says."""

    def __init__(self) -> None:
        self.region = b"\x02\x00\x06"
        self.power = b"\x1e"
        self.detector = b"\x00"
        self.address = 1
        self.says: dict[int, Callable[[bytes], Sequence[bytes]]] = {}

    def answer(self, request: Any) -> Sequence[bytes]:
        frame: R2000Frame = request
        command, content = frame.command or 0, frame.content
        if frame.address not in (self.address, 0xFF):
            return ()
        if command in self.says:
            return self.says[command](content)
        told = {0x72: b"\x01\x09", 0x79: self.region, 0x77: self.power, 0x63: self.detector, 0x7B: b"\x01\x20"}
        told |= {0x68: b"TAGTILL-0001", 0x6A: b"\xd1"}
        if command in told:
            return (self.said(command, told[command]),)
        match command:
            case 0x78:
                self.region = content
            case 0x66:
                self.power = content if len(set(content)) > 1 else content[:1]
            case 0x62:
                self.detector = content
            case 0x89 | 0x8B:
                return ()
            case 0x81 | 0x82 | 0x83 | 0x84:
                return (self.said(command, b"\x36"),)
        return (self.said(command, b"\x10"),)

    def said(self, command: int, content: bytes) -> bytes:
        return r2000(command, content, self.address)

    def talk(self, profile: Profile = PROFILE) -> Talk:
        return Talk(R2000, profile, lambda sent: R2000Decoder().feed(sent), self.answer)


def reading(board: Board, profile: Profile = PROFILE) -> Talk:
    """Return a talk in which the first inventory has just ended, and the second runs."""
    talk = board.talk(profile)
    talk.hear(end())
    assert talk.said.is_reading
    talk.take_asked()
    return talk


# --- the beginning ----------------------------------------------------------------------------------------------------


def test_it_is_asked_tuned_and_started_in_this_order() -> None:
    asked = Board().talk().take_asked()

    assert asked == [
        vector("r2000.fw_req").hex(),
        vector("r2000.ident_req").hex(),
        r2000(0x79).hex(),
        r2000(0x78, FOUR_CHANNELS).hex(),
        r2000(0x79).hex(),
        r2000(0x66, b"\x14").hex(),  # for the time being: 76 would wear out the flash
        vector("r2000.getpow_new").hex(),
        r2000(0x63).hex(),
        r2000(0x62, b"\x03").hex(),
        r2000(0x85, b"\x01").hex(),
        vector("r2000.ant1_req").hex(),
        vector("r2000.s1_req").hex(),
    ]


def test_what_lives_in_flash_is_written_only_where_it_differs() -> None:
    board = Board()
    board.region, board.detector = FOUR_CHANNELS, b"\x05"

    assert not {0x76, 0x78, 0x62, 0x69} & set(board.talk(replace(PROFILE, mode=1)).take_commands())


def test_what_was_found_is_told() -> None:
    found = reading(Board(), TWO_PORTS).said.found

    assert found is not None
    assert found.model == "A0 board " + b"TAGTILL-0001".hex()
    assert (found.firmware, found.tx_powers_dbm) == ("1.9", {1: 20.0, 2: 20.0})


def test_a_board_without_a_table_of_ours_stays_on_the_one_channel_that_is_in_both() -> None:
    board = Board()

    def set_region(content: bytes) -> Sequence[bytes]:
        if content[0] == 4:
            return (board.said(0x78, b"\x49"),)
        board.region = content
        return (board.said(0x78, b"\x10"),)

    board.says[0x78] = set_region
    talk = reading(board)
    talk.hear(notice(index=5))

    assert board.region == b"\x02\x05\x05"
    assert talk.said.take_reads()[0].channel_mhz == 867.5


def test_america_leaves_out_the_channels_on_the_edges() -> None:
    board = Board()
    board.talk(load_profile("r2000-pad-us"))

    assert board.region == b"\x01\x08\x3a"  # 902.5 to 927.5 MHz


@pytest.mark.parametrize(
    ("carriers", "region"),
    [
        ((866.3,), b"\x04\x01\x01" + (866_300).to_bytes(3, "big")),
        ((867.5,), b"\x02\x05\x05"),
        ((865.7, 866.9), b"\x04\x78\x02" + (865_700).to_bytes(3, "big")),
    ],
)
def test_fixed_carriers(carriers: tuple[float, ...], region: bytes) -> None:
    board = Board()
    board.talk(replace(PROFILE, fixed_channels_mhz=carriers))

    assert board.region == region


def test_a_region_that_is_not_held_is_no_start() -> None:
    board = Board()
    board.says[0x78] = lambda _: (board.said(0x78, b"\x10"),)

    with pytest.raises(ProfileError, match="was set, but the board holds"):
        board.talk()


@pytest.mark.parametrize("held", [b"\x1e", b"\x14\x14\x15\x14"])
def test_a_power_that_is_not_held_is_no_start(held: bytes) -> None:
    board = Board()
    board.says[0x77] = lambda _: (board.said(0x77, held),)

    with pytest.raises(ProfileError, match="were set, but the board holds"):
        board.talk()


DIFFERENT = replace(TWO_PORTS, overrides={2: {"tx_power_dbm": 23.9}})


def test_each_port_has_its_own_power_where_the_board_takes_that() -> None:
    board = Board()
    talk = reading(board, DIFFERENT)

    assert board.power == b"\x14\x17\x14\x14"  # what is not in use has the least
    assert talk.said.found is not None
    assert talk.said.found.tx_powers_dbm == {1: 20.0, 2: 23.0}


def test_where_it_does_not_all_have_the_least() -> None:
    board = Board()

    def set_power(content: bytes) -> Sequence[bytes]:
        if len(content) > 1:
            return (board.said(0x66, b"\x41"),)
        board.power = content
        return (board.said(0x66, b"\x10"),)

    board.says[0x66] = set_power
    talk = reading(board, DIFFERENT)

    assert board.power == b"\x14"
    assert talk.said.found is not None
    assert talk.said.found.tx_powers_dbm == {1: 20.0, 2: 20.0}


def test_an_inventory_that_runs_for_somebody_else_is_waited_for() -> None:
    board = Board()
    board.says[0x72] = lambda _: ()
    talk = board.talk()
    for _ in range(6):
        talk.wait(0.5)
        talk.hear(notice(command=0x89))

    board.says.clear()
    talk.hear(board.said(0x72, b"\x01\x09"), end())

    assert talk.said.is_reading
    assert talk.said.take_reads() == []


def test_silence_from_the_start_ends_in_a_timeout() -> None:
    talk = Board().talk(replace(PROFILE, model=replace(PROFILE.model, bus_address=7)))

    with pytest.raises(ReaderTimeoutError, match="version"):
        talk.wait(10.0)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_tag_frame_is_a_read() -> None:
    talk = reading(Board())

    talk.hear(notice(port=3))

    # 69 - 129 dBm; index 2 of the four channels
    assert talk.said.take_reads() == [TagRead(100_000_000, EPC.hex().upper(), 3, -60.0, None, 866.9)]


def test_frames_of_another_address_are_not_ours() -> None:
    talk = reading(Board())
    stranger = bytearray(notice())
    stranger[2], stranger[-1] = 9, stranger[-1] - 8

    talk.hear(bytes(stranger), r2000(0x8B, b"\x00\x00\x00\x00\x00\x00\x00", 9))

    assert talk.said.take_reads() == []
    assert talk.take_asked() == []


def test_the_address_of_all_hears_whoever_is_there() -> None:
    board = Board()
    board.address = 9
    talk = board.talk(replace(PROFILE, model=replace(PROFILE.model, bus_address=0xFF)))

    talk.hear(board.said(0x8B, b"\x00\x00\x00\x00\x00\x00\x00"))

    assert talk.said.is_reading
    assert talk.take_asked()[0].startswith("a003ff72")


def test_targets_are_taken_in_turn_and_asked_once_each() -> None:
    talk = reading(Board())

    talk.hear(end(), end(), end())

    session_1 = [r2000(0x8B, bytes((1, target, 1))).hex() for target in (0, 1, 0)]
    assert [frame for frame in talk.take_asked() if frame[6:8] == "8b"] == session_1


@pytest.mark.parametrize(
    ("change", "request_"),
    [
        ({"session": 0}, r2000(0x8B, b"\x00\x00\x04")),
        ({"session": 2, "target": "single"}, r2000(0x8B, b"\x02\x00\x04")),
        ({"target": "reader"}, r2000(0x89, b"\x04")),
    ],
)
def test_other_rounds(change: dict[str, Any], request_: bytes) -> None:
    assert Board().talk(replace(PROFILE, **change)).take_asked()[-1] == request_.hex()


def test_ports_are_visited_in_turn_each_with_its_own_target() -> None:
    talk = Board().talk(TWO_PORTS)
    talk.take_asked()

    talk.hear(end(), end(), end(), end())

    chosen = [r2000(0x74, bytes((port,))).hex() for port in (0, 1)]
    to_a, to_b = (r2000(0x8B, bytes((1, target, 1))).hex() for target in (0, 1))
    asked = [frame for frame in talk.take_asked() if frame[6:8] in ("74", "8b")]
    assert asked == [chosen[1], to_a, chosen[0], to_b, chosen[1], to_b, chosen[0], to_a]


def test_a_missing_antenna_is_told_once_and_the_others_go_on() -> None:
    talk = reading(Board(), TWO_PORTS)

    talk.hear(r2000(0x8B, MISSING), end(), end(), end())

    noticed = talk.said.take_noticed()
    assert [(one.kind, one.antenna) for one in noticed] == [(ReaderEventKind.ANTENNA_GONE, 2)]
    assert r2000(0x74, b"\x01").hex() not in talk.take_asked()[1:]

    talk.wait(0.55)
    talk.hear(end(), end(), r2000(0x8B, MISSING))
    assert talk.said.take_noticed() == []  # looked at again, and said already

    talk.wait(0.55)
    talk.hear(end(), end(), end())
    assert [(one.kind, one.antenna) for one in talk.said.take_noticed()] == [(ReaderEventKind.ANTENNA_BACK, 2)]


def test_a_port_that_cannot_be_chosen_is_missing_too() -> None:
    board = Board()
    board.says[0x74] = lambda content: (board.said(0x74, MISSING if content == b"\x01" else b"\x10"),)
    talk = reading(board, TWO_PORTS)

    talk.hear(end(), end())

    assert [one.antenna for one in talk.said.take_noticed()] == [2]


def test_with_no_antenna_at_all_it_is_not_asked_a_thousand_times() -> None:
    board = Board()
    talk = reading(board)
    board.says[0x8B] = lambda _: (r2000(0x8B, MISSING),)
    talk.hear(end())

    talk.wait(2.0)

    assert len(talk.take_commands()) < 20
    board.says.clear()
    talk.wait(0.6)
    talk.hear(notice())
    assert len(talk.said.take_reads()) == 1


def test_the_same_error_is_told_once_and_asked_for_no_thousand_times() -> None:
    board = Board()
    talk = reading(board)
    board.says[0x8B] = lambda _: (r2000(0x8B, b"\x52"),)
    talk.hear(end())

    talk.wait(1.0)

    assert ["PLL" in one.detail for one in talk.said.take_noticed()] == [True]
    assert len(talk.take_commands()) < 10


def test_the_error_that_means_no_tag_is_none() -> None:
    talk = reading(Board())

    talk.hear(r2000(0x8B, b"\x36"))

    assert talk.said.take_noticed() == []
    assert talk.take_commands()[-1] == 0x8B


def test_the_end_frame_that_a_manual_prints_is_broken_and_ends_nothing() -> None:
    talk = reading(Board())

    talk.hear(vector("r2000.rti_end_ind_printed"), notice())

    assert [one.kind for one in talk.said.take_noticed()] == [ReaderEventKind.MALFORMED]
    assert len(talk.said.take_reads()) == 1


def test_a_tag_frame_whose_epc_is_not_as_long_as_its_pc_says_is_malformed() -> None:
    talk = reading(Board())

    talk.hear(r2000(0x8B, b"\x08\x30\x00\x12\x34\x45"))

    assert talk.said.take_reads() == []
    assert [one.kind for one in talk.said.take_noticed()] == [ReaderEventKind.MALFORMED]


@given(st.binary(max_size=200), st.integers(1, 40))
def test_no_bytes_whatever_cost_more_than_themselves(noise: bytes, step: int) -> None:
    talk = reading(Board())
    for at in range(0, len(noise), step):
        talk.hear(noise[at : at + step])
    talk.said.take_reads()

    talk.hear(notice())
    talk.wait(0.7)  # a header among the noise may have claimed what follows; a quiet line gives it back

    assert EPC.hex().upper() in [read.epc for read in talk.said.take_reads()]


def test_a_lost_end_frame_costs_a_moment() -> None:
    talk = reading(Board())

    talk.wait(0.7)

    assert talk.take_commands() == [0x72, 0x77, 0x74, 0x8B]


def test_a_board_that_forgot_its_power_is_tuned_before_it_reads_again() -> None:
    board = Board()
    talk = reading(board)
    board.power = b"\x21"

    talk.wait(0.7)

    assert board.power == b"\x14"
    commands = talk.take_commands()
    assert commands.index(0x66) < commands.index(0x8B)


def test_a_board_that_is_gone_is_noticed_within_three_signs_of_life() -> None:
    talk = reading(Board())
    talk.is_mute = True

    with pytest.raises(ReaderGoneError):
        talk.wait(2.75 * PROFILE.keepalive_ms / 1000)


@pytest.mark.parametrize(("said", "temperature_c"), [(b"\x01\x20", 32.0), (b"\x00\x05", -5.0)])
def test_its_temperature_is_asked_for_every_half_minute(said: bytes, temperature_c: float) -> None:
    board = Board()
    board.says[0x7B] = lambda _: (board.said(0x7B, said),)
    talk = reading(board)

    for _ in range(70):
        talk.wait(0.5)
        talk.hear(end())

    assert talk.said.temperature_c == temperature_c
    assert talk.take_commands().count(0x7B) == 1


def test_it_leaves_once_the_inventory_is_over() -> None:
    talk = reading(Board())

    talk.said.leave(talk.now_s)
    is_over = [talk.said.is_over]
    talk.hear(notice(), end())

    assert [*is_over, talk.said.is_over] == [False, True]
    assert len(talk.said.take_reads()) == 1
    assert talk.take_asked() == []


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_an_errand_waits_for_the_inventory_and_no_longer() -> None:
    board = Board()
    talk = reading(board)
    talk.said.begin(RetuneErrand(replace(PROFILE, tx_power_dbm=22.0)), talk.now_s, talk.now_s + 5)
    talk.go_on()
    assert talk.take_asked() == []

    talk.hear(notice(), end())

    outcome = talk.said.take_outcome()
    assert outcome is not None
    assert (outcome.error, board.power) == (None, b"\x16")
    assert talk.take_commands()[-1] == 0x8B


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reads_tid": True}, "TID"),
        ({"filters": (TagFilter(Bank.EPC, 32, "30", 8),)}, "no filter"),
        ({"tx_power_dbm": 19.9}, "smallest power is 20.00 dBm"),
        ({"mode": 7}, "expected 0 to 3"),
        ({"fixed_channels_mhz": (865.7, 866.3, 867.5)}, "equally far apart"),
        ({"region": replace(PROFILE.region, name="jp")}, "not in jp"),
        ({"model": replace(PROFILE.model, antenna_ports=16)}, "up to 4 ports"),
    ],
)
def test_what_it_cannot_obey_leaves_the_profile_before_in_force(change: dict[str, Any], words: str) -> None:
    board = Board()
    talk = reading(board)
    talk.said.begin(RetuneErrand(replace(PROFILE, **change)), talk.now_s, talk.now_s + 5)
    talk.hear(end())

    outcome = talk.said.take_outcome()
    assert outcome is not None
    assert isinstance(outcome.error, ProfileError)
    assert words in str(outcome.error)
    assert board.power == b"\x14"
    assert talk.take_commands()[-1] == 0x8B


# --- one tag ----------------------------------------------------------------------------------------------------------


def errand(talk: Talk, target: TagTarget, *operations: TagOperation) -> Any:
    """Let the inventory that runs end, and return what came of an access."""
    talk.said.begin(AccessErrand(target, operations), talk.now_s, talk.now_s + 5)
    talk.hear(end())
    for _ in range(100):
        outcome = talk.said.take_outcome()
        if outcome is not None:
            return outcome
        talk.wait(0.05)
    raise AssertionError("an errand without an outcome")


def test_the_tag_is_matched_and_everybody_is_asked_again_afterwards() -> None:
    board = Board()
    board.says[0x81] = lambda _: (vector("r2000.read_rsp_inv"),)

    talk = reading(board)

    outcome = errand(talk, TARGET, ReadWords(Bank.TID, 0, 4))

    assert [done.words for done in outcome.results] == [(0xE280, 0x6890, 0x2000, 0x5001)]
    assert talk.take_asked() == [
        r2000(0x85, b"\x00\x0c" + EPC).hex(),
        r2000(0x81, b"\x02\x00\x04\x00\x00\x00\x00").hex(),
        r2000(0x85, b"\x01").hex(),
        r2000(0x8B, b"\x01\x00\x01").hex(),
    ]


@pytest.mark.parametrize(
    ("operation", "requests"),
    [
        (
            WriteWords(Bank.EPC, 2, (0xCCDD,), in_blocks=True),
            [vector("r2000.blockwrite")],
        ),
        (WriteWords(Bank.USER, 1, (0x1234,), 5), [r2000(0x82, b"\x00\x00\x00\x05\x03\x01\x01\x12\x34")]),
        (
            LockTag(((LockField.USER, Lock.LOCKED), (LockField.KILL_PASSWORD, Lock.ALWAYS_LOCKED)), 5),
            [r2000(0x83, b"\x00\x00\x00\x05\x01\x01"), r2000(0x83, b"\x00\x00\x00\x05\x05\x03")],
        ),
        (KillTag(0xDEADBEEF), [r2000(0x84, b"\xde\xad\xbe\xef")]),
    ],
)
@pytest.mark.parametrize("has_row", [True, False])
def test_operations_are_what_the_manual_says(operation: TagOperation, requests: list[bytes], has_row: bool) -> None:
    board = Board()
    for command in (0x82, 0x83, 0x84, 0x94):
        board.says[command] = always(row(command, b"\x10") if has_row else board.said(command, b"\x10"))
    talk = reading(board)

    assert errand(talk, TARGET, operation).error is None

    asked = talk.take_asked()
    assert [frame for frame in asked if frame[6:8] in ("82", "83", "84", "94")] == [one.hex() for one in requests]


def test_where_any_tag_will_do_the_first_that_is_heard_is_matched() -> None:
    board = Board()
    board.says[0x89] = lambda _: (notice(command=0x89), notice(b"\x01" * 12, command=0x89), end(0x89, 2))
    board.says[0x81] = lambda _: (read_row(b"\x00\x07"),)
    talk = reading(board)

    outcome = errand(talk, TagTarget(), ReadWords(Bank.USER, 0, 1))

    assert [(done.epc, done.words) for done in outcome.results] == [(EPC.hex().upper(), (7,))]
    assert len(talk.said.take_reads()) == 2
    assert r2000(0x85, b"\x00\x0c" + EPC).hex() in talk.take_asked()


def test_with_nobody_there_nothing_is_matched_and_nothing_written() -> None:
    board = Board()
    board.says[0x89] = lambda _: (end(0x89),)
    talk = reading(board)

    outcome = errand(talk, TagTarget(), WriteWords(Bank.USER, 0, (1,)))

    assert outcome.error.fault is AccessFault.NO_TAG
    assert not {0x82, 0x85} & set(talk.take_commands())


def test_it_is_looked_for_on_every_port_and_found_there_again() -> None:
    board, port = Board(), bytearray(b"\x00")

    def choose(content: bytes) -> Sequence[bytes]:
        port[:] = content
        return (board.said(0x74, b"\x10"),)

    board.says[0x74] = choose
    board.says[0x81] = lambda _: (read_row(b"\x00\x07") if port == b"\x01" else board.said(0x81, b"\x36"),)
    talk = reading(board, TWO_PORTS)

    outcome = errand(talk, TARGET, ReadWords(Bank.USER, 0, 1), ReadWords(Bank.USER, 1, 1))

    assert [done.antenna for done in outcome.results] == [2, 2]


def test_behind_a_new_epc_the_same_tag_is_matched_by_it() -> None:
    board = Board()
    board.says[0x82] = lambda _: (row(0x82, b"\x10"),)
    board.says[0x81] = lambda _: (read_row(b"\x00\x07", bytes(8)),)
    talk = reading(board)

    outcome = errand(talk, TARGET, epc_written("00" * 8), ReadWords(Bank.USER, 0, 1))

    assert [done.epc for done in outcome.results] == [EPC.hex().upper(), "00" * 8]
    assert r2000(0x85, b"\x00\x08" + bytes(8)).hex() in talk.take_asked()


def test_several_rows_are_waited_for_and_the_tags_own_is_taken() -> None:
    board = Board()
    board.says[0x81] = lambda _: (read_row(b"\x00\x01", bytes(12), 2), read_row(b"\x00\x02", count=2))

    assert errand(reading(board), TARGET, ReadWords(Bank.USER, 0, 1)).results[0].words == (2,)


def test_long_reads_are_cut_into_32_words() -> None:
    board = Board()
    board.says[0x81] = lambda content: (read_row(b"".join(bytes((0, content[1])) for _ in range(content[2]))),)

    outcome = errand(reading(board), TARGET, ReadWords(Bank.USER, 1, 40))

    assert outcome.results[0].words == (1,) * 32 + (33,) * 8


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (0x36, AccessFault.NO_TAG),
        (0x50, AccessFault.NO_TAG),
        (0x33, AccessFault.TAG),
        (0x37, AccessFault.TAG),
        (0x40, AccessFault.PASSWORD),
        (0x43, AccessFault.UNSUPPORTED),
        (0x53, AccessFault.READER),
        (0x99, AccessFault.READER),
    ],
)
def test_error_codes(code: int, fault: AccessFault) -> None:
    board = Board()
    board.says[0x82] = lambda _: (board.said(0x82, bytes((code,))),)
    talk = reading(board)

    error = errand(talk, TARGET, WriteWords(Bank.USER, 0, (1,))).error

    assert isinstance(error, TagAccessError)
    assert error.fault is fault
    assert talk.take_commands()[-1] == 0x8B


def test_no_tag_is_killed_by_the_password_0() -> None:
    board = Board()
    board.says[0x84] = lambda _: (board.said(0x84, b"\x35"),)

    assert errand(reading(board), TARGET, KillTag(0)).error.fault is AccessFault.ZERO_KILL_PASSWORD


@pytest.mark.parametrize(
    ("target", "operation", "fault"),
    [
        (TagTarget(antenna=3), ReadWords(Bank.TID, 0, 1), AccessFault.NO_TAG),
        (TARGET, ReadWords(Bank.USER, 0xFF, 2), AccessFault.UNSUPPORTED),
        (TagTarget(""), WriteWords(Bank.USER, 0, (1,)), AccessFault.UNSUPPORTED),
    ],
)
def test_what_cannot_be_is_not_even_sent(target: TagTarget, operation: TagOperation, fault: AccessFault) -> None:
    talk = reading(Board())

    assert errand(talk, target, operation).error.fault is fault
    assert not {0x81, 0x82} & set(talk.take_commands())


def test_outputs_are_the_boards_third_and_fourth_pin() -> None:
    talk = reading(Board())
    talk.said.begin(OutputErrand(2, is_on=True), talk.now_s, talk.now_s + 5)
    talk.hear(end())

    assert r2000(0x61, b"\x04\x01").hex() in talk.take_asked()
    talk.said.take_outcome()
    talk.said.begin(OutputErrand(3, is_on=True), talk.now_s, talk.now_s + 5)
    talk.hear(end())
    outcome = talk.said.take_outcome()
    assert outcome is not None
    assert isinstance(outcome.error, ReaderRefusedError)


# --- who is there -----------------------------------------------------------------------------------------------------


def test_the_question_is_for_the_board_of_the_profile() -> None:
    assert R2000.question(PROFILE) == vector("r2000.fw_req")


@pytest.mark.parametrize(
    ("name", "is_it"),
    [("r2000.fw_rsp", True), ("r2000.rti_tag_y2", True), ("r2000.ant_ok", False), ("r2000.rti_antmissing", False)],
)
def test_frames_that_can_only_be_its_own_are_recognised(name: str, is_it: bool) -> None:
    (frame,) = R2000Decoder().feed(vector(name))

    assert R2000.recognises(frame) is is_it
