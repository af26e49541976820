"""The command line: `tagtill COMMAND …`.

Each command lives in a module of `appliance.commands` and is imported when it is asked for, so that
`tagtill epc decode` does not pay for a web server.
"""

from __future__ import annotations

import importlib
import sys

import click

from appliance.errors import ApplianceError
from checkout.errors import CheckoutError
from kiosk_ui.errors import KioskUiError
from reader.errors import ReaderError
from stocksync.errors import SyncError

__all__ = ["main"]

# command -> (module of appliance.commands, attribute, one line of help)
_COMMANDS: dict[str, tuple[str, str, str]] = {
    "basket": ("basket", "basket", "Record evidence; replay it to decisions."),
    "central": ("central", "central", "Run the central inventory."),
    "demo": ("demo", "demo", "Run a whole sample shop on this machine."),
    "doctor": ("doctor", "doctor", "Check this box and say what is wrong."),
    "epc": ("epc", "epc", "Tags: bits to words and back."),
    "journal": ("journal", "journal", "The sales journal."),
    "price": ("price", "price", "Price one basket described in JSON."),
    "reader": ("reader", "reader", "Probe a reader, list its reads, decode its frames."),
    "serve": ("serve", "serve", "Run the store service."),
    "config": ("config", "config", "Check the configuration."),
    "stocktake": ("stocktake", "stocktake", "Count the shop by a sweep."),
    "catalogue": ("catalogue", "catalogue", "Import products and prices."),
    "stock": ("stock", "stock", "Import the tags that this store has."),
    "sync": ("sync", "sync", "Bring movements to central."),
    "tag": ("tag", "tag", "One tag's memory; commissioning and labels."),
    "terminal": ("terminal", "terminal", "Run the demo payment terminal."),
    "virtual-reader": ("virtual_reader", "virtual_reader", "Run a reader without hardware."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"appliance.commands.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in sorted(_COMMANDS.items())])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tagtill", prog_name="tagtill")
@click.pass_context
def tagtill(ctx: click.Context) -> None:
    """RFID self-checkout and real-time stock sync."""
    from appliance.logs import configure_logs  # after `--help`, which has nothing to log

    configure_logs(ctx.invoked_subcommand or "tagtill")


def main() -> None:
    """Run the command line: exit 0 fine, 1 the input or the world is wrong, 2 usage."""
    try:
        code = tagtill.main(standalone_mode=False)  # what `ctx.exit` said, or what the command returned: nothing
        sys.exit(code if isinstance(code, int) else 0)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _say(error.format_message())
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (ApplianceError, KioskUiError, SyncError, CheckoutError, ReaderError) as error:
        _say(str(error))
        sys.exit(1)
    except OSError as error:
        _say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error))
        sys.exit(1)


def _say(what_is_wrong: str) -> None:
    for line in what_is_wrong.splitlines():
        click.echo(f"tagtill: {line}", err=True)


if __name__ == "__main__":
    main()
