"""The LLRP driver: a supervised reader whose link is TCP and whose conversation is `session`'s."""

from __future__ import annotations

import random
from typing import Final

from reader.host_clock import HostClock
from reader.llrp.asking import Patience
from reader.llrp.link import Link, host_and_port
from reader.llrp.session import Session
from reader.port import Clock
from reader.profile import Profile
from reader.reader_clock import ReaderClock
from reader.supervised import SupervisedReader
from reader.waker import Waker

__all__ = ["llrp_reader", "open_llrp_reader"]

_CONNECT_S: Final = 1.5  # one retransmission of SYN (at 1 s) and its way back


def open_llrp_reader(profile: Profile, address: str, name: str) -> SupervisedReader:
    """Return a reader on the host's own clock, not started."""
    return llrp_reader(profile, address, name, HostClock(), random.Random())


def llrp_reader(profile: Profile, address: str, name: str, clock: Clock, random: random.Random) -> SupervisedReader:
    """Return a reader, not started.

    Args:
        profile: What the reader is and shall do.
        address: host:port or [v6]:port; 5084 where the port is left out.
        name: What staff call it.
        clock: The host's time.
        random: Jitter for reconnecting.

    Raises:
        ProfileError: The address is none.
    """
    host, port = host_and_port(address)

    def connect(waker: Waker) -> Link:
        return Link.connect(host, port, _CONNECT_S, waker)

    patience = Patience()

    def converse(profile: Profile, reader_clock: ReaderClock, now_s: float) -> Session:
        return Session(profile, reader_clock, now_s, patience)

    return SupervisedReader(profile, name, connect, converse, clock, random)
