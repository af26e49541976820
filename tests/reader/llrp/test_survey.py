from __future__ import annotations

import socket

import pytest

from reader.errors import ProfileError, ProtocolError, ReaderBusyError, ReaderGoneError, ReaderTimeoutError
from reader.llrp.survey import surveyed
from tests.reader.llrp.line import ScriptedReader, capabilities, message, status, welcome
from tests.reader.llrp.tcp_reader import TcpReader


def test_a_reader_says_what_it_is_and_nothing_is_changed() -> None:
    with TcpReader() as line:
        line.new_script = lambda: ScriptedReader(capabilities(maker=25882, powers_dbm=(10.0, 31.5)))
        found = surveyed(line.address, 5.0)

    can = found.capabilities
    assert (found.current_version, found.greatest_version) == (1, 2)
    assert (can.manufacturer, can.model_id, can.firmware, can.antennas) == (25882, 1, "1.2.3", 4)
    assert (can.country, can.communications_standard) == (276, 2)
    assert can.power_dbm == {1: 10.0, 2: 31.5}
    assert can.modes[2].miller == 4
    assert line.scripts[0].asked == [46, 1, 2, 14]


def test_a_reader_that_knows_no_versions_speaks_1_0_1() -> None:
    with TcpReader() as line:
        script = ScriptedReader()
        script.answers[46] = lambda message_id: message(100, message_id, status(110))
        line.new_script = lambda: script
        found = surveyed(line.address, 5.0)

    assert (found.current_version, found.greatest_version) == (1, 1)
    assert {frame[0] >> 2 for frame in script.requests[1:]} == {1}


def test_a_reader_of_a_later_version_is_spoken_to_in_one_that_both_know() -> None:
    with TcpReader() as line:
        script = ScriptedReader()
        script.answers[46] = lambda message_id: message(56, message_id, b"\x03\x04" + status(), 2)
        line.new_script = lambda: script
        found = surveyed(line.address, 5.0)

    assert (found.current_version, found.greatest_version) == (2, 4)


def test_a_reader_that_hangs_up_after_telling_has_told() -> None:
    with TcpReader() as line:
        script = ScriptedReader()
        script.answers[14] = lambda _: b""  # and the line is closed
        line.new_script = lambda: script

        assert surveyed(line.address, 5.0).capabilities.firmware == "1.2.3"


def test_a_reader_in_use_says_so() -> None:
    with TcpReader() as line:
        line.greeting = welcome(2)
        with pytest.raises(ReaderBusyError, match="another client"):
            surveyed(line.address, 5.0)


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"", ReaderTimeoutError),  # nothing at all
        (message(63, 0, b"\0"), ProtocolError),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", ProtocolError),  # somebody else's port
    ],
)
def test_what_is_no_reader_ends_in_time(greeting: bytes, error: type[Exception]) -> None:
    with TcpReader() as line:
        line.greeting = greeting
        with pytest.raises(error):
            surveyed(line.address, 0.3)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(ReaderGoneError):
        surveyed(address, 1.0)


def test_no_address() -> None:
    with pytest.raises(ProfileError):
        surveyed("host:70000")
