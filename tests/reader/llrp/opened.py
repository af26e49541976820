"""A session and the scripted reader, carried through the set-up."""

from __future__ import annotations

from reader.llrp.session import Session
from reader.profile import load_profile
from reader.reader_clock import ReaderClock
from tests.reader.llrp.line import ScriptedReader, welcome


def exchange(session: Session, reader: ScriptedReader, now_s: float = 0.0) -> None:
    """Carry bytes to and fro until neither side has more to say."""
    while outgoing := session.take_outgoing():
        answered = reader.feed(outgoing)
        if answered:
            session.receive(answered, now_s)


def opened(reader: ScriptedReader, profile_name: str = "virtual-pad", now_s: float = 0.0) -> Session:
    session = Session(load_profile(profile_name), ReaderClock(), now_s)
    session.receive(welcome(), now_s)
    exchange(session, reader, now_s)
    return session
