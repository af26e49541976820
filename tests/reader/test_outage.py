"""What a supervised reader tells of a link that stays down."""

from __future__ import annotations

import random
import threading

from reader.errors import ReaderBusyError, ReaderError, ReaderGoneError
from reader.host_clock import HostClock
from reader.llrp.session import Session
from reader.model import LinkState, ReaderEventKind
from reader.port import ByteLink
from reader.profile import load_profile
from reader.supervised import SupervisedReader
from reader.waker import Waker

PATIENCE_S = 10.0


def test_each_reason_is_told_once_though_attempts_fail_by_turns() -> None:
    """A device server that holds our old connection answers in two ways by turns; staff want to hear of both once."""
    reasons: list[ReaderError] = [ReaderGoneError("it closed"), ReaderBusyError("it is taken")]
    attempts = 0
    is_enough = threading.Event()

    def connect(waker: Waker) -> ByteLink:
        nonlocal attempts
        attempts += 1
        if attempts > 5:
            is_enough.set()
        raise reasons[attempts % 2]

    reader = SupervisedReader(load_profile("virtual-pad"), "lane 1", connect, Session, HostClock(), random.Random(1))
    reader.start()
    try:
        assert is_enough.wait(PATIENCE_S)
        told = [(event.kind, event.detail) for event in reader.events()]

        assert told == [(ReaderEventKind.REFUSED, "it is taken"), (ReaderEventKind.LINK_LOST, "it closed")]
        assert reader.health().state in (LinkState.DOWN, LinkState.REFUSED)
    finally:
        reader.stop()
