"""Is it new? Two identities, each of which belongs to one event for ever.

1. (eventID, carries an error declaration): the declaration repeats the id of the event that it takes back, so the
   id alone would swallow every void (gs1/EPCIS, issue 48).
2. (store, epoch, seq), where the event has them.
3. Same identity and same content: the same event, once more. Same identity, other content: a conflict; what came
   first stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocksync.central.model import CapturedEvent, Verdict

__all__ = ["EventName", "Number", "judged", "name_of", "number_of"]

EventName = tuple[str, bool]
Number = tuple[str, int, int]


def name_of(event: CapturedEvent) -> EventName:
    """Return the identity that every event has."""
    return event.event_id, event.declared


def number_of(event: CapturedEvent) -> Number | None:
    """Return the identity that its store gave it, or None."""
    return None if event.store is None else (event.store, event.epoch, event.seq)


def judged(
    events: Sequence[CapturedEvent], names: Mapping[EventName, bytes], numbers: Mapping[Number, bytes]
) -> list[tuple[Verdict, str]]:
    """Return a verdict per event (STORED, DUPLICATE or CONFLICT) and, for conflicts, why.

    names, numbers: the digests that are stored under the identities of ``events``. An event of the batch counts for
    those behind it.
    """
    names, numbers = dict(names), dict(numbers)
    verdicts: list[tuple[Verdict, str]] = []
    for event in events:
        name, number = name_of(event), number_of(event)
        by_name = names.get(name)
        by_number = numbers.get(number) if number is not None else None
        if by_name is None and by_number is None:
            names[name] = event.digest
            if number is not None:
                numbers[number] = event.digest
            verdicts.append((Verdict.STORED, ""))
        elif any(known not in (None, event.digest) for known in (by_name, by_number)):
            which = "eventID" if by_name not in (None, event.digest) else "store, epoch and seq"
            verdicts.append((Verdict.CONFLICT, f"another event with other content has the same {which}"))
        else:
            verdicts.append((Verdict.DUPLICATE, ""))
    return verdicts
