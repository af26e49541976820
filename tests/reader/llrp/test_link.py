from __future__ import annotations

import socket

import pytest

from reader.errors import ReaderGoneError
from reader.llrp.link import Link
from reader.waker import Waker


def test_what_the_reader_does_not_take_is_kept_only_up_to_a_bound() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    waker = Waker()
    with theirs, Link(ours, waker) as link:
        for _ in range(4):
            link.send(bytes(8192))
        with pytest.raises(ReaderGoneError, match="does not take"):
            link.send(bytes(1 << 17))
    waker.close()


def test_what_waits_is_sent_when_the_reader_takes_it() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    waker = Waker()
    with theirs, Link(ours, waker) as link:
        wanted = bytes(range(256)) * 200
        link.send(wanted)
        got = b""
        while len(got) < len(wanted):
            got += theirs.recv(65536)
            link.wait(0.01)

        assert got == wanted
    waker.close()
