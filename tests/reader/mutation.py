"""Damage: what lines, adapters, firmware and strangers do to a frame."""

from __future__ import annotations

import random
from collections.abc import Sequence

__all__ = ["mutated"]

_TELLING = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, 0xA0, 0xAA, 0xBB, 0xDD, 0x7E)  # borders of numbers, marks of frames


def mutated(rng: random.Random, frame: bytes, others: Sequence[bytes]) -> bytes:
    """Return ``frame`` after one to three kinds of damage; ``others`` are frames to mix it with."""
    octets = bytearray(frame)
    for _ in range(rng.randint(1, 3)):
        _damage(rng, octets, others)
    return bytes(octets)


def _damage(rng: random.Random, octets: bytearray, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(octets) + 1)
    to = min(len(octets), at + rng.randint(1, 12))
    match rng.randrange(8):
        case 0 if at < len(octets):
            octets[at] ^= 1 << rng.randrange(8)
        case 1 if at < len(octets):
            octets[at] = rng.choice(_TELLING)
        case 2:
            octets[at:to] = rng.randbytes(to - at)
        case 3:
            del octets[at:to]
        case 4:
            octets[at:at] = octets[at:to]  # said twice
        case 5:
            del octets[at:]
        case 6:
            octets[at:at] = bytes((rng.choice(_TELLING),)) * rng.randint(1, 9)
        case _:
            other = rng.choice(others)
            octets[at:] = other[rng.randrange(len(other)) :]
