"""The till's end of the demo terminal."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import Any

from checkout.errors import TerminalError
from checkout.tender import (
    Attempt,
    Cancelled,
    Captured,
    Declined,
    NeverSeen,
    Outcome,
    Pending,
    TerminalHealth,
    Unknown,
)
from checkout.terminals.demo_wire import MAX_LINE_BYTES, Op, Status, decode_line, encode_line
from reader.system_reasons import reason_of

__all__ = ["DemoTerminal", "ask_demo_terminal"]


class DemoTerminal:
    """A `PaymentTerminal` over JSON lines on TCP. Each question has a connection of its own.

    A connection that outlived a time-out could still bring the answer to the question before; one that is
    closed cannot.
    """

    def __init__(self, host: str, port: int, timeout_s: float = 3.0) -> None:
        """Speak to ``host:port``; a whole question and answer may take ``timeout_s``."""
        self._host, self._port, self._timeout_s = host, port, timeout_s

    def start(self, attempt: Attempt) -> Outcome:
        """Arm the terminal."""
        return self._ask(Op.START, attempt)

    def poll(self, attempt: Attempt) -> Outcome:
        """Ask how the attempt stands."""
        return self._ask(Op.POLL, attempt)

    def lookup(self, attempt: Attempt) -> Outcome:
        """Ask the terminal's ledger how the attempt stands."""
        return self._ask(Op.LOOKUP, attempt)

    def cancel(self, attempt: Attempt) -> Outcome:
        """Ask to cancel. An attempt that never arrived is barred from arriving later."""
        return self._ask(Op.CANCEL, attempt)

    def reverse(self, attempt: Attempt) -> Outcome:
        """Give the money back."""
        return self._ask(Op.REVERSE, attempt)

    def health(self) -> TerminalHealth:
        """Say whether it answers."""
        try:
            answer = ask_demo_terminal(self._host, self._port, {"op": Op.HEALTH}, self._timeout_s)
        except TerminalError as error:
            return TerminalHealth(False, str(error))
        return TerminalHealth(answer.get("status") == Status.READY, str(answer.get("reason", "")))

    def _ask(self, op: Op, attempt: Attempt) -> Outcome:
        question = {
            "op": op,
            "attempt": attempt.attempt,
            "sale": attempt.sale,
            "n": attempt.n,
            "amount_minor": attempt.amount.minor,
            "currency": attempt.amount.currency,
        }
        try:
            answer = ask_demo_terminal(self._host, self._port, question, self._timeout_s)
        except TerminalError as error:
            return Unknown(str(error))
        return _outcome_of(answer, attempt)


def ask_demo_terminal(host: str, port: int, question: Mapping[str, Any], timeout_s: float = 3.0) -> dict[str, Any]:
    """Put one question to the demo terminal at ``host:port`` and return its answer; see `demo_wire`.

    Raises:
        TerminalError: No whole answer within ``timeout_s`` seconds. What became of the question is unknown.
    """
    deadline = time.monotonic() + timeout_s
    try:
        with socket.create_connection((host, port), timeout_s) as line:
            line.sendall(encode_line(question))
            return decode_line(_read_line(line, deadline))
    except (OSError, ValueError) as error:
        raise TerminalError(f"the terminal at {host}:{port} gave no answer: {reason_of(error)}") from error


def _read_line(line: socket.socket, deadline: float) -> bytes:
    received = b""
    while not received.endswith(b"\n") and len(received) <= MAX_LINE_BYTES:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        line.settimeout(left_s)
        chunk = line.recv(MAX_LINE_BYTES)
        if not chunk:
            raise ConnectionError("the line was dropped before the answer")
        received += chunk
    return received


def _outcome_of(answer: Mapping[str, Any], attempt: Attempt) -> Outcome:
    """Read ``answer``, if it speaks of this attempt, amount and currency at all."""
    named = (answer.get("attempt"), answer.get("amount_minor"), answer.get("currency"))
    if named != (attempt.attempt, attempt.amount.minor, attempt.amount.currency):
        return Unknown(f"the terminal answered for something else: {named}")
    match answer.get("status"):
        case Status.PENDING:
            return Pending(str(answer.get("prompt") or "working"))
        case Status.CAPTURED if answer.get("reference"):
            return Captured(str(answer["reference"]), str(answer.get("scheme") or ""))
        case Status.DECLINED:
            return Declined(str(answer.get("reason") or "declined"))
        case Status.CANCELLED:
            return Cancelled()
        case Status.NEVER_SEEN:
            return NeverSeen()
        case other:
            return Unknown(f"the terminal answered {other!r}: {answer.get('reason', '')}")
