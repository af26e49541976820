"""`tagtill tag`, as a user types it, on the virtual reader's whole server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from appliance.cli import tagtill
from reader.epc import sgtin_of
from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.module import SerialModule
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World

BLANK = "E28011602000777777777777"
GTIN = "09521141123454"


@pytest.fixture
def station() -> Iterator[VirtualLlrpReader]:
    """A pad on which one tag lies that was never given an EPC."""
    tags = {"at": (0.0, 0.0, 0.1), "epcs": (BLANK,), "orientation": (1.0, 0.0, 0.0)}
    reader = VirtualLlrpReader(World(scene_of({**builtin_scene().model_dump(), "tags": [tags]})), seed=1)
    reader.start()
    yield reader
    reader.stop()


def run(station: VirtualLlrpReader | None, command: str, *words: str, stdin: str | None = None) -> tuple[int, Any, str]:
    """Return exit code, the object printed, and the error text."""
    host, port = station.address if station else ("127.0.0.1", 9)  # nobody gets that far
    at = ["--profile", "virtual-pad", "--address", f"{host}:{port}", "--json"]
    result = CliRunner().invoke(tagtill, ["tag", command, *at, *words], input=stdin, catch_exceptions=True)
    said = str(result.exception) if result.exception and not isinstance(result.exception, SystemExit) else ""
    return result.exit_code, json.loads(result.stdout) if result.stdout else None, result.stderr + said


def encoding(tmp_path: Path) -> tuple[str, ...]:
    """Return the words that give the blank tag the first serial."""
    return "encode", "--store", str(tmp_path / "store.db"), "--gtin", GTIN, "--epc", BLANK


def secret(tmp_path: Path, digits: str) -> str:
    path = tmp_path / f"password-{digits}"
    path.write_text(digits + "\n")
    return str(path)


def test_read_shows_the_whole_tag(station: VirtualLlrpReader) -> None:
    code, shown, _ = run(station, "read")

    assert code == 0
    assert (shown["epc"], shown["pc"]) == (BLANK, "3000")
    assert shown["banks"]["epc"]["hex"][4:8] + shown["banks"]["epc"]["hex"][8:32] == "3000" + BLANK
    assert shown["banks"]["tid"]["hex"] == shown["tid"]
    assert shown["banks"]["user"] == {"hex": "0" * 32, "error": None}
    assert shown["banks"]["reserved"]["hex"] == "0" * 16


def test_the_configuration_knows_its_readers_by_name(station: VirtualLlrpReader, tmp_path: Path) -> None:
    host, port = station.address
    config = tmp_path / "tagtill.toml"
    config.write_text(
        f'[store]\nid = "s"\nname = "S"\ngln = "9521321000018"\ncurrency = "EUR"\n'
        f'[readers.station]\nprofile = "virtual-pad"\naddress = "{host}:{port}"\n'
    )
    words = ["tag", "read", "--config", str(config), "--json", "--epc", BLANK]

    done = CliRunner().invoke(tagtill, [*words, "--reader", "station"])
    wrong = CliRunner().invoke(tagtill, [*words, "--reader", "other"])
    neither = CliRunner().invoke(tagtill, words)

    assert json.loads(done.stdout)["epc"] == BLANK
    assert (wrong.exit_code, neither.exit_code) == (2, 2)
    assert "no reader other; there is station" in wrong.stderr


def test_what_is_written_is_read_back(station: VirtualLlrpReader) -> None:
    assert run(station, "write", "--word", "2", "--data", "CAFE 0001")[0] == 0

    assert (
        run(station, "read", "--bank", "user", "--word", "2", "--count", "2")[1]["banks"]["user"]["hex"] == "CAFE0001"
    )
    code, _, error = run(station, "write", "--word", "7", "--data", "00010002")
    assert code == 1
    assert "overrun" in error


def test_an_epc_written_by_hand_is_read_back_from_the_same_tag(station: VirtualLlrpReader) -> None:
    station.world.place(["30AA", "30BB", "30CC"], at=(0.1, 0.05, 0.1))

    code, written, error = run(station, "write", "--bank", "epc", "--word", "2", "--data", "3034", "--epc", BLANK)

    assert code == 0, error
    assert written["epc"] == BLANK
    assert run(station, "read", "--epc", "3034" + BLANK[4:])[0] == 0


def test_a_bank_that_cannot_be_read_is_shown_and_is_a_failure(station: VirtualLlrpReader) -> None:
    code, shown, error = run(station, "read", "--epc", BLANK, "--bank", "user", "--word", "200", "--count", "1")

    assert code == 1
    assert "no such words" in shown["banks"]["user"]["error"]
    assert "nothing of it could be read" in error


def test_encode_gives_serials_binds_chips_and_makes_labels(station: VirtualLlrpReader, tmp_path: Path) -> None:
    label, store = tmp_path / "labels.zpl", str(tmp_path / "store.db")
    words = ("--store", store, "--gtin", GTIN, "--first-serial", "500", "--label", str(label))

    code, made, progress = run(station, "encode", *words)

    assert code == 0, progress
    assert (made["gtin"], made["serial"], made["previous_epc"], made["locked"]) == (GTIN, "500", BLANK, False)
    item = sgtin_of(made["epc"])
    assert item is not None
    assert item.serial == "500"
    assert "writing the EPC" in progress
    assert f"^FDMA,{made['digital_link']}^FS" in label.read_text()
    assert run(station, "read")[1]["epc"] == made["epc"]

    code, _, error = run(station, "encode", *words)
    assert code == 1
    assert "serial 500, already; give --replace" in error
    again = run(station, "encode", *words, "--replace")[1]
    assert (again["serial"], again["tid"], again["previous_epc"]) == ("501", made["tid"], made["epc"])


def test_lock_and_kill_need_their_passwords(station: VirtualLlrpReader, tmp_path: Path) -> None:
    store, password = str(tmp_path / "store.db"), secret(tmp_path, "0000BEEF")
    code, made, error = run(
        station, "encode", "--store", store, "--gtin", GTIN, "--new-password-file", password, "--lock"
    )
    assert code == 0, error
    assert made["locked"]

    that = ("--epc", made["epc"])
    assert "locked" in run(station, "write", "--bank", "epc", "--word", "2", "--data", "3034", *that)[2]
    assert run(station, "read", "--bank", "reserved", *that)[1]["banks"]["reserved"]["hex"] is None
    kill = secret(tmp_path, "00001234")
    written = ("--bank", "reserved", "--data", "00001234", "--password-file", password)
    assert run(station, "write", *written, *that)[0] == 0
    assert run(station, "lock", "--field", "user=locked", "--password-file", password, *that)[0] == 0
    assert "locked" in run(station, "write", "--data", "0001", *that)[2]
    assert run(station, "kill", "--kill-password-file", password, "--yes", *that)[0] == 1
    assert run(station, "kill", "--kill-password-file", kill, *that, stdin="n\n")[0] == 1
    assert run(station, "kill", "--kill-password-file", kill, *that, stdin="y\n")[0] == 0
    assert "no tag answered" in run(station, "read")[2]


def test_a_lock_for_ever_is_asked_about(station: VirtualLlrpReader) -> None:
    assert run(station, "lock", "--field", "user=always_locked", "--epc", BLANK, stdin="n\n")[0] == 1
    assert run(station, "write", "--data", "0001", "--epc", BLANK)[0] == 0
    assert run(station, "lock", "--field", "user=always_locked", "--yes", "--epc", BLANK)[0] == 0
    assert run(station, "write", "--data", "0002", "--epc", BLANK)[0] == 1


def test_nobody_guesses_which_of_two_tags_is_meant(station: VirtualLlrpReader) -> None:
    station.world.place(["30AA"], at=(0.1, 0.05, 0.1))

    code, _, error = run(station, "write", "--data", "0001")

    assert code == 1
    assert "2 tags answer" in error
    assert run(station, "write", "--data", "0001", "--epc", BLANK)[0] == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("write", "--data", "DEADB"), "whole words"),
        (("write", "--data", "xyzw"), "--data is hex"),
        (("lock", "--field", "epc=shut"), "FIELD=LOCK"),
        (("kill", "--yes"), "a kill password is needed"),
        (("read", "--epc", "XYZ"), "upper-case hex in whole words"),
        (("read", "--bank", "user", "--word", "65535", "--count", "2"), "none beyond word 65535"),
        (("write", "--data", "00010002", "--word", "65535"), "none beyond word 65535"),
        (("lock", "--field", "epc=open", "--field", "epc=locked"), "each once"),
        (("read", "--word", "2"), "need one --bank"),
        (("encode", "--gtin", GTIN, "--count", "2", "--serial", "1"), "--count takes the next serials"),
        (("encode", "--gtin", GTIN, "--label-size", "9x9"), "no room"),
        (("encode", "--gtin", GTIN, "--label-size", "wide"), "WIDTHxHEIGHT in millimetres"),
    ],
)
def test_wrong_words_are_usage_errors(words: tuple[str, ...], reason: str) -> None:
    code, _, error = run(None, *words)

    assert code == 2
    assert reason in error


@pytest.mark.parametrize("content", ["123", "0000BEEG", "0x00BEEF"])
def test_a_password_file_that_holds_none_is_refused(tmp_path: Path, content: str) -> None:
    code, _, error = run(None, "kill", "--yes", "--kill-password-file", secret(tmp_path, content))

    assert code == 2
    assert "does not hold 8 hex digits" in error


def test_the_label_goes_to_the_printer(station: VirtualLlrpReader, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as printer:
        received: list[bytes] = []

        def take() -> None:
            link, _ = printer.accept()
            with link, link.makefile("rb") as stream:
                received.append(stream.read())

        taking = threading.Thread(target=take)
        taking.start()
        port = printer.getsockname()[1]
        code, made, error = run(
            station,
            "encode",
            "--store",
            str(tmp_path / "s.db"),
            "--gtin",
            GTIN,
            "--epc",
            BLANK,
            "--printer",
            f"127.0.0.1:{port}",
        )
        taking.join(10)

    assert code == 0, error
    assert received[0].startswith(b"^XA")
    assert made["digital_link"].encode() in received[0]


def test_a_printer_that_encodes_needs_no_reader(tmp_path: Path) -> None:
    store, label = str(tmp_path / "s.db"), tmp_path / "labels.zpl"
    words = ["tag", "encode", "--store", store, "--gtin", GTIN, "--by-printer", "--count", "3", "--json"]

    done = CliRunner().invoke(tagtill, [*words, "--label", str(label)])

    assert done.exit_code == 0, done.stderr
    made = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(tag["serial"], tag["tid"]) for tag in made] == [("1", None), ("2", None), ("3", None)]
    assert [f"^RFW,H,,,A^FD{tag['epc']}^FS" in label.read_text() for tag in made] == [True] * 3
    assert CliRunner().invoke(tagtill, words).exit_code == 2


def test_a_printer_that_is_away_does_not_hide_that_the_tag_is_encoded(
    station: VirtualLlrpReader, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    code, _, error = run(
        station,
        "encode",
        "--store",
        str(tmp_path / "s.db"),
        "--gtin",
        GTIN,
        "--epc",
        BLANK,
        "--printer",
        f"127.0.0.1:{port}",
    )

    assert code == 1
    assert "the tag encoded, where a reader did it), but there is no label" in error


def _module(family: str, world: World) -> SerialModule:
    air, faults = Air(world), Faults()
    match family:
        case "mercury":
            return MercuryModule(air, faults)
        case "m100":
            return M100Module(air, faults)
        case _:
            return R2000Module(air, faults)


@pytest.mark.parametrize(
    ("family", "profile"), [("mercury", "jadak-m6e-pad-eu"), ("m100", "m100-26dbm-pad-eu"), ("r2000", "r2000-pad-eu")]
)
def test_serial_modules_name_lock_and_kill_tags_too(family: str, profile: str, tmp_path: Path) -> None:
    tags = {"at": (0.0, 0.0, 0.1), "epcs": (BLANK,), "orientation": (1.0, 0.0, 0.0)}
    world = World(scene_of({**builtin_scene().model_dump(), "tags": [tags]}))
    module = VirtualSerialReader(_module(family, world), address=("127.0.0.1", 0), is_paced=False)
    module.start()
    try:
        host, port = module.address
        reader = ["--profile", profile, "--address", f"socket://{host}:{port}", "--json"]

        def tag(command: str, *words: str) -> tuple[int, str, str]:
            done = CliRunner().invoke(tagtill, ["tag", command, *reader, *words])
            return done.exit_code, done.stdout, f"{done.stderr} {done.exception}"

        password = secret(tmp_path, "0000BEEF")
        store = ("--store", str(tmp_path / "store.db"), "--gtin", GTIN, "--epc", BLANK)
        code, made, error = tag("encode", *store, "--new-password-file", password, "--lock")
        assert code == 0, error
        epc = json.loads(made)["epc"]
        assert tag("write", "--bank", "epc", "--word", "2", "--data", "3034", "--epc", epc)[0] == 1
        assert tag("write", "--data", "CAFE", "--epc", epc, "--password-file", password)[0] == 0
        written = ("--bank", "reserved", "--data", "00001234", "--password-file", password)
        assert tag("write", *written, "--epc", epc)[0] == 0
        code, _, error = tag("kill", "--epc", epc, "--yes", "--kill-password-file", secret(tmp_path, "00001234"))
        assert code == 0, error
        assert tag("read", "--epc", epc)[0] == 1
    finally:
        module.stop()
