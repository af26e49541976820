"""`tagtill demo`: a whole sample shop on this machine."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import click

from appliance.demo.once import walk_once
from appliance.demo.shop import make_shop
from appliance.demo.site import FloorSite
from appliance.demo.supervisor import DemoPlan, DemoShop
from appliance.errors import StopWishedError

__all__ = ["demo"]


_PORT = 8080


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65534),
    help=f"Of the kiosk ({_PORT}; any with --once); the floor's page is one above. 0: any.",
)
@click.option("--lane-count", default=1, show_default=True, type=click.IntRange(1, 8), help="How many kiosks.")
@click.option("--once", is_flag=True, help="One walk without a browser, then end.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print one JSON object.")
@click.option("--items", default=5, show_default=True, type=click.IntRange(1, 40), help="With --once: how many goods.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Same seed, same shop, same air.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the shop's data here; without it they go when the demo ends.",
)
def demo(
    port: int | None, lane_count: int, once: bool, as_json: bool, items: int, seed: int, folder: Path | None
) -> None:
    """Run the whole shop on loopback: five kinds of processes, real bytes between them, nothing from elsewhere."""
    stop = threading.Event()
    # Closing the terminal's window counts too. SIGINT by name, because a shell's background job is born deaf to it.
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, lambda *_: stop.set())
    home = folder or Path(tempfile.mkdtemp(prefix="tagtill-demo-"))
    plan = DemoPlan(
        folder=home.resolve(),
        port=0 if once and port is None else _PORT if port is None else port,
        lane_count=lane_count,
        seed=seed,
        card_seconds=0.0 if once else 1.2,
    )
    try:
        _run(plan, items if once else None, as_json, stop)
    finally:
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


def _run(plan: DemoPlan, items: int | None, as_json: bool, stop: threading.Event) -> None:
    """Open the shop, for one walk of ``items`` goods or until Ctrl-C, and close it in any case."""
    began_at_s = time.monotonic()
    shop = DemoShop(plan, make_shop(plan.seed), stop)
    try:
        shop.prepare()
        shop.start()
        if items is not None:
            walked = walk_once(shop, items)
            click.echo(json.dumps(walked) if as_json else json.dumps(walked, indent=2))
        else:
            _keep_open(shop, began_at_s)
    except StopWishedError:
        sys.exit(130)
    finally:
        shop.stop()


def _keep_open(shop: DemoShop, began_at_s: float) -> None:
    site = FloorSite(shop)
    site.start()
    kiosks = "\n  ".join(f"kiosk {lane:<14} {shop.store_url}/kiosk/{lane}" for lane in shop.lanes)
    try:
        click.echo(
            f"""
  {shop.shop.name} is open ({time.monotonic() - began_at_s:.1f} s).

  virtual shop floor   {site.url}   ← begin here: drag goods onto the pad
  {kiosks}
  staff                {shop.store_url}/staff
  online shop          {shop.store_url}/shop
  central              {shop.central_url}

  data and logs        {shop.plan.folder}
  Ctrl-C closes it."""
        )
        while True:
            shop.tend()
    except StopWishedError:
        click.echo("\nclosing …")
    finally:
        site.stop()
