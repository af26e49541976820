"""How strongly a tag and an antenna hear each other.

One way: antenna gain by direction, free space, the tag's dipole and its axis, what it hangs on, the walls
around its place, its neighbours, and echoes. The way is the same back, less what the tag's modulation costs.

Echoes come from a few seeded points around each tag; their waves and the direct one add up at the antenna.
So fading is coherent over frequency, antenna and movement, as it is in a room: a null on one channel stays
there until something moves. Near the antenna the direct wave wins by itself.

Spans are those of the reader's own figures (facts measured 2026-11): sensitivity -14 to -24 dBm, tag gain 0
to 2 dBi, modulation loss 4 to 8 dB, textile 0 to 4 dB, cardboard 0 to 5, liquid 5 to 20, metal 8 to 30.
"""

from __future__ import annotations

import cmath
import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reader.virtual.placed import PlacedTag
from reader.virtual.scene import Material, SceneAntenna, Vector

__all__ = ["Link", "TagNature", "crowding_db", "link_between", "nature_of"]

_SPEED_OF_LIGHT_M_KHZ = 299_792.458  # metres times kHz
_MATERIAL_LOSS_DB: dict[Material, tuple[float, float]] = {
    "air": (0.0, 0.5),
    "textile": (0.0, 4.0),
    "cardboard": (0.0, 5.0),
    "liquid": (5.0, 20.0),
    "metal": (8.0, 30.0),
}
_ECHOES = 3
_NEAREST_M = 0.03  # nearer than this, free space means nothing
_PAD_REACH_M = 0.4  # a near-field pad's own field ends about here
_BACK_LOBE_DB = -20.0
_CROWD_M = 0.03
_DEEPEST_NULL = 0.03
_STRONGEST_ECHO = 0.9
_BEST_ECHO_DB = 20 * math.log10(1 + _ECHOES * _STRONGEST_ECHO)


@dataclass(frozen=True, slots=True)
class TagNature:
    """What a tag is like wherever it lies; drawn once from the seed.

    echoes: offset of each scatterer from the tag, its distance (both metres), and its strength.
    write_margin_db: how much more power it takes to write to it than to read it.
    sway_*: how far, how fast and from where the link swings while people move around it.
    """

    sensitivity_dbm: float
    gain_dbi: float
    modulation_loss_db: float
    material_loss_db: float
    phase_deg: float
    s1_persistence_us: int
    s2_persistence_us: int
    echoes: tuple[tuple[Vector, float, float], ...]
    sway_db: float
    sway_period_us: float
    sway_phase: float
    write_margin_db: float

    def sway_at_db(self, now_us: float) -> float:
        """Return what the link gains or loses at a time, one way."""
        return self.sway_db * math.sin(2 * math.pi * now_us / self.sway_period_us + self.sway_phase)


@dataclass(frozen=True, slots=True)
class Link:
    """One tag heard by one antenna on one channel; ``gain_db`` is one way, cable and antennas included."""

    gain_db: float
    phase_deg: float


def nature_of(tag: PlacedTag, seed: int) -> TagNature:
    """Draw what ``tag`` is like; the same for the same seed, chip and material."""
    draw = random.Random(f"{seed}/{tag.chip}/{tag.material}")
    low_db, high_db = _MATERIAL_LOSS_DB[tag.material]
    echoes: list[tuple[Vector, float, float]] = []
    for _ in range(_ECHOES):
        x, y, z = (draw.gauss(0.0, 1.0) for _ in range(3))
        away_m = draw.uniform(0.3, 2.5)
        scale = away_m / math.hypot(x, y, z)
        echoes.append(((x * scale, y * scale, z * scale), away_m, draw.uniform(0.3, _STRONGEST_ECHO)))
    return TagNature(
        sensitivity_dbm=min(-14.0, max(-24.0, draw.gauss(-18.5, 1.2))),
        gain_dbi=draw.uniform(0.0, 2.0),
        modulation_loss_db=draw.uniform(4.0, 8.0),
        material_loss_db=draw.uniform(low_db, high_db),
        phase_deg=draw.uniform(0.0, 360.0),
        s1_persistence_us=int(draw.uniform(0.5, 5.0) * 1e6),
        s2_persistence_us=int(draw.uniform(2.0, 20.0) * 1e6),
        echoes=tuple(echoes),
        sway_db=draw.uniform(0.2, 1.8),
        sway_period_us=draw.uniform(2.0, 9.0) * 1e6,
        sway_phase=draw.uniform(0.0, 2 * math.pi),
        # Drawn last: what was drawn before stays what it was. The span is an assumption (data sheets of common chips
        # give write sensitivities a few dB above those for reading; nothing of it was measured).
        write_margin_db=draw.uniform(2.0, 4.0),
    )


def link_between(
    tag: PlacedTag,
    nature: TagNature,
    crowd_db: float,
    antenna: SceneAntenna,
    at: Vector,
    khz: int,
    least_db: float = -math.inf,
) -> Link | None:
    """Work out one link; None where its gain cannot reach ``least_db`` even if all echoes helped.

    ``at`` is where the antenna is now; ``crowd_db`` what the tag's neighbours cost.
    """
    towards = (tag.at[0] - at[0], tag.at[1] - at[1], tag.at[2] - at[2])
    distance_m = max(_NEAREST_M, math.hypot(*towards))
    wavelength_m = _SPEED_OF_LIGHT_M_KHZ / khz
    gain_db = (
        antenna.gain_dbi
        - antenna.cable_db
        + nature.gain_dbi
        + 20 * math.log10(wavelength_m / (4 * math.pi * distance_m))
        + _directivity_db(antenna, towards, distance_m)
        - nature.material_loss_db
        - tag.attenuation_db
        - crowd_db
    )
    if gain_db + _BEST_ECHO_DB < least_db:
        return None
    gain_db += _dipole_db(antenna, tag.axis, towards, distance_m)
    if gain_db + _BEST_ECHO_DB < least_db:
        return None
    field = _field(nature, towards, distance_m, 2 * math.pi / wavelength_m)
    # There and back, so the phase turns twice.
    phase_deg = (2 * math.degrees(cmath.phase(field)) + nature.phase_deg) % 360.0
    return Link(gain_db + 20 * math.log10(max(_DEEPEST_NULL, abs(field))), phase_deg)


def _field(nature: TagNature, towards: Vector, distance_m: float, wave_number: float) -> complex:
    """Add up the direct wave, taken as 1, and the echoes."""
    dx, dy, dz = towards
    field = cmath.rect(1.0, -wave_number * distance_m)
    for (ex, ey, ez), away_m, strength in nature.echoes:
        path_m = away_m + math.hypot(dx + ex, dy + ey, dz + ez)
        field += cmath.rect(strength * distance_m / path_m, -wave_number * path_m)
    return field


def _directivity_db(antenna: SceneAntenna, towards: Vector, distance_m: float) -> float:
    fx, fy, fz = antenna.facing
    cosine = (fx * towards[0] + fy * towards[1] + fz * towards[2]) / (math.hypot(fx, fy, fz) * distance_m)
    if antenna.kind == "pad":
        # Over a pad the field is about as wide as the pad; beyond its reach it falls off one power more.
        beyond_db = 20 * math.log10(max(1.0, distance_m / _PAD_REACH_M))
        return max(_BACK_LOBE_DB, 10 * math.log10(max(1e-3, 0.5 + 0.5 * cosine))) - beyond_db
    exponent = 1.5 if antenna.kind == "handheld" else 2.5
    return max(_BACK_LOBE_DB, 10 * exponent * math.log10(max(1e-3, cosine)))


def _dipole_db(antenna: SceneAntenna, axis: Vector, towards: Vector, distance_m: float) -> float:
    along = (axis[0] * towards[0] + axis[1] * towards[1] + axis[2] * towards[2]) / distance_m
    across = math.sqrt(max(0.0, 1.0 - along * along))
    # Near a pad the field has no single direction, so the dipole's null fills up.
    least = 0.35 if antenna.kind == "pad" and distance_m < _PAD_REACH_M else 0.06
    return 20 * math.log10(max(least, across))


def crowding_db(tags: Iterable[PlacedTag]) -> Mapping[str, float]:
    """Return what neighbours cost each tag, by chip: tags within 3 cm detune each other."""
    cells: dict[tuple[int, int, int], list[PlacedTag]] = {}
    for tag in tags:
        cell = (int(tag.at[0] // _CROWD_M), int(tag.at[1] // _CROWD_M), int(tag.at[2] // _CROWD_M))
        cells.setdefault(cell, []).append(tag)
    losses: dict[str, float] = {}
    for (x, y, z), here in cells.items():
        near = [
            other
            for i in (x - 1, x, x + 1)
            for j in (y - 1, y, y + 1)
            for k in (z - 1, z, z + 1)
            for other in cells.get((i, j, k), ())
        ]
        if len(near) < 2:
            continue
        for tag in here:
            count = sum(1 for other in near if math.dist(tag.at, other.at) < _CROWD_M) - 1
            if count:
                losses[tag.chip] = min(12.0, 2.5 * count)
    return losses
