"""One TOML file for every process of a shop, checked whole before anything starts.

Paths are relative to the file. Unknown keys, wrong types and impossible values are refused together, each
with its line and what was expected. Secrets come from files or from the environment, never from here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from appliance.errors import ConfigError
from appliance.lane_readers import port_problems, sharing_problems
from reader.epc import gtin14, location_link
from reader.errors import EpcError
from reader.system_reasons import reason_of
from reader.toml_lines import line_of

__all__ = [
    "CentralSection",
    "Config",
    "DemoTerminalSection",
    "LaneSection",
    "ReaderSection",
    "StocktakeSection",
    "StoreSection",
    "SyncSection",
    "TerminalSection",
    "WebSection",
    "is_loopback",
    "load_config",
]


def is_loopback(host: str) -> bool:
    """Say whether ``host`` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _gln(text: str) -> str:
    try:
        if len(text) == 13 and gtin14(text):  # a GLN has the check digit of a GTIN-13
            return text
    except EpcError as error:
        raise ValueError(f"a GLN of 13 digits with a right check digit ({error})") from error
    raise ValueError("a GLN of 13 digits")


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("an address as HOST:PORT")
    return text


def _reader_address(text: str) -> str:
    """A serial module's address is more than host and port; see `reader.serial.address`."""
    # A device may have any name that somebody linked to it; one that is not plugged in is known by its folder only.
    if text.startswith(("/dev/", "socket://", "rfc2217://")) or (text.startswith("/") and Path(text).exists()):
        return text
    try:
        return _address(text)
    except ValueError as error:
        raise ValueError("HOST:PORT, a device as /dev/serial/by-id/…, socket://HOST:PORT or rfc2217://…") from error


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("an address that begins with http:// or https://")
    return text.rstrip("/")


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("a time zone as IANA names it, such as Europe/Berlin") from error
    return text


_ANY_GLN = "9521321000018"  # a right one, to ask what a place's name may be


Address = Annotated[str, AfterValidator(_address)]
ReaderAddress = Annotated[str, AfterValidator(_reader_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Port = Annotated[int, Field(ge=0, le=65535)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoreSection(_Section):
    """`[store]`: who this store is and where its data lies."""

    id: Name
    name: Annotated[str, Field(min_length=1, max_length=80)]
    gln: Annotated[str, AfterValidator(_gln)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"  # IANA name
    database: str = "store.db"
    pictures: str | None = None
    promotions: str | None = None
    receipt_url: WebAddress | None = None  # where a phone reaches central; default: [sync] central


class WebSection(_Section):
    """`[web]`: the pages for shoppers, staff and the shop window."""

    host: str = "127.0.0.1"
    port: Port = 8080
    staff_pin_file: str | None = None  # without one the staff page opens on loopback only
    public_urls: tuple[WebAddress, ...] = Field(default=(), strict=False)  # names under which browsers may come
    frame_ancestors: tuple[WebAddress, ...] = Field(default=(), strict=False)


class ReaderSection(_Section):
    """`[readers.NAME]`: a profile (built in, or a file) and where the reader is."""

    profile: str
    address: ReaderAddress | None = None


class LaneSection(_Section):
    """`[lanes.NAME]`: one kiosk with its antennas and its terminal.

    reader: its reader, or the one that it shares; antennas: its ports of that. readers: several of its own instead.
    """

    terminal: Name
    reader: Name | None = None
    readers: tuple[Name, ...] = Field(default=(), strict=False)
    antennas: tuple[Annotated[int, Field(ge=1, le=64)], ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _one_or_several(self) -> LaneSection:
        if (self.reader is None) == (not self.readers):
            raise ValueError("one of reader and readers")
        if self.antennas and self.reader is None:
            raise ValueError("antennas only beside reader: lanes cannot share readers that are joined")
        if len(set(self.antennas)) < len(self.antennas) or len(set(self.readers)) < len(self.readers):
            raise ValueError("each of its readers and antennas once")
        return self


class TerminalSection(_Section):
    """`[terminals.NAME]`: a payment terminal."""

    driver: Literal["demo"]
    address: Address
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 3.0


class StocktakeSection(_Section):
    """`[stocktake]`: the reader that walks."""

    reader: Name
    zone: Name = "floor"


class SyncSection(_Section):
    """`[sync]`: central, and the key made at enrolment (from a file, or TAGTILL_SYNC_KEY)."""

    central: WebAddress
    key_file: str | None = None
    batch: Annotated[int, Field(ge=1, le=5000)] = 500
    health_port: Port | None = None


class CentralSection(_Section):
    """`[central]`: the central inventory, where this box runs it."""

    host: str = "127.0.0.1"
    port: Port = 8090
    database: str = "central.db"
    keys_file: str | None = None
    open: bool = False  # no keys at all: loopback only
    public_reads: bool = False

    @model_validator(mode="after")
    def _keys_unless_open(self) -> CentralSection:
        if self.open and not is_loopback(self.host):
            raise ValueError("keys (keys_file), because open = true is for loopback only")
        if not self.open and self.keys_file is None:
            raise ValueError("keys_file, or open = true on loopback")
        return self


class DemoTerminalSection(_Section):
    """`[demo_terminal]`: the demo terminal, where this box runs one."""

    host: str = "127.0.0.1"
    port: Port = 9100
    ledger: str = "terminal.db"
    card_seconds: Annotated[float, Field(ge=0, le=60)] = 1.2
    health_port: Port | None = None


class Config(_Section):
    """The whole file. `base` is the folder that relative paths start from."""

    base: Path = Field(default=Path(), exclude=True, strict=False)
    store: StoreSection
    web: WebSection = WebSection()
    lanes: dict[Name, LaneSection] = {}
    readers: dict[Name, ReaderSection] = {}
    terminals: dict[Name, TerminalSection] = {}
    stocktake: StocktakeSection | None = None
    sync: SyncSection | None = None
    central: CentralSection | None = None
    demo_terminal: DemoTerminalSection | None = None

    def path(self, text: str) -> Path:
        """Return ``text`` as a path, relative to the configuration file."""
        return self.base / text

    def sync_key(self) -> str | None:
        """Return the store's key for central, or None where there is none. Raises ConfigError."""
        if (key := os.environ.get("TAGTILL_SYNC_KEY")) is not None:
            return key.strip()
        if self.sync is None or self.sync.key_file is None:
            return None
        return self._secret("sync.key_file", self.sync.key_file)

    def staff_pin(self) -> str | None:
        """Return the staff PIN, or None where there is none. Raises ConfigError."""
        if (pin := os.environ.get("TAGTILL_STAFF_PIN")) is not None:
            return pin.strip()
        if self.web.staff_pin_file is None:
            return None
        return self._secret("web.staff_pin_file", self.web.staff_pin_file)

    def _secret(self, key: str, text: str) -> str:
        try:
            return self.path(text).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(self.path(text), [f"{key}: expected a readable file: {reason_of(error)}"]) from error


def load_config(path: Path) -> Config:
    """Read and check ``path``.

    Raises:
        ConfigError: With every problem in the file, each with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(path, [f"expected a readable file: {reason_of(error)}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, [f"expected UTF-8: byte {error.start} is none"]) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [f"expected TOML: {error}"]) from error
    if "base" in document:
        raise ConfigError(path, [f"{_place(text, ('base',))}unknown key base"])
    found = list(_dangling(text, document))
    try:
        config = Config.model_validate({**document, "base": path.resolve().parent})
    except ValidationError as error:
        raise ConfigError(path, [*_problems(text, error), *found]) from error
    found += port_problems(config, lambda *keys: _place(text, keys))
    if found:
        raise ConfigError(path, found)
    return config


def _problems(text: str, error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        keys = tuple(str(part) for part in problem["loc"] if part != "[key]")
        name = ".".join(keys)
        if problem["type"] == "extra_forbidden":
            yield f"{_place(text, keys)}unknown key {name}"
        elif problem["type"] == "missing":
            yield f"{_place(text, keys)}{name} is missing"
        else:
            expected = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            yield f"{_place(text, keys)}{name}: expected {expected}, found {_shown(problem['input'])}"


def _shown(value: Any) -> str:
    return "a table" if isinstance(value, dict) else repr(value)


def _dangling(text: str, document: dict[str, Any]) -> Iterator[str]:
    """Yield what one part of the file says of another and is not so; of a part that is no table, nothing."""
    readers, terminals, lanes = (_tables(document, name) for name in ("readers", "terminals", "lanes"))
    for name, lane in lanes.items():
        for key, group, known in (
            ("reader", "readers", readers),
            ("readers", "readers", readers),
            ("terminal", "terminals", terminals),
        ):
            said = lane.get(key)
            for wanted in said if isinstance(said, list) else [said]:
                if isinstance(wanted, str) and wanted not in known:
                    place = _place(text, ("lanes", name, key))
                    yield f"{place}lanes.{name}.{key}: expected one of [{group}.…]: {', '.join(known) or 'none there'}"
        try:
            location_link(_ANY_GLN, name)
        except EpcError as error:
            yield f"{_place(text, ('lanes', name))}lanes.{name}: expected a name that GS1 takes for a place ({error})"
    walker = document["stocktake"].get("reader") if isinstance(document.get("stocktake"), dict) else None
    if isinstance(walker, str) and walker not in readers:
        place = _place(text, ("stocktake", "reader"))
        yield f"{place}stocktake.reader: expected one of [readers.…]: {', '.join(readers) or 'none there'}"
    used = [lane.get("terminal") for lane in lanes.values()]
    if len(set(map(str, used))) < len(used):
        yield "lanes: expected a terminal of its own for each lane"
    yield from sharing_problems(lanes, lambda *keys: _place(text, keys))


def _tables(document: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    group = document.get(name)
    return {key: table for key, table in group.items() if isinstance(table, dict)} if isinstance(group, dict) else {}


def _place(text: str, keys: tuple[str, ...]) -> str:
    """Return "line N: " of the deepest part of ``keys`` that stands in the file, or nothing."""
    for end in range(len(keys), 0, -1):
        line = line_of(text, *keys[:end])
        if line is not None:
            return f"line {line}: "
    return ""
