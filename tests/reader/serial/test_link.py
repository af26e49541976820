"""Links over real ptys, TCP and RFC 2217."""

from __future__ import annotations

import os
import random
import select
import socket
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import serial
from serial.rfc2217 import PortManager

from reader.errors import ProfileError, ReaderBusyError, ReaderGoneError
from reader.host_clock import HostClock
from reader.port import ByteLink
from reader.serial.address import Address, Way
from reader.serial.link import DeviceLink, open_link
from reader.serial.rate_search import RatedLink
from reader.waker import Waker
from tests.reader.serial.served import Tty

PATIENCE_S = 5.0


@pytest.fixture
def waker() -> Iterator[Waker]:
    made = Waker()
    yield made
    made.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Tty]:
    with Tty(tmp_path / "module") as made:
        yield made


def opened(line: Tty, waker: Waker, baud: int = 115_200) -> RatedLink:
    return open_link(Address.of(str(line.name)), baud, waker, HostClock())


def received(link: ByteLink, count: int) -> bytes:
    got = b""
    until_s = time.monotonic() + PATIENCE_S
    while len(got) < count:
        assert time.monotonic() < until_s, got
        got += link.wait(0.2) or b""
    return got


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/dev/serial/by-id/usb-1", Address(Way.DEVICE, "/dev/serial/by-id/usb-1")),
        ("./module", Address(Way.DEVICE, "./module")),
        ("socket://box:4001", Address(Way.SOCKET, "", "box", 4001)),
        ("box:4001", Address(Way.SOCKET, "", "box", 4001)),
        ("[::1]:4001", Address(Way.SOCKET, "", "::1", 4001)),
        ("rfc2217://10.0.0.7:2217", Address(Way.RFC2217, "", "10.0.0.7", 2217)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert Address.of(text) == address
    assert Address.of(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", "ttyUSB0", "loop://", "socket://box", "box:0", "box:99999", "::1:4001", "rfc2217://:1", "tcp://a:1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ProfileError, match="/dev/serial/by-id"):
        Address.of(text)


def test_bytes_go_both_ways(line: Tty, waker: Waker) -> None:
    everything = bytes(range(256))
    with opened(line, waker) as link:
        link.send(everything)
        assert os.read(line.master, 4096) == everything
        os.write(line.master, everything)
        assert received(link, 256) == everything
        assert link.wait(0.0) is None


def test_a_wake_up_ends_a_wait(line: Tty, waker: Waker) -> None:
    with opened(line, waker) as link:
        threading.Timer(0.05, waker.wake).start()
        began_s = time.monotonic()
        assert link.wait(PATIENCE_S) is None
        assert time.monotonic() - began_s < 1.0


def test_the_rate_is_set_and_what_came_at_another_is_forgotten(line: Tty, waker: Waker) -> None:
    with opened(line, waker, 57_600) as link:
        assert line.baud_code() == termios.B57600
        os.write(line.master, b"noise")
        link.set_rate(115_200)
        assert line.baud_code() == termios.B115200
        os.write(line.master, b"sense")
        assert received(link, 5) == b"sense"


def test_a_device_has_one_user(line: Tty, waker: Waker) -> None:
    with opened(line, waker), pytest.raises(ReaderBusyError, match="in use by another program"):
        opened(line, waker)
    with opened(line, waker):
        pass  # it was given back


def test_a_device_that_is_not_there(tmp_path: Path, waker: Waker) -> None:
    with pytest.raises(ReaderGoneError, match=r"there is no device .*/module: is it plugged in"):
        DeviceLink(str(tmp_path / "module"), 115_200, waker)


def test_a_device_that_is_none(tmp_path: Path, waker: Waker) -> None:
    file = tmp_path / "module"
    file.write_bytes(b"")

    with pytest.raises(ReaderGoneError, match="module is no serial line"):
        DeviceLink(str(file), 115_200, waker)


ACTS: dict[str, Callable[[RatedLink], object]] = {
    "wait": lambda link: link.wait(PATIENCE_S),
    "send": lambda link: link.send(b"x"),
    "set_rate": lambda link: link.set_rate(9600),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_device_that_is_unplugged(line: Tty, waker: Waker, act: str) -> None:
    link = opened(line, waker)
    line.unplug()

    with pytest.raises(ReaderGoneError, match=r"unplugged|failed"):
        ACTS[act](link)
    link.close()
    link.close()


def test_what_the_line_does_not_take_waits_and_blocks_nobody(line: Tty, waker: Waker) -> None:
    much = random.Random(1).randbytes(200_000)
    with opened(line, waker) as link:
        began_s = time.monotonic()
        link.send(much)
        assert time.monotonic() - began_s < 1.0
        got = b""
        while len(got) < len(much):
            if select.select([line.master], [], [], 0)[0]:
                got += os.read(line.master, 65_536)
            link.wait(0.001)
        assert got == much


def test_tcp(waker: Waker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with open_link(Address.of(f"socket://127.0.0.1:{port}"), 9600, waker, HostClock()) as link:
            peer, _ = server.accept()
            with peer:
                assert not link.has_rate
                link.set_rate(57_600)
                link.send(b"question")
                assert peer.recv(100) == b"question"
                peer.sendall(b"answer")
                assert received(link, 6) == b"answer"
            assert link.wait(PATIENCE_S) == b""
    with pytest.raises(ReaderGoneError, match="does not answer"):
        open_link(Address.of(f"127.0.0.1:{port}"), 9600, waker, HostClock())


class Rfc2217Server:
    """pyserial's own server side, on a port that hears what it says."""

    def __init__(self) -> None:
        self.port = serial.serial_for_url("loop://", timeout=0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"rfc2217://127.0.0.1:{self._listening.getsockname()[1]}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """What `PortManager` answers with."""
        self._peer.sendall(data)

    def _run(self) -> None:
        self._peer, _ = self._listening.accept()
        # The published types name the client's classes here; the server takes any port and any writer.
        manager = PortManager(self.port, self)  # type: ignore[arg-type]  # see above
        with self._peer as peer, suppress(OSError):
            while not self._over.is_set():
                if select.select([peer], [], [], 0.01)[0]:
                    data = peer.recv(1024)
                    if not data:
                        return
                    self.port.write(b"".join(manager.filter(data)))
                if waiting := self.port.in_waiting:
                    peer.sendall(b"".join(manager.escape(self.port.read(waiting))))

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._listening.close()
        self.port.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:serial")
def test_rfc2217(waker: Waker) -> None:
    server = Rfc2217Server()
    try:
        with open_link(Address.of(server.address), 57_600, waker, HostClock()) as link:
            assert server.port.baudrate == 57_600
            link.set_rate(9600)
            assert server.port.baudrate == 9600
            link.send(bytes(range(256)))
            assert received(link, 256) == bytes(range(256))
            threading.Timer(0.05, waker.wake).start()
            began_s = time.monotonic()
            assert link.wait(PATIENCE_S) is None
            assert time.monotonic() - began_s < 1.0
            server.stop()
            with pytest.raises(ReaderGoneError):
                link.wait(PATIENCE_S)
    finally:
        server.stop()
