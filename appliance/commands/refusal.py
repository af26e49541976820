"""How a command says that a file was refused whole: each problem on a line, then one line that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

__all__ = ["refusal_of"]


def refusal_of(source: Path, problems: Sequence[str], *, as_json: bool) -> click.ClickException:
    """Print ``problems`` on stdout, as text or as `{"problem": …}`, and return what to raise (exit 1)."""
    for problem in problems:
        click.echo(orjson.dumps({"problem": problem}) if as_json else problem)
    count = len(problems)
    return click.ClickException(f"{source}: nothing imported, {count} {'problem' if count == 1 else 'problems'}")
