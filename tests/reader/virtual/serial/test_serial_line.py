"""The server's line: what a client on a pty or on TCP meets, with pyserial and without."""

from __future__ import annotations

import os
import select
import termios
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from reader.errors import SceneError
from reader.virtual.faults import Fault
from reader.virtual.serial.module import Said
from reader.virtual.serial_module import VirtualSerialReader

PATIENCE_S = 10.0


class Echo:
    """A module that says what it hears; ``!`` and a rate changes to that rate."""

    def __init__(self) -> None:
        self.baud = 115_200
        self.reads = 0
        self.is_reading = False
        self.tx_power_dbm = None
        self.reboots = 0
        self.heard = b""
        self._said: deque[Said] = deque()

    def received(self, octets: bytes, now_us: int) -> None:
        self.heard += octets
        if octets.startswith(b"!"):
            self.baud = int(octets[1:])
        else:
            self._said.append(Said(octets))

    def advance(self, now_us: int) -> None:
        pass

    def take(self, now_us: int) -> Said | None:
        return self._said.popleft() if self._said else None

    def next_due_us(self, now_us: int) -> int:
        return now_us + 250_000

    def skip_to(self, now_us: int) -> None:
        pass

    def reboot(self, now_us: int) -> None:
        self.reboots += 1
        self.baud = 115_200
        self._said.clear()


Started = Callable[..., VirtualSerialReader]


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def started(echo: Echo) -> Iterator[Started]:
    running: list[VirtualSerialReader] = []

    def one(link: Path | None = None, *, is_paced: bool = True) -> VirtualSerialReader:
        address = None if link is not None else ("127.0.0.1", 0)
        running.append(VirtualSerialReader(echo, pty_link=link, address=address, is_paced=is_paced))
        running[-1].start()
        return running[-1]

    yield one
    for reader in running:
        reader.stop()


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; the server looks four times a second."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s, "it did not happen"
        select.select([], [], [], 0.01)


def test_a_client_that_sets_nothing_finds_a_raw_line(started: Started, tmp_path: Path) -> None:
    link = tmp_path / "module"
    started(link)
    client = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(client, b"\r\n\x03\x04\x11\xff")
        until(lambda: bool(select.select([client], [], [], 0.1)[0]))
        got = b""
        while len(got) < 6:
            got += os.read(client, 64)

        assert got == b"\r\n\x03\x04\x11\xff"
        assert not termios.tcgetattr(client)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
    finally:
        os.close(client)


def test_clients_come_and_go_and_the_line_stays(started: Started, tmp_path: Path) -> None:
    link = tmp_path / "module"
    reader = started(link)
    for _ in range(3):
        with serial.Serial(str(link), 115_200, timeout=PATIENCE_S, exclusive=True) as client:
            client.write(b"hello")
            assert client.read(5) == b"hello"
    assert reader.status().client == str(link)
    reader.stop()

    assert not link.is_symlink()


def test_bytes_take_their_time_both_ways(started: Started, tmp_path: Path) -> None:
    reader = started(tmp_path / "module")
    assert reader.is_plugged
    with serial.Serial(str(tmp_path / "module"), 115_200, timeout=PATIENCE_S) as client:
        began_s = time.monotonic()
        client.write(bytes(2304))
        assert client.read(2304) == bytes(2304)

        # 0.2 s of line; how much later than that depends on the machine.
        assert time.monotonic() - began_s > 0.19


def test_an_unpaced_line_does_not(started: Started, tmp_path: Path) -> None:
    started(tmp_path / "module", is_paced=False)
    with serial.Serial(str(tmp_path / "module"), 115_200, timeout=PATIENCE_S) as client:
        began_s = time.monotonic()
        for _ in range(100):
            client.write(bytes(1152))
            assert len(client.read(1152)) == 1152

        assert time.monotonic() - began_s < 10.0  # of line


def test_the_wrong_rate_is_noise_in_both_directions(started: Started, echo: Echo, tmp_path: Path) -> None:
    started(tmp_path / "module")
    with serial.Serial(str(tmp_path / "module"), 57_600, timeout=PATIENCE_S) as client:
        client.write(b"who are you?")
        heard = client.read(12)
        assert heard
        assert b"who" not in heard
        assert b"who" not in echo.heard

        client.timeout = 0.3
        client.read(100)
        client.timeout = PATIENCE_S
        client.baudrate = 115_200
        client.write(b"who are you?")
        assert client.read(12) == b"who are you?"


def test_what_is_on_the_wire_when_the_client_changes_its_rate_is_noise(started: Started, tmp_path: Path) -> None:
    """Or else a search for the rate would find an answer to what it asked at another one."""
    started(tmp_path / "module")
    with serial.Serial(str(tmp_path / "module"), 115_200, timeout=PATIENCE_S) as client:
        client.write(bytes(2304))
        assert client.read(100) == bytes(100)
        client.baudrate = 9600
        until(lambda: any(client.read(64)))


def test_a_client_follows_a_module_that_changes_its_rate(started: Started, echo: Echo, tmp_path: Path) -> None:
    started(tmp_path / "module")
    with serial.Serial(str(tmp_path / "module"), 115_200, timeout=PATIENCE_S) as client:
        client.write(b"!921600")
        until(lambda: echo.baud == 921_600)
        client.baudrate = 921_600
        until(lambda: client.write(b"x") == 1 and client.read(1) == b"x")


def test_a_device_server_keeps_its_rate(started: Started, echo: Echo) -> None:
    host, port = started().address
    with serial.serial_for_url(f"socket://{host}:{port}", timeout=PATIENCE_S) as client:
        client.write(b"hello")
        assert client.read(5) == b"hello"
        echo.baud = 921_600
        client.write(b"hello")
        assert client.read(5) != b"hello"


def test_unplugged_and_plugged_in_again_behind_the_same_name(started: Started, echo: Echo, tmp_path: Path) -> None:
    link = tmp_path / "module"
    reader = started(link)
    client = serial.Serial(str(link), 115_200, timeout=PATIENCE_S)
    reader.set_plugged(False)
    until(lambda: not reader.is_plugged)

    assert not link.is_symlink()
    with pytest.raises(serial.SerialException):
        client.read(1)
    client.close()
    reader.set_plugged(True)
    until(lambda: link.is_symlink())
    with serial.Serial(str(link), 115_200, timeout=PATIENCE_S) as again:
        again.write(b"hello")
        assert again.read(5) == b"hello"
    assert echo.reboots == 1


def test_half_a_frame_and_then_nothing_for_a_while(started: Started, echo: Echo, tmp_path: Path) -> None:
    link = tmp_path / "module"
    reader = started(link)
    client = serial.Serial(str(link), 115_200, timeout=PATIENCE_S)
    reader.faults.switch_on(Fault.MID_FRAME)
    client.write(b"hello")
    until(lambda: not link.is_symlink())
    client.close()
    until(lambda: link.is_symlink())

    assert (echo.reboots, reader.faults.active()) == (0, ())


def test_a_reboot_loses_what_is_said_meanwhile(started: Started, echo: Echo, tmp_path: Path) -> None:
    reader = started(tmp_path / "module")
    with serial.Serial(str(tmp_path / "module"), 115_200, timeout=PATIENCE_S) as client:
        reader.faults.switch_on(Fault.REBOOT)
        until(lambda: echo.reboots == 1)
        client.write(b"lost")
        client.timeout = 0.1
        until(lambda: client.write(b"x") == 1 and client.read(1) == b"x")

    assert echo.reboots == 1


def test_whoever_comes_finds_it_taken(started: Started, tmp_path: Path) -> None:
    reader = started(tmp_path / "module")
    reader.faults.switch_on(Fault.REFUSE)

    def is_taken() -> bool:
        try:
            serial.Serial(str(tmp_path / "module"), 115_200, exclusive=True).close()
        except serial.SerialException as error:
            return "exclusively lock" in str(error)
        return False

    until(is_taken)
    reader.faults.switch_off(Fault.REFUSE)
    until(lambda: not is_taken())


def test_a_second_client_is_turned_away_on_tcp(started: Started) -> None:
    host, port = started().address
    with serial.serial_for_url(f"socket://{host}:{port}", timeout=PATIENCE_S) as client:
        client.write(b"first")
        assert client.read(5) == b"first"
        with (
            serial.serial_for_url(f"socket://{host}:{port}", timeout=PATIENCE_S) as second,
            pytest.raises(serial.SerialException),
        ):
            second.read(1)
        client.write(b"still")
        assert client.read(5) == b"still"


def test_whoever_connects_finds_it_taken(started: Started) -> None:
    reader = started()
    reader.faults.switch_on(Fault.REFUSE)
    host, port = reader.address
    with (
        serial.serial_for_url(f"socket://{host}:{port}", timeout=PATIENCE_S) as client,
        pytest.raises(serial.SerialException),
    ):
        client.read(1)
    reader.faults.switch_off(Fault.REFUSE)
    with serial.serial_for_url(f"socket://{host}:{port}", timeout=PATIENCE_S) as client:
        client.write(b"hello")
        assert client.read(5) == b"hello"


def test_a_foreign_file_is_left_as_it_is(started: Started, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(file)
    for link in (file, elsewhere):
        with pytest.raises(SceneError, match="is no link to a pseudo terminal"):
            started(link)
    with pytest.raises(SceneError, match="the link cannot be made"):
        started(tmp_path / "missing" / "module")

    assert file.read_text() == "mine"
    assert elsewhere.readlink() == file


def test_a_link_left_behind_is_replaced_and_one_that_leads_elsewhere_stays(started: Started, tmp_path: Path) -> None:
    link = tmp_path / "module"
    link.symlink_to("/dev/pts/99999")
    reader = started(link)
    assert link.readlink() != Path("/dev/pts/99999")
    link.unlink()
    link.symlink_to("/dev/pts/99999")
    reader.stop()

    assert link.is_symlink()
