"""The demo terminal: its behaviours, its ledger through crashes, and what its client makes of strange answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from checkout.errors import TerminalError
from checkout.money import Money
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen, Pending, Unknown
from checkout.terminals.demo import DemoTerminal, ask_demo_terminal
from checkout.terminals.demo_ledger import DemoLedger, Request
from checkout.terminals.demo_server import Behaviour, DemoTerminalServer, charges
from checkout.terminals.demo_wire import MAX_LINE_BYTES, Status, decode_line

ATTEMPT = Attempt("01ATTEMPT00000000000000001", "01SALE", 1, Money(1250, "EUR"))


@contextmanager
def serving(
    folder: Path, behaviour: Behaviour = Behaviour.APPROVE, card_s: float = 0.0, slow_s: float = 3600.0
) -> Iterator[tuple[DemoTerminal, DemoTerminalServer]]:
    with DemoTerminalServer(folder / "ledger.db", behaviour=behaviour, card_s=card_s, slow_s=slow_s) as server:
        yield DemoTerminal(*server.address), server


def counted(folder: Path) -> list[tuple[int, bool]]:
    return [(charge.amount_minor, charge.is_reversed) for charge in charges(folder / "ledger.db")]


def test_approve_takes_the_money_at_once_where_the_card_takes_no_time(tmp_path: Path) -> None:
    with serving(tmp_path) as (terminal, _):
        outcome = terminal.start(ATTEMPT)

    assert isinstance(outcome, Captured)
    assert counted(tmp_path) == [(1250, False)]


def test_the_card_comes_by_itself_after_its_time(tmp_path: Path) -> None:
    with serving(tmp_path, card_s=0.05) as (terminal, _):
        assert terminal.start(ATTEMPT) == Pending("present_card")
        deadline_s = time.monotonic() + 10
        while isinstance(outcome := terminal.poll(ATTEMPT), Pending) and time.monotonic() < deadline_s:
            pass
        assert isinstance(outcome, Captured)


def test_slow_is_pending_until_its_card_comes(tmp_path: Path) -> None:
    with serving(tmp_path, Behaviour.SLOW) as (terminal, server):
        assert terminal.start(ATTEMPT) == Pending("working")
        assert terminal.poll(ATTEMPT) == Pending("working")
        ask_demo_terminal(*server.address, {"op": "card"})
        assert isinstance(terminal.poll(ATTEMPT), Captured)


def test_a_lost_reply_is_unknown_and_the_look_up_finds_the_charge(tmp_path: Path) -> None:
    with serving(tmp_path, Behaviour.REPLY_LOST) as (terminal, _):
        assert isinstance(terminal.start(ATTEMPT), Unknown)
        assert isinstance(terminal.lookup(ATTEMPT), Captured)
        assert isinstance(terminal.start(ATTEMPT), Captured)

    assert counted(tmp_path) == [(1250, False)]


def test_approve_after_cancel_is_charged_although_the_cancel_was_taken(tmp_path: Path) -> None:
    with serving(tmp_path, Behaviour.APPROVE_AFTER_CANCEL) as (terminal, _):
        assert isinstance(terminal.start(ATTEMPT), Pending)
        assert isinstance(terminal.cancel(ATTEMPT), Pending)
        assert isinstance(terminal.poll(ATTEMPT), Captured)
        assert isinstance(terminal.reverse(ATTEMPT), Cancelled)

    assert counted(tmp_path) == [(1250, True)]


def test_offline_drops_every_line_but_can_be_switched_on_again(tmp_path: Path) -> None:
    with serving(tmp_path, Behaviour.OFFLINE) as (terminal, server):
        assert isinstance(terminal.start(ATTEMPT), Unknown)
        assert not terminal.health().up
        ask_demo_terminal(*server.address, {"op": "behaviour", "behaviour": "approve"})
        assert terminal.health().up
        assert isinstance(terminal.lookup(ATTEMPT), NeverSeen)


def test_another_amount_under_the_same_id_is_refused_and_unknown(tmp_path: Path) -> None:
    with serving(tmp_path) as (terminal, _):
        terminal.start(ATTEMPT)
        other = Attempt(ATTEMPT.attempt, ATTEMPT.sale, 1, Money(9999, "EUR"))

        assert isinstance(terminal.start(other), Unknown)
        assert isinstance(terminal.reverse(other), Unknown)

    assert counted(tmp_path) == [(1250, False)]


def test_an_attempt_that_was_open_in_a_crash_is_declined_after_it(tmp_path: Path) -> None:
    with serving(tmp_path, card_s=3600.0) as (terminal, _):
        terminal.start(ATTEMPT)

    with serving(tmp_path) as (terminal, _):
        assert terminal.lookup(ATTEMPT) == Declined("terminal_restarted")
        assert terminal.start(ATTEMPT) == Declined("terminal_restarted")

    assert counted(tmp_path) == []


def test_concurrent_starts_of_one_attempt_charge_once(tmp_path: Path) -> None:
    outcomes = []
    with serving(tmp_path) as (terminal, _):
        askers = [threading.Thread(target=lambda: outcomes.append(terminal.start(ATTEMPT))) for _ in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(10)

    assert len(outcomes) == 8
    assert counted(tmp_path) == [(1250, False)]


def test_the_ledger_remembers_a_reversal_and_counts_it_once(tmp_path: Path) -> None:
    ledger = DemoLedger(tmp_path / "ledger.db")
    request = Request("a", "s", 1, 500, "EUR")
    ledger.arm(request, Behaviour.APPROVE)
    ledger.capture("a", 1)
    ledger.capture("a", 2)
    ledger.reverse("a", 3)
    ledger.reverse("a", 4)
    ledger.close()

    assert counted(tmp_path) == [(500, True)]


def test_charges_of_no_ledger_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="no ledger"):
        charges(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("not a database" * 100)
    with pytest.raises(TerminalError, match="cannot be read"):
        charges(tmp_path / "text.db")
    with pytest.raises(TerminalError):
        DemoLedger(tmp_path / "text.db")


@pytest.mark.parametrize(
    "line",
    [
        b'{"op":"start"}\n',
        b'{"op":"dance"}\n',
        b"[1]\n",
        b"\xff\xfe\n",
        b'{"op":"start","attempt":"a","sale":"s","n":1,"amount_minor":1.5,"currency":"EUR"}\n',
        b'{"op":"start","attempt":"a","sale":"s","n":1,"amount_minor":-5,"currency":"EUR"}\n',
        b'{"op":"start","attempt":"","sale":"s","n":1,"amount_minor":5,"currency":"EUR"}\n',
        b'{"op":"behaviour","behaviour":"steal"}\n',
        b"x" * (MAX_LINE_BYTES + 10),
    ],
    ids=range(9),
)
def test_what_is_no_question_is_refused_and_the_terminal_goes_on(tmp_path: Path, line: bytes) -> None:
    with serving(tmp_path) as (terminal, server):
        with socket.create_connection(server.address, 5) as peer:
            peer.sendall(line)
            peer.shutdown(socket.SHUT_WR)
            answer = decode_line(peer.makefile("rb").readline())
        assert answer["status"] == Status.REFUSED
        assert terminal.health().up

    assert counted(tmp_path) == []


@contextmanager
def answering(reply: bytes) -> Iterator[DemoTerminal]:
    """A peer that answers every question with ``reply`` and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.makefile("rb").readline()
                peer.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield DemoTerminal("127.0.0.1", listener.getsockname()[1], timeout_s=5.0)
        thread.join(10)


GOOD = b'"attempt":"01ATTEMPT00000000000000001","amount_minor":1250,"currency":"EUR"'


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b'{"status":"captured",' + GOOD + b"}",  # half a line
        b"null\n",
        b'{"status":"captured","reference":"D1","attempt":"another","amount_minor":1250,"currency":"EUR"}\n',
        b'{"status":"captured","reference":"D1",' + GOOD.replace(b"1250", b"1") + b"}\n",
        b'{"status":"captured","reference":"D1",' + GOOD.replace(b"EUR", b"USD") + b"}\n",
        b'{"status":"captured",' + GOOD + b"}\n",  # a charge without a number of its own
        b'{"status":"refused",' + GOOD + b"}\n",
        b'{"status":"fine",' + GOOD + b"}\n",
        b"{" + b" " * MAX_LINE_BYTES + b"}\n",
    ],
    ids=[
        "nothing",
        "half",
        "null",
        "other attempt",
        "other amount",
        "other currency",
        "no number",
        "refused",
        "?",
        "long",
    ],
)
def test_an_answer_that_does_not_fit_is_unknown(reply: bytes) -> None:
    with answering(reply) as terminal:
        assert isinstance(terminal.poll(ATTEMPT), Unknown)


def test_an_answer_that_fits_is_believed() -> None:
    with answering(b'{"status":"captured","reference":"D1","scheme":"visa",' + GOOD + b"}\n") as terminal:
        assert terminal.poll(ATTEMPT) == Captured("D1", "visa")


def test_silence_is_unknown_after_the_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts nothing, says nothing
        terminal = DemoTerminal("127.0.0.1", listener.getsockname()[1], timeout_s=0.05)

        assert isinstance(terminal.poll(ATTEMPT), Unknown)
        assert not terminal.health().up


@pytest.mark.processes
def test_the_process_keeps_its_ledger_through_kill_9(tmp_path: Path) -> None:
    def begin() -> tuple[subprocess.Popen[str], DemoTerminal]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "appliance.cli", "terminal", "--card-seconds", "0"),
                *("--ledger", str(tmp_path / "deep" / "ledger.db")),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:2] == ["ready", "terminal"]
        host, port = ready[2].rsplit(":", 1)
        return process, DemoTerminal(host, int(port))

    process, terminal = begin()
    captured = terminal.start(ATTEMPT)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    assert isinstance(terminal.poll(ATTEMPT), Unknown)

    process, terminal = begin()
    assert terminal.lookup(ATTEMPT) == captured
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert counted(tmp_path / "deep") == [(1250, False)]


@pytest.mark.processes
def test_the_process_reads_its_section_and_tells_how_it_is(tmp_path: Path) -> None:
    (tmp_path / "tagtill.toml").write_text(
        '[store]\nid = "s1"\nname = "S"\ngln = "9521321000018"\n'
        '[demo_terminal]\nport = 0\nledger = "t.db"\ncard_seconds = 0\n'
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "appliance.cli", "terminal", "--health-port", "0"),
            *("--config", str(tmp_path / "tagtill.toml")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        health = process.stderr.readline().split()[-1]
        host, port = process.stdout.readline().split()[2].rsplit(":", 1)
        terminal = DemoTerminal(host, int(port))
        assert isinstance(terminal.start(ATTEMPT), Captured)

        assert requests.get(f"{health}/healthz", timeout=10).status_code == 200
        assert requests.get(f"{health}/readyz", timeout=10).json() == {"answers": True}
        assert "tagtill_terminal_charges 1.0" in requests.get(f"{health}/metrics", timeout=10).text
        ask_demo_terminal(host, int(port), {"op": "behaviour", "behaviour": "offline"})
        assert requests.get(f"{health}/readyz", timeout=10).status_code == 503
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert [charge.amount_minor for charge in charges(tmp_path / "t.db")] == [1250]


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--config", "none.toml"], 1)], ids=["nothing", "no file"])
def test_the_command_refuses_in_one_line(tmp_path: Path, arguments: list[str], code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "appliance.cli", "terminal", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TAGTILL_CONFIG": ""},
    )

    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
