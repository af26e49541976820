"""The loopback door to a virtual reader: JSON over HTTP.

- ``GET /state``: tags, faults, client, ROSpec, reads, power, levels of inputs and outputs.
- ``GET /places``: the scene's places.
- ``POST /tags`` ``{"epcs": […], "place": "pad", "at": [x, y, z]?, "kind": "goods"?, "material": "textile"?}``:
  places or moves tags, creates unknown ones; answers ``{"placed": n}``. New tags may be given what a scene may give
  them: ``tid``, ``user_words``, ``access_password``, ``kill_password``, ``locks``.
- ``GET /tags/{epc}/memory``: what the tags of that EPC hold, passwords included, as nobody can read it in the air:
  ``{"tags": [{"chip": …, "epc": …, "killed": false, "banks": {"reserved": hex, "epc": hex, "tid": hex, "user": hex},
  "locks": {"epc": "open", …}}]}``; the first word of the EPC bank is the CRC, the second the PC.
- ``DELETE /tags`` ``{"epcs": […]}``: takes them out of the world; answers ``{"removed": n}``.
- ``PUT /faults/{name}``, ``DELETE /faults/{name}``: answers ``{"faults": […]}``, those that are on now.
- ``PUT /inputs/{n}`` ``{"high": true}``: puts a level on a general purpose input, from 1; answers it back.
- ``PUT /plug``, ``DELETE /plug``: plugs a serial module in or pulls its plug; answers ``{"plugged": true}`` or false.

What cannot be understood is answered with status 400 and ``{"error": "one sentence"}``, what is not there with 404.

The door opens on loopback only and believes only a loopback ``Host``, and no foreign ``Origin``:
otherwise any web page in a browser on this machine could move tags (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any
from urllib.parse import urlsplit

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reader.access import Bank
from reader.errors import SceneError
from reader.virtual.faults import Faults, fault_named
from reader.virtual.memory import TagMemory
from reader.virtual.scene import Epc, Material, MemorySettings, Name, Vector, reason_of
from reader.virtual.world import World

__all__ = ["ControlDoor", "ReaderStatus"]

log = structlog.get_logger()

_MAX_BODY_BYTES = 4 << 20  # 100,000 EPCs of 96 bits, generously
_IDLE_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """What the reader is doing, for `GET /state`.

    client: "host:port" of who is connected. rospec: none, disabled, inactive or active.
    tx_power_dbm: conducted, the greatest of the antennas in use; None while nothing is set to be sent.
    inputs, outputs: general purpose ports that are high, port 1 first.
    """

    client: str | None
    rospec: str
    reads: int
    reads_per_s: float
    tx_power_dbm: float | None
    inputs: tuple[bool, ...] = ()
    outputs: tuple[bool, ...] = ()


class _PutInput(BaseModel):
    model_config = ConfigDict(extra="forbid")
    high: bool


class _PostedTags(MemorySettings):
    epcs: Annotated[list[Epc], Field(min_length=1)]
    place: Name | None = None
    at: Vector | None = None
    kind: Name | None = None
    material: Material | None = None


class _RemovedTags(BaseModel):
    model_config = ConfigDict(extra="forbid")
    epcs: Annotated[list[Epc], Field(min_length=1)]


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class ControlDoor:
    """Serves the door from a thread of its own, from `start` to `stop`.

    set_input: puts a level on an input, raises SceneError where there is none; None for a reader without any.
    set_plugged: pulls the plug and puts it in again; None for a reader that has none to pull.
    """

    def __init__(
        self,
        world: World,
        faults: Faults,
        status: Callable[[], ReaderStatus],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        set_input: Callable[[int, bool], None] | None = None,
        set_plugged: Callable[[bool], None] | None = None,
    ) -> None:
        self._world = world
        self._faults = faults
        self._status = status
        self._set_input = set_input
        self._set_plugged = set_plugged
        self._wanted = (host, port)
        self._server: _DoorServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on; only after `start`."""
        assert self._server is not None, "start the door first"
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Bind and serve; returns at once.

        Raises:
            SceneError: The host is not a loopback address.
            OSError: The port is taken.
        """
        if not _is_loopback(self._wanted[0]):
            raise SceneError(f"the control door opens on loopback only, not on {self._wanted[0]}")
        self._server = _DoorServer(self._wanted, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="virtual-reader-door", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the door; may be called twice."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._thread = None

    def answer(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """Do what a request asks and return the answer's body.

        Raises:
            _RefusedError: It cannot be done; carries the HTTP status and one sentence.
        """
        try:
            match method, path.strip("/").split("/"):
                case "GET", ["state"]:
                    return self._state()
                case "GET", ["places"]:
                    return {"places": [place.model_dump() for place in self._world.places.values()]}
                case "POST", ["tags"]:
                    posted = _PostedTags.model_validate_json(body)
                    placed = self._world.place(
                        posted.epcs,
                        posted.place,
                        at=posted.at,
                        kind=posted.kind,
                        material=posted.material,
                        memory=posted,
                    )
                    return {"placed": placed}
                case "GET", ["tags", epc, "memory"]:
                    return {"tags": self._memories(epc)}
                case "DELETE", ["tags"]:
                    return {"removed": self._world.remove(_RemovedTags.model_validate_json(body).epcs)}
                case "PUT", ["faults", name]:
                    self._faults.switch_on(fault_named(name))
                    log.info("virtual_reader.fault_on", fault=name)
                    return {"faults": self._faults.active()}
                case "DELETE", ["faults", name]:
                    self._faults.switch_off(fault_named(name))
                    log.info("virtual_reader.fault_off", fault=name)
                    return {"faults": self._faults.active()}
                case "PUT", ["inputs", number] if self._set_input is not None and number.isdecimal():
                    level = _PutInput.model_validate_json(body).high
                    self._set_input(int(number), level)
                    return {"input": int(number), "high": level}
                case "PUT" | "DELETE", ["plug"] if self._set_plugged is not None:
                    self._set_plugged(method == "PUT")
                    return {"plugged": method == "PUT"}
        except ValidationError as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, reason_of(error)) from error
        except SceneError as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        raise _RefusedError(HTTPStatus.NOT_FOUND, f"there is no {method} {path}")

    def _memories(self, epc: str) -> list[dict[str, Any]]:
        tags = self._world.tags_of(epc)
        if not tags:
            raise _RefusedError(HTTPStatus.NOT_FOUND, f"there is no tag {epc!r}")
        return [_shown(self._world.memory(tag.chip)) for tag in tags]

    def _state(self) -> dict[str, Any]:
        tags = [{"epc": t.epc, "place": t.place, "at": t.at, "kind": t.kind} for t in self._world.tags()]
        return {"tags": tags, "faults": self._faults.active(), **asdict(self._status())}


def _shown(memory: TagMemory) -> dict[str, Any]:
    banks = {bank.name.lower(): "".join(f"{word:04X}" for word in memory.content(bank)) for bank in Bank}
    locks = {name.value: lock.value for name, lock in memory.locks.items()}
    return {"chip": memory.chip, "epc": memory.epc, "killed": memory.is_killed, "banks": banks, "locks": locks}


class _DoorServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], door: ControlDoor) -> None:
        super().__init__(address, _DoorRequest)
        self.door = door


class _DoorRequest(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_TIMEOUT_S
    server: _DoorServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            self._check_sender()
            content = self.server.door.answer(self.command, urlsplit(self.path).path, self._body())
            status = HTTPStatus.OK
        except _RefusedError as refusal:
            status, content = refusal.status, {"error": str(refusal)}
            self.close_connection = True  # an unread body must not be taken for the next request
        except ValueError:  # urlsplit's, for an address like "http://["
            status, content = HTTPStatus.BAD_REQUEST, {"error": "the path, Host or Origin is malformed"}
            self.close_connection = True
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(payload)

    def _check_sender(self) -> None:
        host = self.headers.get("Host", "")
        if not _is_loopback(urlsplit(f"//{host}").hostname or ""):
            raise _RefusedError(HTTPStatus.FORBIDDEN, f"this door answers on loopback only, not as {host!r}")
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise _RefusedError(HTTPStatus.FORBIDDEN, f"requests from pages of {origin!r} are refused")

    def _body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "send a Content-Length, not chunks")
        text = self.headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdigit()):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
        if int(text) > _MAX_BODY_BYTES:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {_MAX_BODY_BYTES} bytes")
        return self.rfile.read(int(text))

    def log_message(self, format: str, *args: object) -> None:
        log.debug("virtual_reader.door", request=format % args)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
