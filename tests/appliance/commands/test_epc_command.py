"""`tagtill epc`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys

GOOD = "3034257BF7194E4000003039"
UNPROGRAMMED = "E28011606000020512345678"


def tagtill(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance.cli", "epc", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_valid_tags_are_printed_one_object_per_line() -> None:
    done = tagtill("decode", GOOD, f"3000:{GOOD.lower()}", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first == second
    assert first["digital_link"] == "https://id.gs1.org/01/80614141123458/21/12345"


def test_other_tags_are_printed_too_and_the_exit_code_says_so() -> None:
    done = tagtill("decode", "-", "--json", stdin=f"{GOOD}\n\n{UNPROGRAMMED}\n{GOOD}\n")

    assert (done.returncode, done.stderr) == (1, "")
    assert [json.loads(line)["class"] for line in done.stdout.splitlines()] == ["gs1", "unprogrammed", "gs1"]


def test_epcs_as_readers_and_editors_write_them() -> None:
    words = "3034 257B f719 4e40 0000 3039"
    done = tagtill("decode", words, "-", "--json", stdin=f"\ufeff{GOOD}\r\n\r\n \t\r\n3000:{words}\r\n")

    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["epc"] for line in done.stdout.splitlines()] == [GOOD] * 3


def test_what_is_not_hex_is_named_in_one_line_after_the_rest() -> None:
    done = tagtill("decode", "nonsense", GOOD)

    assert done.returncode == 1
    assert done.stdout == f"{GOOD}: sgtin-96 (01)80614141123458(21)12345\n"
    assert done.stderr.count("\n") == 1
    assert "nonsense" in done.stderr


def test_encoding_is_the_way_back() -> None:
    done = tagtill("encode", "--scheme", "SGTIN-96", "--gtin", "80614141123458", "--serial", "12345")

    assert (done.returncode, done.stdout) == (0, f"{GOOD}\n")
    wide = tagtill("encode", "--scheme", "sgtin-198", "--gtin", "80614141123458", "--serial", "a/b", "--json")
    row = json.loads(wide.stdout)
    assert (row["serial"], len(row["memory"]), row["pc"]) == ("a/b", 52, "6800")


def test_what_cannot_be_encoded_is_an_error_of_the_world_and_a_wrong_option_one_of_usage() -> None:
    link = "https://id.gs1.org/01/80614141123458/21/12345"
    named = tagtill("encode", "--identity", link, "--company-prefix-digits", "7", "--json")
    assert json.loads(named.stdout)["digital_link"] == link
    assert tagtill("encode", "--identity", link, "--serial", "1").returncode == 2

    wrong = tagtill("encode", "--scheme", "sgtin-96", "--gtin", "80614141123457", "--serial", "1")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "check digit" in wrong.stderr
    assert wrong.stderr.count("\n") == 1
    assert tagtill("encode", "--scheme", "sgtin-97", "--gtin", "80614141123458").returncode == 2
    assert tagtill("encode", "--scheme", "sgtin-96", "--serial", "1").returncode == 2
