"""What lies where: the file that a virtual reader is started with.

A scene is TOML (or JSON with the same keys); lengths are metres, z points up. Everything has a
default except what is marked *must*::

    seed = 7                        # same seed, same air
    region = "etsi"                 # or "fcc"

    [[antennas]]                    # must: at least one
    port = 1                        # must: 1 to 32, LLRP's AntennaID; no gaps
    at = [0.0, 0.0, -0.05]          # must
    facing = [0.0, 0.0, 1.0]
    gain_dbi = -4.0                 # a near-field pad is below 0, a panel has 5 to 9
    cable_db = 1.0
    kind = "pad"                    # "pad" fades fast beyond 0.4 m; "panel" and "handheld" do not

    [[places]]                      # named boxes; a tag put into one lies at a seeded point inside it
    name = "pad"                    # must
    at = [0.0, 0.0, 0.12]           # must: the centre
    size = [0.4, 0.3, 0.15]
    attenuation_db = 0.0            # walls or a body around it, passed once each way

    [[tags]]                        # one tag, or several with the same properties
    epc = "3034…"                   # must: this, or `epcs = ["…", "…"]`
    place = "pad"                   # must: a place, or `at = [x, y, z]`; both: there, inside that place's walls
    orientation = [1.0, 0.0, 0.0]   # axis of the tag's dipole; drawn by the seed where absent
    material = "textile"            # what it hangs on: air, textile, cardboard, liquid or metal
    kind = "goods"                  # a label for people; no effect on the air
    dead = false                    # true: never answers
    tid = "E280…"                   # of one tag; drawn from its name where absent
    user_words = 8                  # words of user memory, 0 to 512, all zero
    access_password = "00000000"    # eight hex digits; zero: none
    kill_password = "00000000"      # likewise; zero: cannot be killed
    locks = { epc = "locked" }      # of kill_password, access_password, epc, tid, user:
                                    # open, locked, always_open or always_locked; open where absent, the TID never

    [walker]                        # carries antennas along a path, as in a stocktake sweep
    path = [[0, 0, 1.2], [9, 0, 1.2]]   # must; an antenna's `at` is then its offset from the walker
    speed_m_s = 0.8
    antennas = [1]                  # ports that are carried; absent: all
    loop = false                    # true: walks to and fro; false: stops at the end

Without a file there is `builtin_scene`: a pad with two antennas, seven items in a basket, a shelf behind.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from reader.access import Lock, LockField
from reader.errors import SceneError

__all__ = [
    "AntennaKind",
    "Epc",
    "Material",
    "MemorySettings",
    "Name",
    "Place",
    "Region",
    "Scene",
    "SceneAntenna",
    "SceneTags",
    "Vector",
    "Walker",
    "builtin_scene",
    "load_scene",
    "reason_of",
    "scene_of",
]

AntennaKind = Literal["pad", "panel", "handheld"]
Material = Literal["air", "textile", "cardboard", "liquid", "metal"]
Region = Literal["etsi", "fcc"]

_Metres = Annotated[float, Field(ge=-1000.0, le=1000.0, allow_inf_nan=False)]
Vector = tuple[_Metres, _Metres, _Metres]

# Whole 16-bit words, at most the 31 that a PC word can count (Gen2, "PC bits").
Epc = Annotated[str, StringConstraints(to_upper=True, pattern=r"^(?:[0-9A-Fa-f]{4}){1,31}$")]
# At least the 32 bits that every TID begins with (Gen2, section 6.3.2.1.3).
Tid = Annotated[str, StringConstraints(to_upper=True, pattern=r"^(?:[0-9A-Fa-f]{4}){2,32}$")]
_ZERO = "00000000"
Password = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{8}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w .-]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SceneAntenna(_Strict):
    """One antenna on a port of the reader."""

    port: Annotated[int, Field(ge=1, le=32)]
    at: Vector
    facing: Vector = (0.0, 0.0, 1.0)
    gain_dbi: Annotated[float, Field(ge=-30.0, le=15.0)] = 6.0
    cable_db: Annotated[float, Field(ge=0.0, le=10.0)] = 1.0
    kind: AntennaKind = "panel"

    @model_validator(mode="after")
    def _has_a_direction(self) -> SceneAntenna:
        if self.facing == (0.0, 0.0, 0.0):
            raise ValueError("`facing` must point somewhere")
        return self


class Place(_Strict):
    """A named box in which tags lie."""

    name: Name
    at: Vector
    size: Vector = (0.0, 0.0, 0.0)
    attenuation_db: Annotated[float, Field(ge=0.0, le=200.0)] = 0.0


class MemorySettings(_Strict):
    """What the memory of a new tag holds besides its EPC; what is not set is as tags have it of themselves."""

    tid: Tid | None = None
    user_words: Annotated[int, Field(ge=0, le=512)] = 8
    access_password: Password = _ZERO
    kill_password: Password = _ZERO
    locks: dict[LockField, Lock] = Field(default_factory=dict)

    @property
    def memory_settings(self) -> dict[str, Any]:
        """Those that were set, by name."""
        names = MemorySettings.model_fields.keys() & self.model_fields_set
        return {name: getattr(self, name) for name in names}


class SceneTags(MemorySettings):
    """One or several tags that share their properties."""

    epc: Epc | None = None
    epcs: tuple[Epc, ...] = ()
    place: Name | None = None
    at: Vector | None = None
    orientation: Vector | None = None
    material: Material = "textile"
    kind: Name = "goods"
    dead: bool = False

    @model_validator(mode="after")
    def _is_somewhere(self) -> SceneTags:
        if (self.epc is None) == (not self.epcs):
            raise ValueError("a tag needs either `epc` or `epcs`")
        if self.place is None and self.at is None:
            raise ValueError("a tag needs a `place` or `at`")
        if self.orientation == (0.0, 0.0, 0.0):
            raise ValueError("`orientation` must point somewhere")
        if self.tid is not None and len(self.all_epcs) > 1:
            raise ValueError("a `tid` is of one tag only")
        return self

    @property
    def all_epcs(self) -> tuple[str, ...]:
        """The EPCs of this group, whichever way they were given."""
        return self.epcs if self.epc is None else (self.epc,)


class Walker(_Strict):
    """Carries antennas along a path; their `at` is then an offset."""

    path: Annotated[tuple[Vector, ...], Field(min_length=2, max_length=10_000)]
    speed_m_s: Annotated[float, Field(gt=0.0, le=10.0)] = 0.8
    antennas: tuple[int, ...] | None = None
    loop: bool = False


class Scene(_Strict):
    """A whole scene, checked: every place named exists, every EPC and port occurs once."""

    seed: int = 1
    region: Region = "etsi"
    antennas: Annotated[tuple[SceneAntenna, ...], Field(min_length=1)]
    places: tuple[Place, ...] = ()
    tags: tuple[SceneTags, ...] = ()
    walker: Walker | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Scene:
        ports = [antenna.port for antenna in self.antennas]
        if sorted(ports) != list(range(1, len(ports) + 1)):
            raise ValueError(f"antenna ports must be 1 to {len(ports)}, each once, not {ports}")
        _refuse_twice("place", [place.name for place in self.places])
        _refuse_twice("EPC", [epc for group in self.tags for epc in group.all_epcs])
        known = {place.name for place in self.places}
        for group in self.tags:
            if group.place is not None and group.place not in known:
                raise ValueError(f"place {group.place!r} is not one of the scene's places {sorted(known)}")
        for port in (self.walker.antennas or ()) if self.walker else ():
            if port not in ports:
                raise ValueError(f"the walker carries antenna {port}, which the scene does not have")
        return self


def _refuse_twice(what: str, names: list[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{what} {name!r} occurs {count} times")


def reason_of(error: ValidationError) -> str:
    """Return the first complaint as one clause: where it is, what was expected, what was there."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Value error, ")
    given = first["input"]
    shown = f" (not {given!r})" if isinstance(given, str | int | float) and first["type"] != "extra_forbidden" else ""
    return f"{where}: {text}{shown}" if where else text


def scene_of(document: Mapping[str, Any], source: str = "scene") -> Scene:
    """Check a scene that was already parsed.

    Raises:
        SceneError: Says ``source``, the place in the document, and what was expected there.
    """
    try:
        return Scene.model_validate(document)
    except ValidationError as error:
        raise SceneError(f"{source}: {reason_of(error)}") from error


def load_scene(path: Path) -> Scene:
    """Read a scene file: JSON where the name ends in .json, else TOML.

    Raises:
        SceneError: The file cannot be read, parsed or obeyed; says which and why.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise SceneError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SceneError(f"{path}: not {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from error
    if not isinstance(document, dict):
        raise SceneError(f"{path}: expected an object with `antennas`, `places` and `tags`")
    return scene_of(document, str(path))


def builtin_scene() -> Scene:
    """Return a counter with a pad, a basket of seven on it, and a few strays on the shelf behind the shopper.

    Antenna 1 lies under the pad, antenna 2 hangs over its far edge and looks down at it, and so at the shelf.

    The EPCs are SGTIN-96 of company prefix 9521141, which lies in the range that GS1 keeps for examples.
    """
    return Scene(
        seed=7,
        antennas=(
            SceneAntenna(port=1, at=(0.0, 0.0, -0.06), facing=(0.0, 0.0, 1.0), gain_dbi=-6.0, kind="pad"),
            SceneAntenna(port=2, at=(0.0, 0.4, 0.5), facing=(0.0, -0.7, -0.7), gain_dbi=3.0, kind="panel"),
        ),
        places=(
            Place(name="pad", at=(0.0, 0.0, 0.1), size=(0.4, 0.3, 0.14)),
            Place(name="bag", at=(0.9, -0.9, 0.1), size=(0.3, 0.2, 0.3), attenuation_db=3.0),
            Place(name="pocket", at=(0.2, -0.7, 0.1), size=(0.2, 0.1, 0.2), attenuation_db=8.0),
            Place(name="shelf", at=(0.0, -1.9, 0.3), size=(2.0, 0.3, 1.0)),
            Place(name="neighbour", at=(1.9, 0.0, 0.1), size=(0.4, 0.3, 0.14), attenuation_db=3.0),
            Place(name="bin", at=(-0.8, 0.0, -0.4), size=(0.3, 0.3, 0.3), attenuation_db=20.0),
            Place(name="away", at=(0.0, 0.0, 0.0), attenuation_db=200.0),
        ),
        tags=(
            SceneTags(
                place="pad",
                epcs=(
                    "3036451FD4001940000003E9",
                    "3036451FD4001980000003EA",
                    "3036451FD40019C0000003EB",
                    "3036451FD4001A00000003EC",
                    "3036451FD4001A40000003ED",
                    "3036451FD4001A80000003EE",
                    "3036451FD4001AC0000003EF",
                ),
            ),
            SceneTags(
                place="shelf",
                epcs=(
                    "3036451FD4003240000007D1",
                    "3036451FD4003280000007D2",
                    "3036451FD40032C0000007D3",
                    "3036451FD4003300000007D4",
                    "3036451FD4003340000007D5",
                    "3036451FD4003380000007D6",
                ),
            ),
        ),
    )
