"""`tagtill doctor`: what is wrong with this box, and what to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from appliance.commands.config_option import config_option
from appliance.config import load_config
from appliance.doctor import Verdict, examine

__all__ = ["doctor"]

_SIGN = {Verdict.FINE: "✓", Verdict.WARNING: "!", Verdict.WRONG: "✗"}


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object per check.")
@click.pass_context
def doctor(ctx: click.Context, config_path: Path, as_json: bool) -> None:
    """Check this box: disk, database, journal, outbox, readers, terminals, central. Exit 1 where something is wrong."""
    wrong = False
    for finding in examine(load_config(config_path)):
        wrong |= finding.verdict is Verdict.WRONG
        if as_json:
            click.echo(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            remedy = f" → {finding.remedy}" if finding.remedy else ""
            click.echo(f"{_SIGN[finding.verdict]} {finding.check}: {finding.detail}{remedy}")
    ctx.exit(1 if wrong else 0)
