"""The documentation is part of the product: its commands exist, its files are obeyed, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from appliance.cli import tagtill
from appliance.config import load_config
from reader.profile import load_profile

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(kind: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for found_kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if found_kind == kind:
                yield name_of(page), text


def commands() -> Iterator[tuple[str, str, list[str]]]:
    """Yield page, command and the output that the page promises, for each `$ tagtill …`."""
    for page, text in blocks("console"):
        command = ""
        shown: list[str] | None = None
        for line in [*text.splitlines(), "$ end"]:
            if line.startswith("$ "):
                if shown is not None:
                    yield page, command, shown
                command = line.removeprefix("$ ").removeprefix(".venv/bin/").partition("  #")[0]
                shown = [] if command.startswith("tagtill ") else None
            elif shown is not None:
                shown.append(line)


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that ``words`` name, and what is left of them."""
    command: click.Command = tagtill
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize(("page", "command", "output"), list(commands()))
def test_a_command_of_the_documentation_is_understood(page: str, command: str, output: list[str]) -> None:
    found, rest = resolved(shlex.split(command)[1:])
    options = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}

    assert {word for word in rest if word.startswith("--")} <= options, page
    if output:
        assert CliRunner().invoke(tagtill, shlex.split(command)[1:]).stdout.splitlines() == output, page


@pytest.mark.parametrize(
    ("page", "text"), [(page, text) for page, text in blocks("toml") if text.startswith("[store]")]
)
def test_a_configuration_of_the_documentation_is_obeyed(page: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(text, encoding="utf-8")

    assert load_config(path).store.name, page


@pytest.mark.parametrize(("page", "text"), [(page, text) for page, text in blocks("toml") if text.startswith("spec =")])
def test_a_profile_of_the_documentation_is_obeyed(page: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")

    assert load_profile(str(path)).antennas, page


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))

    assert [target for target in LINK.findall(text) if not (page.parent / target).exists()] == []
