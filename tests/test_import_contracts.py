"""Each import contract is broken once on purpose: a fence that nobody walked into may not stand there at all."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("reader", "checkout", "stocksync", "kiosk_ui", "appliance", "firmware_configs")

# contract -> (module that shall not, what it imports)
TRESPASSES = {
    "flow": ("reader/model.py", "import checkout.money"),
    "data": ("reader/model.py", "import firmware_configs"),
    "tests": ("checkout/money.py", "import tests.test_import_contracts"),
    "pure": ("reader/epc/gtin.py", "import socket"),
    "sllurp": ("reader/llrp/driver.py", "import sllurp.llrp"),
    "serial": ("reader/serial/driver.py", "import serial"),
    "later": ("checkout/money.py", "import stripe"),
    "flask": ("stocksync/movement.py", "import flask"),
    "cycles": ("checkout/money.py", "import checkout.tender"),
}


def linted(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--contract", contract],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tree), "PATH": ""},
    )


def declared_contracts() -> list[dict[str, Any]]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = document["tool"]["importlinter"]["contracts"]
    return contracts


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__", "static", "*.svg"))
    for room in ("tests", "bench"):
        (tree / room).mkdir()
        (tree / room / "__init__.py").touch()
    shutil.copy(Path(__file__), tree / "tests")
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def test_every_contract_has_its_trespass() -> None:
    assert {contract["id"] for contract in declared_contracts()} == set(TRESPASSES)


@pytest.mark.parametrize("contract", TRESPASSES)
def test_a_trespass_is_noticed(tree: Path, contract: str) -> None:
    file, trespass = TRESPASSES[contract]
    module = tree / file
    innocent = module.read_text(encoding="utf-8")
    name = next(entry["name"] for entry in declared_contracts() if entry["id"] == contract)
    try:
        module.write_text(f"{innocent}\n{trespass}\n", encoding="utf-8")
        broken = linted(tree, contract)
    finally:
        module.write_text(innocent, encoding="utf-8")

    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert f"{name} BROKEN" in broken.stdout
    assert linted(tree, contract).returncode == 0


def test_whoever_calls_itself_pure_is_held_to_it() -> None:
    """A package's map speaks of its rooms; each of them speaks for itself."""
    fenced = next(one["source_modules"] for one in declared_contracts() if one["id"] == "pure")
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            says = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            if path.name != "__init__.py" and re.search(r"\bPure\b", says):
                assert any(f"{module}.".startswith(f"{known}.") for known in fenced), f"{module} is not in the contract"
