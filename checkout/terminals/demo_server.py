"""The demo terminal: a payment terminal without a bank, that keeps its promises and plays faults on demand."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from checkout.terminals.demo_ledger import DemoLedger, Request, Standing, charges
from checkout.terminals.demo_wire import MAX_LINE_BYTES, Behaviour, Op, Status, decode_line, encode_line

__all__ = ["Behaviour", "DemoTerminalServer", "charges"]

log = structlog.get_logger()

_LINE_TIMEOUT_S = 2.0  # a peer that says nothing holds neither a thread nor `stop` for longer


class DemoTerminalServer:
    """The terminal and its listening socket. Use as a context manager, or `start` and `stop`.

    The card comes ``card_s`` seconds after an attempt is armed, with behaviour `slow` ``slow_s`` seconds
    later still; 0 means at once. A `card` question brings it now.
    """

    def __init__(
        self,
        ledger_path: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        behaviour: Behaviour = Behaviour.APPROVE,
        card_s: float = 1.2,
        slow_s: float = 12.0,
    ) -> None:
        """Open the ledger and bind the socket; port 0 takes a free one.

        Raises:
            TerminalError: The ledger cannot be used.
            OSError: The address cannot be bound.
        """
        self.behaviour = behaviour
        self._card_s, self._slow_s = card_s, slow_s
        self._stopping = threading.Event()
        self._card: threading.Timer | None = None  # one is enough: one attempt is open at a time
        self._card_lock = threading.Lock()
        self._ledger = DemoLedger(ledger_path)
        try:
            self._sockets = _Sockets((host, port), self)
        except OSError:
            self._ledger.close()
            raise
        self._thread = threading.Thread(target=self._sockets.serve_forever, args=(0.05,), name="demo-terminal")

    def __enter__(self) -> DemoTerminalServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port as bound."""
        host, port = self._sockets.server_address[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Begin to answer; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close the ledger. An attempt that waits for its card will be declined."""
        self._stopping.set()
        if self._thread.ident is not None:  # it was started; without, `shutdown` would wait for ever
            self._sockets.shutdown()
            self._thread.join()
        self._sockets.server_close()  # waits for the questions that are being answered
        with self._card_lock:
            card = self._card
        if card is not None:
            card.cancel()
            card.join()
        self._ledger.close()

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer to ``question``, or None where the line is to be dropped without one.

        Raises:
            ValueError: The question is not one of `demo_wire`.
        """
        match Op(question["op"]):
            case Op.BEHAVIOUR:
                if "behaviour" in question:
                    self.behaviour = Behaviour(question["behaviour"])
                    log.info("demo terminal behaviour", behaviour=self.behaviour)
                return {"status": Status.READY, "behaviour": self.behaviour}
            case Op.CARD:
                self._bring_card(self._ledger.open_attempt())
                return {"status": Status.READY}
            case _ if self.behaviour is Behaviour.OFFLINE:
                return None
            case Op.HEALTH:
                return {"status": Status.READY, "reason": ""}
            case op:
                return self._answer_for(op, _request_of(question))

    def _answer_for(self, op: Op, request: Request) -> dict[str, Any] | None:
        known = self._ledger.find(request.attempt)
        if known is not None and known.request != request:
            return _answer(known, Status.REFUSED, reason="this id was used for something else")
        match op:
            case Op.START:
                return self._start(request, known)
            case Op.CANCEL:
                return self._cancel(request, known)
            case Op.REVERSE:
                known = self._ledger.reverse(request.attempt, _now_us())
        if known is None:
            return {**_named(request), "status": Status.NEVER_SEEN}
        return _answer(known)

    def _start(self, request: Request, known: Standing | None) -> dict[str, Any] | None:
        if known is not None:
            return _answer(known)
        behaviour = self.behaviour
        armed = self._ledger.arm(request, behaviour)
        if armed.status is not Status.PENDING:
            return _answer(armed)
        delay_s = self._card_s + (self._slow_s if behaviour is Behaviour.SLOW else 0.0)
        if behaviour is Behaviour.REPLY_LOST:
            self._stopping.wait(delay_s)
            self._bring_card(request.attempt)
            return None
        if behaviour is Behaviour.APPROVE_AFTER_CANCEL:
            return _answer(armed)  # its card comes with the cancel
        if delay_s <= 0:
            return _answer(self._bring_card(request.attempt) or armed)
        self._wait_for_card(request.attempt, delay_s)
        return _answer(armed)

    def _wait_for_card(self, attempt: str, delay_s: float) -> None:
        with self._card_lock:
            if self._card is not None:
                self._card.cancel()
            self._card = threading.Timer(delay_s, self._bring_card, (attempt,))
            self._card.start()

    def _cancel(self, request: Request, known: Standing | None) -> dict[str, Any]:
        if known is not None and known.status is Status.PENDING and known.behaviour is Behaviour.APPROVE_AFTER_CANCEL:
            self._bring_card(request.attempt)
            return _answer(known)  # as it stood when the cancel was taken: still pending
        return _answer(self._ledger.cancel(request, self.behaviour))

    def _bring_card(self, attempt: str | None) -> Standing | None:
        standing = self._ledger.find(attempt) if attempt is not None else None
        if standing is None or attempt is None:
            return None
        if standing.behaviour is Behaviour.DECLINE:
            return self._ledger.decline(attempt, "declined")
        return self._ledger.capture(attempt, _now_us())


class _Sockets(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], terminal: DemoTerminalServer) -> None:
        self.terminal = terminal
        super().__init__(address, _Line)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """Say in one line what a connection died of, instead of a traceback on stderr."""
        log.warning("demo terminal line failed", peer=str(client_address), exc_info=True)


class _Line(socketserver.StreamRequestHandler):
    timeout = _LINE_TIMEOUT_S
    server: _Sockets

    def handle(self) -> None:
        try:
            answer = self.server.terminal.answer(decode_line(self.rfile.readline(MAX_LINE_BYTES + 1)))
        except (ValueError, KeyError, TypeError) as error:
            answer = {"status": Status.REFUSED, "reason": f"not a question: {error}"}
        except OSError:
            return  # the till went away before it had asked
        if answer is not None:
            self.wfile.write(encode_line(answer))


def _request_of(question: Mapping[str, Any]) -> Request:
    attempt, sale, currency = question["attempt"], question["sale"], question["currency"]
    n, amount_minor = question["n"], question["amount_minor"]
    if not all(isinstance(text, str) and text for text in (attempt, sale, currency)):
        raise ValueError("attempt, sale and currency are texts")
    if type(n) is not int or type(amount_minor) is not int or amount_minor <= 0:
        raise ValueError("n and amount_minor are whole numbers, the amount above 0")
    return Request(attempt, sale, n, amount_minor, currency)


def _named(request: Request) -> dict[str, Any]:
    return {"attempt": request.attempt, "amount_minor": request.amount_minor, "currency": request.currency}


def _answer(standing: Standing, status: Status | None = None, reason: str | None = None) -> dict[str, Any]:
    return {
        **_named(standing.request),
        "status": status or standing.status,
        "reason": standing.reason if reason is None else reason,
        "reference": standing.reference,
        "scheme": "demo",
        "prompt": "working" if standing.behaviour is Behaviour.SLOW else "present_card",
    }


def _now_us() -> int:
    return time.time_ns() // 1000
