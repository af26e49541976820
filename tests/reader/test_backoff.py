from __future__ import annotations

from random import Random

from reader.backoff import Backoff


def test_first_at_once_then_longer_up_to_a_second_for_ever() -> None:
    waits = [Backoff(Random(seed)) for seed in range(20)]

    series = [[backoff.next_s() for _ in range(40)] for backoff in waits]

    for one in series:
        assert one[0] == 0.0
        assert 0.05 <= one[1] <= 0.1
        assert all(0.5 <= wait <= 1.0 for wait in one[5:])
    assert len({one[5] for one in series}) == 20  # they do not march in step


def test_reset_begins_anew() -> None:
    backoff = Backoff(Random(1))
    backoff.next_s()
    backoff.next_s()
    backoff.reset()

    assert backoff.next_s() == 0.0
