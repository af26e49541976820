"""What is said to an A0 board, byte by byte, and what is made of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import (
    Bank,
)
from reader.conversation import RetuneErrand
from reader.errors import ProfileError, ReaderGoneError, ReaderTimeoutError
from reader.model import ReaderEventKind, TagRead
from reader.profile import TagFilter, load_profile
from reader.serial.r2000 import R2000Decoder
from reader.serial.r2000_conversation import R2000
from tests.reader.serial.lines import r2000, vector
from tests.reader.serial.r2000_script import (
    CONFIRMED,
    EPC,
    FOUR_CHANNELS,
    MISSING,
    PROFILE,
    TWO_PORTS,
    Board,
    end,
    notice,
    reading,
)

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
        CONFIRMED,
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


def test_a_board_that_holds_the_one_channel_is_given_all_that_it_takes() -> None:
    board = Board()
    board.region = b"\x02\x05\x05"
    board.talk()

    assert board.region == FOUR_CHANNELS


def test_a_board_that_takes_only_the_one_channel_is_not_given_it_twice() -> None:
    board, given = Board(), []
    board.region = b"\x02\x05\x05"

    def refuse(content: bytes) -> Sequence[bytes]:
        given.append(content)
        return (board.said(0x78, b"\x49"),)

    board.says[0x78] = refuse
    reading(board)

    assert given == [FOUR_CHANNELS]


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
    assert len(talk.take_commands()) < 15


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

    assert talk.take_commands() == [0x72, 0x74, 0x77, 0x8B]


@pytest.mark.parametrize("in_time", [True, False])
def test_a_board_that_was_reset_does_not_transmit(in_time: bool) -> None:
    board = Board()
    talk = reading(board)
    board.power = b"\x21"

    with pytest.raises(ReaderGoneError, match="was reset"):
        talk.hear(end()) if in_time else talk.wait(0.7)
    assert 0x8B not in talk.take_commands()


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
