"""A central on loopback that follows a script of faults; else it does what the EPCIS 2.0 REST binding says."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import zstandard

KEY = "store-12-key"
Event = dict[str, Any]


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def events(self) -> list[Event]:
        document = json.loads(self.body)
        if document["type"] == "EPCISDocument":
            found: list[Event] = document["epcisBody"]["eventList"]
            return found
        return [document]


@dataclass
class Reply:
    """What to answer; `drop` closes the line instead, without a word."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    drop: bool = False


Rule = Callable[[Request], Reply | None]


class ScriptedCentral:
    """Answers by `rules`, newest first; a rule that returns None leaves it to the next, in the end to `_ordinary`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.rules: list[Rule] = []
        self.events: dict[tuple[str, bool], Event] = {}
        self.applied = 0
        self.poison: set[str] = set()
        self.jobs: dict[str, Event] = {}
        self.changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _door_of(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def once(self, method: str, path: str, reply: Reply, *, apply_first: bool = False) -> None:
        """Answer the next such request with ``reply``, before or after doing what it asks."""
        left = [reply]

        def rule(request: Request) -> Reply | None:
            if request.method != method or not request.path.startswith(path) or not left:
                return None
            if apply_first:
                self._ordinary(request)
            return left.pop()

        self.rules.insert(0, rule)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, timeout_s)

    def seqs(self) -> list[int]:
        return sorted(event["tagtill:seq"] for event in self.events.values())

    def calls(self, method: str, path: str) -> list[Request]:
        return [each for each in self.requests if each.method == method and each.path.startswith(path)]

    def reply_to(self, request: Request) -> Reply:
        with self.changed:
            self.requests.append(request)
            for rule in self.rules:
                if (reply := rule(request)) is not None:
                    break
            else:
                reply = self._ordinary(request)
            self.changed.notify_all()
            return reply

    def _ordinary(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return Reply(401, body={"type": "epcisException:SecurityException", "title": "who are you?", "status": 401})
        match request.method, request.path.split("/")[1]:
            case "OPTIONS", "capture":
                return Reply(204, {"GS1-EPCIS-Capture-Limit": "200", "GS1-EPCIS-Capture-File-Size-Limit": "1000000"})
            case "POST", "capture":
                return self._captured(request)
            case "GET", "capture":
                job = self.jobs.get(request.path.split("/")[2])
                return Reply(200, body=job) if job else Reply(404)
            case "POST", "events":
                return self._event(request.events()[0])
            case "PUT", "receipts":
                return Reply(201)
            case _:
                return Reply(404)

    def _captured(self, request: Request) -> Reply:
        errors = []
        for event in request.events():
            reply = self._event(event)
            if reply.status != 201:
                errors.append(reply.body)
        name = f"job{len(self.jobs)}"
        self.jobs[name] = {"captureID": name, "running": False, "success": not errors, "errors": errors}
        return Reply(202, {"Location": f"/capture/{name}"})

    def _event(self, event: Event) -> Reply:
        key = (event["eventID"], "errorDeclaration" in event)
        if event["eventID"] in self.poison:
            detail = f"the event {event['eventID']} is poison"
            return Reply(400, body={"type": "epcisException:ValidationException", "detail": detail, "status": 400})
        if key in self.events:
            detail = f"{event['eventID']} is known"
            problem = {"type": "epcisException:ResourceAlreadyExistsException", "detail": detail, "status": 409}
            return Reply(409, body=problem)
        self.events[key] = event
        self.applied += 1
        return Reply(201, {"Location": f"/events/{event['eventID']}"})


def _door_of(central: ScriptedCentral) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            body = {"zstd": _unzstd, "gzip": gzip.decompress}.get(self.headers.get("Content-Encoding", ""), bytes)(raw)
            reply = central.reply_to(Request(self.command, self.path, dict(self.headers), body))
            if reply.drop:
                # A reset, not a polite end: what a pulled cable or a killed process looks like.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            content = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def do_OPTIONS(self) -> None:
            self._serve()

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):  # the line that a script dropped
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Door


def _unzstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body, max_output_size=50_000_000)
