"""The whole shop on loopback: its folder, its processes, its virtual floor."""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from appliance.config import Config, load_config
from appliance.demo.floor import FloorError, ReaderDoor, VirtualFloor
from appliance.demo.processes import ProcessGroup, ProcessPlan
from appliance.demo.scenes import lane_scene, shelf_place, sweep_scene
from appliance.demo.shop import SampleShop, write_shop
from appliance.errors import ProcessError
from appliance.importing import import_catalogue_file, import_stock_file
from appliance.wiring import migrate_store
from checkout.errors import TerminalError
from checkout.terminals.demo import ask_demo_terminal
from stocksync.central.keys import hash_key

__all__ = ["DemoPlan", "DemoShop"]

_HOST = "127.0.0.1"
_STRAYS = 24  # items of the shelf across the aisle that a lane's reader may hear
_STOLEN = 7  # items that the books have and the floor has not, for the stocktake to find
_READY_S = 30.0


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What the demo is asked for. Port 0 takes any free ones; the floor's page is one above the shop's."""

    folder: Path
    port: int = 8080
    lane_count: int = 1
    seed: int = 1
    card_seconds: float = 1.2


class DemoShop:
    """A sample shop: `prepare` writes its folder, `start` brings it up, `tend` keeps it up."""

    def __init__(self, plan: DemoPlan, shop: SampleShop, stop: threading.Event | None = None) -> None:
        """``stop``: once it is set, `start` and `tend` raise StopWishedError."""
        self.plan = plan
        self.shop = shop
        self.lanes = tuple(str(number) for number in range(1, plan.lane_count + 1))
        self._ports = _Ports(plan)
        self.config_path = plan.folder / "shop.toml"
        self.processes = ProcessGroup(plan.folder / "logs", {"TAGTILL_CONFIG": str(self.config_path)}, stop)
        self.floor = self._lay_out()

    @property
    def store_url(self) -> str:
        """Where the kiosk, the staff page and the online shop are."""
        return f"http://{_HOST}:{self._ports.web}"

    @property
    def central_url(self) -> str:
        """Where central answers."""
        return f"http://{_HOST}:{self._ports.central}"

    @property
    def floor_port(self) -> int:
        """The port of the virtual floor's page."""
        return self._ports.floor

    @property
    def store_key(self) -> str:
        """The key by which this store speaks to central."""
        return (self.plan.folder / "store.key").read_text(encoding="utf-8").strip()

    def terminal_ledger(self, lane: str) -> Path:
        """Return the file in which a lane's terminal keeps its own books."""
        return self.plan.folder / f"terminal-{lane}.db"

    def prepare(self) -> Config:
        """Write the folder: goods, scenes, keys, configuration; import catalogue and stock where they are not yet."""
        folder = self.plan.folder
        folder.mkdir(parents=True, exist_ok=True)
        write_shop(self.shop, folder)
        self._write_keys()
        self._write_scenes()
        self.config_path.write_text(self._configuration(), encoding="utf-8")
        config = load_config(self.config_path)
        fresh = not config.path(config.store.database).exists()
        migrate_store(config)
        if fresh:
            import_catalogue_file(config, folder / "catalogue.csv")
            import_stock_file(config, folder / "stock.csv")
        return config

    def start(self) -> None:
        """Bring every process up. Raises ProcessError."""
        for plan in self._process_plans():
            self.processes.add(plan)
        self.processes.tend_until_ready(_READY_S)

    def tend(self, wait_s: float = 0.1) -> None:
        """Keep the processes as they are wished to be; see `ProcessGroup.tend`."""
        self.processes.tend(wait_s)

    def stop(self) -> None:
        """End everything politely."""
        self.processes.stop()

    # --- what the floor's page switches ---

    def behave(self, lane: str, behaviour: str) -> None:
        """Set how a lane's terminal behaves. Raises ProcessError where it is off."""
        answer = self._ask_terminal(lane, {"op": "behaviour", "behaviour": behaviour})
        if answer is None:
            raise ProcessError(f"the terminal of lane {lane} is off, or knows no {behaviour}")

    def behaviour(self, lane: str) -> str | None:
        """Return how a lane's terminal behaves, or None where it is off."""
        answer = self._ask_terminal(lane, {"op": "behaviour"})
        return None if answer is None else str(answer.get("behaviour"))

    def fault(self, lane: str, fault: str, on: bool) -> None:
        """Switch a fault of a lane's reader. Raises requests.RequestException where it is off."""
        self._door(self._ports.doors[lane]).fault(fault, on)

    def _ask_terminal(self, lane: str, question: dict[str, str]) -> dict[str, object] | None:
        if lane not in self.lanes:
            raise FloorError(f"no lane {lane}; there are {', '.join(self.lanes)}")
        try:
            answer = ask_demo_terminal(_HOST, self._ports.terminals[lane], question, timeout_s=1.0)
        except (OSError, TerminalError, ValueError):
            return None  # off, and shown as off
        return None if answer.get("status") == "refused" else answer

    # --- the parts ---

    @staticmethod
    def _door(port: int) -> ReaderDoor:
        return ReaderDoor(f"http://{_HOST}:{port}")

    def _lay_out(self) -> VirtualFloor:
        epcs = [item.epc for item in self.shop.items]
        category_of = {item.epc: item.category for item in self.shop.items}
        step = max(1, len(epcs) // (_STRAYS * len(self.lanes)))
        return VirtualFloor(
            epcs,
            {lane: self._door(self._ports.doors[lane]) for lane in self.lanes},
            self._door(self._ports.sweep_door),
            near_shelf={
                lane: epcs[number * step * _STRAYS : (number + 1) * step * _STRAYS : step]
                for number, lane in enumerate(self.lanes)
            },
            shelf_of=lambda epc: shelf_place(category_of[epc]),
            absent=epcs[:: max(1, len(epcs) // _STOLEN)][1 : _STOLEN + 1],
        )

    def _process_plans(self) -> Sequence[ProcessPlan]:
        ports, folder = self._ports, self.plan.folder
        plans = [ProcessPlan("central", ("central", "--config", str(self.config_path)))]
        for lane in self.lanes:
            plans += [
                ProcessPlan(
                    f"terminal-{lane}",
                    self._terminal_arguments(lane),
                ),
                ProcessPlan(
                    f"reader-{lane}",
                    _virtual_reader(ports.readers[lane], folder / f"lane-{lane}.json", ports.doors[lane]),
                    on_ready=partial(self.floor.restore, lane),
                ),
            ]
        return [
            *plans,
            ProcessPlan(
                "sweep-reader",
                _virtual_reader(ports.sweep, folder / "sweep.json", ports.sweep_door),
                on_ready=partial(self.floor.restore, None),
            ),
            ProcessPlan("store", ("serve", "--config", str(self.config_path))),
            ProcessPlan("sync", ("sync", "run", "--config", str(self.config_path))),
        ]

    def _terminal_arguments(self, lane: str) -> tuple[str, ...]:
        port, ledger = self._ports.terminals[lane], self.terminal_ledger(lane)
        seconds = str(self.plan.card_seconds)
        return ("terminal", "--port", str(port), "--ledger", str(ledger), "--card-seconds", seconds)

    def _write_keys(self) -> None:
        key_file = self.plan.folder / "store.key"
        if not key_file.exists():
            key_file.touch(mode=0o600)
            key_file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        hashed = json.dumps(hash_key(self.store_key))
        (self.plan.folder / "keys.toml").write_text(f"demo = {hashed}\n", encoding="utf-8")

    def _write_scenes(self) -> None:
        categories = list(dict.fromkeys(item.category for item in self.shop.items))
        scenes = {f"lane-{lane}": lane_scene(self.plan.seed + number) for number, lane in enumerate(self.lanes)}
        scenes["sweep"] = sweep_scene(self.plan.seed, categories)
        for name, scene in scenes.items():
            (self.plan.folder / f"{name}.json").write_text(json.dumps(scene, indent=1), encoding="utf-8")

    def _configuration(self) -> str:
        ports = self._ports
        lanes = "".join(
            f"""
[readers.pad-{lane}]
profile = "virtual-pad"
address = "{_HOST}:{ports.readers[lane]}"

[terminals.card-{lane}]
driver = "demo"
address = "{_HOST}:{ports.terminals[lane]}"

[lanes.{lane}]
reader = "pad-{lane}"
terminal = "card-{lane}"
"""
            for lane in self.lanes
        )
        return f"""\
# The sample shop of `tagtill demo`: every process reads this one file.
[store]
id = "demo"
name = {json.dumps(self.shop.name, ensure_ascii=False)}
gln = "{self.shop.gln}"
currency = "{self.shop.currency}"
database = "store.db"
pictures = "pictures"
promotions = "promotions.json"

[web]
host = "{_HOST}"
port = {ports.web}
frame_ancestors = ["http://{_HOST}:{ports.floor}"]
{lanes}
[readers.sweep]
profile = "virtual-sweep"
address = "{_HOST}:{ports.sweep}"

[stocktake]
reader = "sweep"

[sync]
central = "http://{_HOST}:{ports.central}"
key_file = "store.key"

[central]
host = "{_HOST}"
port = {ports.central}
database = "central.db"
keys_file = "keys.toml"
public_reads = true
"""


def _virtual_reader(port: int, scene: Path, door: int) -> tuple[str, ...]:
    return ("virtual-reader", "llrp", "--port", str(port), "--scene", str(scene), "--control", str(door))


class _Ports:
    """Every port of the demo, chosen once, so that a process comes back where it was."""

    def __init__(self, plan: DemoPlan) -> None:
        lanes = [str(number) for number in range(1, plan.lane_count + 1)]
        with ExitStack() as held:
            if plan.port:
                self.web, self.floor = (_taken(held, port) for port in (plan.port, plan.port + 1))
            else:
                self.web, self.floor = _taken(held, 0), _taken(held, 0)
            self.central = _taken(held, 0)
            self.sweep, self.sweep_door = _taken(held, 0), _taken(held, 0)
            self.readers, self.doors, self.terminals = ({lane: _taken(held, 0) for lane in lanes} for _ in range(3))


def _taken(held: ExitStack, port: int) -> int:
    """Return a port that is free, held until ``held`` ends so that no other is given the same."""
    holder = held.enter_context(socket.socket())
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((_HOST, port))
    except OSError as error:
        raise ProcessError(f"port {port} is taken; choose another with --port ({error.strerror})") from error
    return int(holder.getsockname()[1])
