"""What is said to an M100 module, byte by byte, and what is made of its answers."""

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
from reader.errors import (
    ProfileError,
    ReaderError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
)
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile, TagFilter, load_profile
from reader.serial.m100 import M100Decoder
from reader.serial.m100_conversation import M100
from reader.serial.red_rcp import QUESTION as RED_RCP_FRAME
from tests.reader.serial.lines import m100, pc_of, vector
from tests.reader.serial.m100_script import CONFIRMED, DONE, EMPTY_ROUND, EPC, PROFILE, Module, notice, reading
from tests.reader.serial.talks import Talk

# --- the beginning ----------------------------------------------------------------------------------------------------


def test_it_is_stopped_asked_tuned_and_started_in_this_order() -> None:
    talk = Module().talk()

    asked = talk.take_asked()

    assert asked[:2] == [vector("m100.stop").hex(), "aa0028000028dd"]  # both builds, while it is not known
    assert asked[2] == vector("m100.info_req").hex()
    assert asked[4:] == [
        m100(0x03, b"\x01", 0).hex(),
        m100(0x07, b"\x03", 0).hex(),
        m100(0xA9, b"\x04\x03\x06\x09\x0c", 0).hex(),  # 865.7, 866.3, 866.9 and 867.5 MHz
        m100(0xAD, b"\xff", 0).hex(),
        vector("m100.setpow20").hex(),
        vector("m100.getpow").hex(),
        m100(0x12, b"\x01", 0).hex(),
        m100(0x0E, b"\x10\x28", 0).hex(),  # S0, A, Q 5: the pad's population is 32
        vector("m100.getquery").hex(),
        *CONFIRMED,
        vector("m100.multi_65535").hex(),
    ]


def test_what_was_found_is_told_once_it_reads() -> None:
    talk = Module().talk()
    is_reading = [talk.said.is_reading]  # nothing was heard since it was started

    talk.hear(EMPTY_ROUND)

    found = talk.said.found
    assert [*is_reading, talk.said.is_reading] == [False, True]
    assert found is not None
    assert (found.model, found.firmware, found.tx_powers_dbm) == ("M100 20dBm V1.0", "V2.3.5", {1: 20.0})


def test_an_amplified_module_is_no_bare_one() -> None:
    module = Module()
    module.says[0x03] = lambda content: [module.said(0x03, content + b"M100 26dBm V1.0")]

    with pytest.raises(ProfileError, match=r"modules of 20 dBm, .* up to 6 dB more .*; take m100-26dbm-pad-eu"):
        module.talk()


def test_a_bare_module_sends_less_than_an_amplified_one_s_profile_says_and_is_told() -> None:
    talk = Module().talk(load_profile("m100-26dbm-pad-eu"))
    talk.hear(EMPTY_ROUND)

    assert talk.said.found is not None
    assert not talk.said.found.is_expected


def test_the_other_build_is_spoken_to_by_its_own_marks() -> None:
    talk = Module(b"\xaa\xdd").talk()
    talk.hear(notice(marks=b"\xaa\xdd"))

    assert talk.take_asked()[-1] == m100(0x27, b"\x22\xff\xff", 0, b"\xaa\xdd").hex()
    assert [read.epc for read in talk.said.take_reads()] == [EPC.hex().upper()]


def test_what_it_read_for_somebody_else_is_not_ours() -> None:
    module = Module()
    module.says[0x28] = lambda _: (notice(), module.said(0x28, DONE))

    assert module.talk().said.take_reads() == []


def test_left_before_it_is_tuned_it_is_stopped_all_the_same() -> None:
    module = Module()
    module.says[0x28] = lambda _: ()
    talk = module.talk()
    module.says.clear()

    talk.said.leave(talk.now_s)
    talk.hear(notice())
    talk.go_on()

    assert talk.said.is_over
    assert talk.said.take_reads() == []


def test_a_module_that_was_asleep_loses_the_first_byte_and_is_asked_again() -> None:
    module, lost = Module(), []

    def stop(_: bytes) -> Sequence[bytes]:
        lost.append(1)
        return () if len(lost) == 1 else (module.said(0x28, DONE),)

    module.says[0x28] = stop
    talk = module.talk()
    talk.wait(1.1)

    talk.hear(EMPTY_ROUND)
    assert talk.said.is_reading


@pytest.mark.parametrize("held", [b"\x0a\x28", b"\x07\xd1"])
def test_a_power_that_is_not_held_is_no_start(held: bytes) -> None:
    module = Module()
    module.says[0xB7] = lambda _: (module.said(0xB7, held),)

    with pytest.raises(ProfileError, match="power 2000"):
        module.talk()


def test_a_query_that_is_not_held_is_no_start() -> None:
    module = Module()
    module.says[0x0D] = lambda _: (module.said(0x0D, b"\x11\x28"),)

    with pytest.raises(ProfileError, match="session 1 instead of 0"):
        module.talk()


def test_a_refused_power_names_the_table_that_should_know() -> None:
    module = Module()
    module.says[0xB6] = lambda _: (module.failed(0x17),)

    with pytest.raises(ProfileError, match="power_table"):
        module.talk()


def test_another_refusal_says_what_was_asked() -> None:
    module = Module()
    module.says[0x07] = lambda _: (module.failed(0x17),)

    with pytest.raises(ReaderRefusedError, match="set region: command is wrong"):
        module.talk()


def test_silence_from_the_start_ends_in_a_timeout() -> None:
    module = Module(b"\xcc\x7e")  # nobody speaks this
    talk = module.talk()

    with pytest.raises(ReaderTimeoutError, match="get module"):
        talk.wait(10.0)


def test_the_answer_to_a_select_mode_may_have_the_number_of_the_select() -> None:
    module = Module()
    module.says[0x12] = lambda _: (vector("m100.select_ok"),)

    reading(module)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_notice_is_a_read() -> None:
    talk = reading(Module())

    talk.hear(notice())

    assert talk.said.take_reads() == [TagRead(100_000_000, EPC.hex().upper(), 1, -55.0)]


def test_a_storm_of_empty_rounds_is_life_and_nothing_to_tell() -> None:
    talk = reading(Module())

    for _ in range(100):
        talk.wait(0.25)
        talk.hear(EMPTY_ROUND)

    assert talk.said.take_noticed() == []
    assert talk.take_asked() == []


def test_a_notice_whose_tag_crc_is_wrong_is_malformed_and_costs_itself() -> None:
    talk = reading(Module())
    words = pc_of(EPC) + EPC

    talk.hear(m100(0x22, b"\xc9" + words + b"\x00\x00", kind=2), notice())

    assert len(talk.said.take_reads()) == 1
    assert [noticed.kind for noticed in talk.said.take_noticed()] == [ReaderEventKind.MALFORMED]


@given(st.binary(max_size=200), st.integers(1, 40))
def test_no_bytes_whatever_cost_more_than_themselves(noise: bytes, step: int) -> None:
    talk = reading(Module())
    for at in range(0, len(noise), step):
        talk.hear(noise[at : at + step])
    talk.said.take_reads()

    talk.hear(notice())
    talk.wait(0.6)  # a header among the noise may have claimed what follows; a quiet line gives it back

    assert [read.epc for read in talk.said.take_reads()] == [EPC.hex().upper()]


def test_an_error_that_is_no_empty_round_is_told() -> None:
    talk = reading(Module())

    talk.hear(m100(0xFF, b"\x20"))

    (noticed,) = talk.said.take_noticed()
    assert (noticed.kind, "taken" in noticed.detail) == (ReaderEventKind.EXCEPTION, True)


def test_when_the_rounds_ran_out_it_is_looked_after_and_started_again() -> None:
    talk = reading(Module())

    talk.wait(0.6)

    commands = talk.take_commands()
    assert commands[0] == 0x28
    assert (commands[-1], 0xB6 in commands, 0xB7 in commands) == (0x27, True, True)  # a reset forgets the power
    talk.hear(notice())
    assert len(talk.said.take_reads()) == 1


@pytest.mark.parametrize("forgets", ["region", "power"])
def test_a_module_that_was_reset_between_two_rounds_does_not_transmit(forgets: str) -> None:
    module = Module()
    talk = reading(module, replace(PROFILE, session=1))
    setattr(module, forgets, b"\x01" if forgets == "region" else (2600).to_bytes(2, "big"))

    with pytest.raises(ReaderGoneError, match="was reset"):
        talk.hear(EMPTY_ROUND)
    assert 0x27 not in talk.take_commands()


def test_a_module_that_is_gone_is_noticed_within_three_signs_of_life() -> None:
    talk = reading(Module())
    talk.is_mute = True

    with pytest.raises(ReaderGoneError):
        talk.wait(2.75 * PROFILE.keepalive_ms / 1000)


def test_both_targets_are_taken_in_turn_when_nobody_is_left_to_ask() -> None:
    talk = reading(Module(), replace(PROFILE, session=1))  # that one empty round is the first

    talk.hear(notice(), EMPTY_ROUND)
    assert talk.take_asked() == []  # one alone may be a collision

    talk.hear(EMPTY_ROUND)
    assert talk.take_asked() == [
        vector("m100.stop").hex(),
        m100(0x0E, b"\x11\xa8", 0).hex(),
        *CONFIRMED,
        vector("m100.multi_65535").hex(),
    ]
    talk.hear(EMPTY_ROUND, EMPTY_ROUND)
    assert talk.take_asked()[1] == m100(0x0E, b"\x11\x28", 0).hex()


def test_it_leaves_a_silent_module() -> None:
    talk = reading(Module())

    talk.said.leave(talk.now_s)
    talk.go_on()

    assert talk.said.is_over
    assert talk.take_asked() == [vector("m100.stop").hex()]


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_a_filter_is_a_select_on_sl() -> None:
    module = Module()
    talk = module.talk(replace(PROFILE, filters=(TagFilter(Bank.EPC, 32, "3034", 12),)))

    asked = talk.take_asked()

    assert m100(0x0C, b"\x81\x00\x00\x00\x20\x0c\x00\x30\x34", 0).hex() in asked
    assert m100(0x12, b"\x00", 0).hex() in asked
    assert module.query == b"\x1c\x28"  # SL only


def test_an_excluding_filter_asks_those_without_sl() -> None:
    module = Module()
    module.talk(replace(PROFILE, filters=(TagFilter(Bank.EPC, 32, "30", 8, is_excluding=True),)))

    assert module.query == b"\x18\x28"


def test_one_fixed_carrier_is_stayed_on() -> None:
    asked = Module().talk(replace(PROFILE, fixed_channels_mhz=(866.9,))).take_asked()

    assert asked.index(m100(0xAD, b"\x00", 0).hex()) + 1 == asked.index(m100(0xAB, b"\x09", 0).hex())


def test_america_hops_over_all_it_has() -> None:
    commands = Module().talk(load_profile("m100-pad-us")).take_commands()

    assert (0xAD in commands, 0xA9 in commands, 0xAB in commands) == (True, False, False)


def retuned(talk: Talk, profile: Profile) -> ReaderError | None:
    return talk.do(RetuneErrand(profile)).error


def test_a_retune_goes_on_with_the_new_power() -> None:
    module = Module()
    talk = reading(module)

    assert retuned(talk, replace(PROFILE, tx_power_dbm=14.2)) is None

    assert module.power == (1400).to_bytes(2, "big")
    assert talk.said.found is not None
    assert talk.said.found.tx_powers_dbm == {1: 14.0}
    assert talk.take_commands()[-1] == 0x27


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"antennas": (1, 2)}, "one antenna port"),
        ({"reads_tid": True}, "TID"),
        ({"tx_power_dbm": 10.0}, "smallest power is 12.50 dBm"),
        ({"fixed_channels_mhz": (865.2,)}, "none of the module's channels"),
        ({"mode": 3}, "no mode"),
        ({"filters": (TagFilter(Bank.TID, 0, "E2", 8),) * 2}, "one filter"),
        ({"filters": (TagFilter(Bank.RESERVED, 0, "E2", 8),)}, "reserved"),
        ({"region": replace(PROFILE.region, name="cn")}, "not in cn"),
    ],
)
def test_what_it_cannot_obey_leaves_the_profile_before_in_force(change: dict[str, Any], words: str) -> None:
    module = Module()
    talk = reading(module)

    error = retuned(talk, replace(PROFILE, **change))

    assert isinstance(error, ProfileError)
    assert words in str(error)
    assert module.power == (2000).to_bytes(2, "big")
    assert talk.take_commands()[-1] == 0x27


# --- who is there -----------------------------------------------------------------------------------------------------


def test_the_question_is_one_for_either_build() -> None:
    frames = M100Decoder().feed(M100.question(PROFILE))

    assert [(frame.build, frame.command) for frame in frames if frame.error is None] == [(0xBB, 3), (0xAA, 3)]


@pytest.mark.parametrize("name", ["m100.tag_r200", "m100.single_none", "m100.aa_single_tag"])
def test_its_frames_are_recognised(name: str) -> None:
    (frame,) = M100Decoder().feed(vector(name))

    assert M100.recognises(frame)


def test_a_look_alike_is_called_by_its_name() -> None:
    assert M100.stranger(b"\x00\xbb" + RED_RCP_FRAME) == "RED-RCP"
    assert M100.stranger(vector("m100.tag_doc") * 3) is None
    assert M100.stranger(RED_RCP_FRAME[:-1]) is None
    assert M100.stranger(RED_RCP_FRAME[:-1] + b"\x00") is None
