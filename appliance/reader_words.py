"""What a reader reports besides tags, in the words of the guide; and why it may have read none."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reader.model import LinkState, ReaderEvent, ReaderEventKind, ReaderHealth
from reader.profile import Profile

__all__ = ["event_in_words", "reasons_for_silence"]

_DO = {
    ReaderEventKind.ANTENNA_GONE: "screw it on; antennas without a DC path are invisible to some readers",
    ReaderEventKind.HOT: "too hot to transmit; it goes on by itself. Air, less power, a sink",
    ReaderEventKind.REFLECTION: "the power comes back: cable, plug, or an antenna for another band",
    ReaderEventKind.MALFORMED: "told once in a while; the others are counted",
    ReaderEventKind.LINK_LOST: "it connects again by itself",
}
_HOT_C = 75.0  # modules stop between 75 and 85 °C; not all of them say why
_LASTING_SESSIONS = {1: "for half a second to five", 2: "for two seconds and more", 3: "for two seconds and more"}


def event_in_words(event: ReaderEvent) -> str:
    """Return one line: the kind, what the reader said, and what to do where that is known."""
    said = f"{event.kind}: {event.detail}" if event.detail else str(event.kind)
    return f"{said} ({_DO[event.kind]})" if event.kind in _DO else said


def reasons_for_silence(profile: Profile, health: ReaderHealth, seen: Collection[ReaderEventKind]) -> Iterator[str]:
    """Yield why no tag was read, the surest reason first; never nothing.

    Args:
        profile: What the reader was told.
        health: How it is at the end.
        seen: What it reported on the way.
    """
    if health.state is not LinkState.UP:
        yield f"the reader is {health.state}: {health.detail or 'no answer yet'}"
    if health.antennas_gone:
        yield f"no antenna at port {', '.join(map(str, health.antennas_gone))}"
    if ReaderEventKind.HOT in seen:
        yield "the reader is too hot to transmit"
    elif health.temperature_c is not None and health.temperature_c >= _HOT_C:
        yield f"the reader has {health.temperature_c:g} °C, which may be too hot to transmit"
    if ReaderEventKind.REFLECTION in seen:
        yield "the power comes back from an antenna"
    if profile.start_input is not None:
        start = profile.start_input
        yield f"it reads only when input {start.port} goes {'high' if start.is_high else 'low'}"
    if profile.filters:
        yield "only tags that the profile's filters let may answer"
    session = profile.session
    if profile.target == "single" and session in _LASTING_SESSIONS:
        yield (
            f"session S{session} with a single target: what was read keeps silent {_LASTING_SESSIONS[session]} "
            "after the last sweep reached it, and as long as a reader powers it; read by S0 or a dual target to see it"
        )
    if health.state is LinkState.UP and not health.antennas_gone:
        power = "" if health.tx_power_dbm is None else f" at {health.tx_power_dbm:g} dBm"
        yield f"no tag answers{power}: nothing lies there, or too little power reaches it"
