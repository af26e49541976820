"""Why no tag was read, the surest reason first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from appliance.reader_words import event_in_words, reasons_for_silence
from reader.model import LinkState, ReaderEvent, ReaderEventKind, ReaderHealth
from reader.profile import InputTrigger, load_profile

PAD = load_profile("virtual-pad")
UP = ReaderHealth(LinkState.UP, tx_power_dbm=20.0)


@pytest.mark.parametrize(
    ("profile", "health", "seen", "first"),
    [
        ({}, {}, set(), "no tag answers at 20 dBm"),
        ({}, {"state": LinkState.DOWN, "detail": "unplugged"}, set(), "the reader is down: unplugged"),
        ({}, {"antennas_gone": (1, 2)}, set(), "no antenna at port 1, 2"),
        ({}, {}, {ReaderEventKind.HOT}, "the reader is too hot to transmit"),
        ({}, {"temperature_c": 80.0}, set(), "the reader has 80 °C"),
        ({}, {}, {ReaderEventKind.REFLECTION}, "the power comes back"),
        (
            {"start_input": InputTrigger(2, is_high=True, seconds=1.0)},
            {},
            set(),
            "it reads only when input 2 goes high",
        ),
        ({"session": 3, "target": "single"}, {}, set(), "session S3 with a single target"),
        ({"session": 0, "target": "single"}, {}, set(), "no tag answers at 20 dBm"),
        ({"session": 2, "target": "dual"}, {}, set(), "no tag answers at 20 dBm"),
    ],
)
def test_the_surest_reason_comes_first(
    profile: dict[str, Any], health: dict[str, Any], seen: set[ReaderEventKind], first: str
) -> None:
    reasons = list(reasons_for_silence(replace(PAD, **profile), replace(UP, **health), seen))

    assert reasons[0].startswith(first)


def test_an_event_is_its_kind_what_was_said_and_what_to_do() -> None:
    assert event_in_words(ReaderEvent(0.0, ReaderEventKind.RETUNED, "gate")) == "retuned: gate"
    assert event_in_words(ReaderEvent(0.0, ReaderEventKind.HOT, "85 °C")).startswith("hot: 85 °C (too hot to transmit;")
