"""`tagtill reader profiles`: which profiles there are, and what one of them says and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import click

from appliance.commands.reader_options import json_option, print_json
from reader.profile import Composed, Model, Profile, compose, shipped_models, shipped_profiles
from reader.profile.keys import CAPABILITIES

__all__ = ["limit_in_words", "profiles"]


@click.command()
@click.argument("name", required=False, metavar="[NAME|FILE]")
@json_option
def profiles(name: str | None, as_json: bool) -> None:
    """List the profiles that there are; with a NAME, show one: every figure, where it is said, and why."""
    if name is not None:
        composed = compose(name)
        if as_json:
            print_json(_resolved(composed))
        else:
            _show(composed)
    elif as_json:
        for known in shipped_profiles():
            print_json(_summary(compose(known).profile))
    else:
        _list()


def _list() -> None:
    models = shipped_models().values()
    rows = [
        (model.name, model.device, model.driver, str(model.antenna_ports), _power_words(model), *_uses(model))
        for model in models
    ]
    _table(("MODEL", "DEVICE", "SPEAKS", "PORTS", "DBM", "PLACES", "REGIONS"), rows)
    composed = {
        f"{model.name}-{place}-{region}" for model in models for place in model.places for region in model.regions
    }
    whole = sorted(set(shipped_profiles()) - composed)
    click.echo(
        "\nA profile is named MODEL-PLACE-REGION, such as impinj-r700-pad-eu. Whole ones: " + ", ".join(whole) + "."
    )
    untried = [model.name for model in models if model.tested == "never on hardware"]
    click.echo(f"Never on hardware: {len(untried)} of {len(rows)} models, all but the virtual one.")


def _uses(model: Model) -> tuple[str, str]:
    return " ".join(model.places) or "-", " ".join(model.regions) or "-"


def _power_words(model: Model) -> str:
    return "-" if model.power_range_dbm is None else f"{model.power_range_dbm[0]:g} to {model.power_range_dbm[1]:g}"


def _show(composed: Composed) -> None:
    profile = composed.profile
    click.echo(f"{profile.name}: {profile.origin.device}, {composed.purpose}")
    click.echo(f"law: {profile.region.title} ({profile.region.source})")
    click.echo(f"tested: {profile.origin.tested}\n")
    rows = [(figure.key, _words(figure.value), figure.where, figure.reason) for figure in composed.figures]
    _table(("SETTING", "VALUE", "SAID IN", "BECAUSE"), [*rows, *_own_rows(profile)])
    click.echo()
    for port in profile.antennas:
        click.echo(f"antenna {port}: {limit_in_words(profile, port)}")
    click.echo(
        "\nwhat the driver does of it (done: proved on the virtual reader; untried: nothing like it ever answered):"
    )
    _table(("", "", ""), [(name, profile.model.scorecard[name], CAPABILITIES[name]) for name in CAPABILITIES])


def _own_rows(profile: Profile) -> Iterable[tuple[str, str, str, str]]:
    """What only a file can say."""
    for number, only in enumerate(profile.filters, 1):
        verb = "but those" if only.is_excluding else "those"
        words = f"{verb} with {only.bits} bits of {only.mask} at {only.bit_address} of {only.bank.name.lower()}"
        yield f"filters.{number}", words, profile.name, ""
    if profile.fixed_channels_mhz:
        yield "fixed_channels_mhz", _words(list(profile.fixed_channels_mhz)), profile.name, ""
    if profile.start_input is not None:
        on = profile.start_input
        yield "start_input", f"{on.port} {'high' if on.is_high else 'low'}, {on.seconds:g} s", profile.name, ""


def limit_in_words(profile: Profile, port: int) -> str:
    settings = profile.on(port)
    law_dbm = profile.region.port_limit_dbm(settings.gain_dbi, settings.cable_loss_db)
    words = (
        f"at most {settings.power_limit_dbm:.2f} dBm at the port ({settings.tx_power_dbm:g} are wished, the law allows "
        f"{law_dbm:.2f} with {settings.gain_dbi:g} dBi and {settings.cable_loss_db:g} dB of cable)"
    )
    own = profile.overrides.get(port)
    return words + (f"; its own: {', '.join(f'{key} {_words(value)}' for key, value in own.items())}" if own else "")


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as wide as they need to be; the last is not padded."""
    lines = [heads, *rows] if any(heads) else rows
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        click.echo("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


def _summary(profile: Profile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "device": profile.origin.device,
        "driver": profile.driver,
        "model": profile.model.name,
        "place": profile.place,
        "region": profile.region.name,
        "antennas": list(profile.antennas),
        "power_limit_dbm": round(profile.power_limit_dbm, 2),
        "tested": profile.origin.tested,
    }


def _resolved(composed: Composed) -> dict[str, Any]:
    profile = composed.profile
    return {
        **_summary(profile),
        "purpose": composed.purpose,
        "address": profile.address or None,
        "settings": {
            figure.key: {"value": figure.value, "where": figure.where, "reason": figure.reason}
            for figure in composed.figures
        },
        "power_limits_dbm": {port: round(profile.on(port).power_limit_dbm, 2) for port in profile.antennas},
        "overrides": profile.overrides,
        "filters": [
            {
                "bank": only.bank.name.lower(),
                "bit_address": only.bit_address,
                "mask": only.mask,
                "bits": only.bits,
                "is_excluding": only.is_excluding,
            }
            for only in profile.filters
        ],
        "fixed_channels_mhz": list(profile.fixed_channels_mhz),
        "scorecard": dict(profile.model.scorecard),
        "source": {"model": profile.model.source, "region": profile.region.source},
    }
