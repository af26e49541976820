from __future__ import annotations

import threading

from reader.model import TagRead
from reader.read_queue import ReadQueue, ReadRate


def read(t_us: int) -> TagRead:
    return TagRead(t_us, "00", 1, -50.0)


def times(reads: list[TagRead]) -> list[int]:
    return [one.t_us for one in reads]


def test_oldest_give_way_and_are_counted() -> None:
    queue = ReadQueue(limit=3)

    assert queue.put([read(1), read(2)]) == 0
    assert queue.put([read(3), read(4)]) == 1
    assert queue.dropped == 1
    assert times(queue.take(0.0)) == [2, 3, 4]
    assert queue.put([read(n) for n in range(10)]) == 7
    assert times(queue.take(0.0)) == [7, 8, 9]
    assert queue.dropped == 8


def test_silence_is_an_empty_answer() -> None:
    assert ReadQueue().take(0.0) == []
    assert ReadQueue().take(-1.0) == []


def test_who_waits_is_woken_by_a_read() -> None:
    queue = ReadQueue()
    got: list[TagRead] = []
    waiting = threading.Thread(target=lambda: got.extend(queue.take(30.0)))
    waiting.start()

    queue.put([read(1)])
    waiting.join(10)

    assert times(got) == [1]


def test_who_waits_is_woken_by_the_end_and_what_came_before_is_kept() -> None:
    queue = ReadQueue()
    queue.put([read(1)])
    queue.close()

    assert times(queue.take(30.0)) == [1]
    assert queue.take(30.0) == []


def test_rate_is_that_of_the_last_two_seconds() -> None:
    rate = ReadRate()
    for n in range(100):
        rate.add(3, n * 0.1)

    assert rate.per_s(9.99) == 30.0
    assert rate.per_s(20.0) == 0.0
    assert ReadRate().per_s(1.0) == 0.0
