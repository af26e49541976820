"""What is wrong with this box, in words, and what to do about it.

Every check looks and changes nothing; what it may ask of a reader is in `appliance.reader_check`. A check that cannot
be made says so; it never counts as fine.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from pathlib import Path

import requests

from appliance.config import Config
from appliance.config_files import file_problems
from appliance.errors import ConfigError
from appliance.reader_check import StoreWord, looked_at
from appliance.store_word import readers_told_by_store
from checkout.journal import verify
from checkout.terminals.demo import DemoTerminal
from reader.errors import ProfileError, ReaderBusyError, ReaderError, ReaderGoneError
from reader.host_clock import HostClock
from reader.system_reasons import reason_of
from stocksync.outbox import depth

__all__ = ["Finding", "Verdict", "examine"]

_NET_TIMEOUT_S = 2.0
_FREE_BYTES_LOW = 1 << 30
_OUTBOX_OLD_S = 300.0


class Verdict(StrEnum):
    """How a check ended."""

    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it is, and what to do where it is not fine."""

    check: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def examine(config: Config) -> Iterator[Finding]:
    """Yield a finding per check, as each ends; a check takes a few seconds at most."""
    yield _files(config)
    yield _disk(config)
    yield from _database(config)
    yield _pictures(config)
    store_word = cache(partial(readers_told_by_store, config))
    for name in config.readers:
        yield _guarded(f"reader {name}", partial(_reader, config, name, store_word))
    for name, terminal in config.terminals.items():
        host, _, port = terminal.address.rpartition(":")
        health = DemoTerminal(host, int(port), _NET_TIMEOUT_S).health()
        yield Finding(
            f"terminal {name}",
            Verdict.FINE if health.up else Verdict.WRONG,
            health.detail or f"answers at {terminal.address}",
            "" if health.up else "Is it switched on, and is its address right?",
        )
    if config.sync is not None:
        yield _guarded("central", partial(_central, config))


def _files(config: Config) -> Finding:
    problems = list(file_problems(config))
    if not problems:
        return Finding("files", Verdict.FINE, "all that the configuration names are there")
    return Finding("files", Verdict.WRONG, "; ".join(problems), "Make them, or take them out of the configuration.")


def _guarded(check: str, look: Callable[[], Finding]) -> Finding:
    """Run a look that raises what is wrong; returns a finding either way."""
    try:
        return look()
    except ReaderBusyError as error:
        return Finding(check, Verdict.WARNING, str(error), "It is there. If that is not a till, close it.")
    except (ProfileError, ConfigError) as error:
        return Finding(check, Verdict.WRONG, str(error), "Mend the file that it names.")
    except ReaderGoneError as error:
        return Finding(check, Verdict.WRONG, str(error), "Is it switched on, plugged in, and on this network?")
    except ReaderError as error:
        return Finding(check, Verdict.WRONG, str(error), "docs/guide/readers.md says what to do, by these words.")


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(config.base).free
    low = free < _FREE_BYTES_LOW
    return Finding(
        "disk",
        Verdict.WARNING if low else Verdict.FINE,
        f"{free / 1e9:.1f} GB free",
        "Make room: counts stop first when it is full, sales last." if low else "",
    )


def _database(config: Config) -> Iterator[Finding]:
    path = config.path(config.store.database)
    if not path.is_file():
        yield Finding("database", Verdict.WARNING, f"there is no {path} yet", "`tagtill serve` makes it.")
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            yield Finding(
                "database",
                Verdict.FINE if sound == "ok" else Verdict.WRONG,
                f"{path.name}: {sound}",
                "" if sound == "ok" else "Stop the service and restore the newest backup.",
            )
            report = verify(connection)
            yield Finding(
                "journal",
                Verdict.FINE if report.is_sound else Verdict.WRONG,
                f"{report.records} records, {report.sales} sales" + ("" if report.is_sound else f"; {report.fault}"),
                "" if report.is_sound else "Keep the file as it is and call whoever audits you.",
            )
            waiting = depth(connection)
            yield _outbox(waiting.waiting, waiting.oldest_ms, HostClock().utc_us() // 1000)
    except sqlite3.Error as error:
        yield Finding("database", Verdict.WRONG, f"{path}: {error}", "Stop the service and restore the newest backup.")


def _outbox(rows: int, oldest_ms: int | None, now_ms: int) -> Finding:
    age_s = 0.0 if oldest_ms is None else (now_ms - oldest_ms) / 1000
    old = age_s > _OUTBOX_OLD_S
    return Finding(
        "outbox",
        Verdict.WARNING if old else Verdict.FINE,
        f"{rows} movements wait" + (f", the oldest for {age_s:.0f} s" if rows else ""),
        "Is `tagtill sync run` running, and does central answer?" if old else "",
    )


def _pictures(config: Config) -> Finding:
    if config.store.pictures is None:
        return Finding("pictures", Verdict.WARNING, "none configured", "Set store.pictures to a folder of GTIN.svg.")
    folder: Path = config.path(config.store.pictures)
    count = sum(1 for _ in folder.glob("*.svg")) if folder.is_dir() else 0
    return Finding("pictures", Verdict.FINE if count else Verdict.WARNING, f"{count} in {folder.name}")


def _reader(config: Config, name: str, store_word: StoreWord) -> Finding:
    look = looked_at(config, name, store_word)
    if not look.troubles:
        return Finding(f"reader {name}", Verdict.FINE, look.detail)
    remedy = "docs/guide/readers.md says what to do, by these words."
    return Finding(f"reader {name}", Verdict.WARNING, f"{look.detail}; {'; '.join(look.troubles)}", remedy)


def _central(config: Config) -> Finding:
    assert config.sync is not None
    try:
        answer = _central_answer(config, config.sync.central)
        answer.raise_for_status()
    except requests.HTTPError as error:
        wrong = f"{config.sync.central} answers with status {error.response.status_code}"
        return Finding("central", Verdict.WRONG, wrong, "Is it central's address, and is central well?")
    except requests.RequestException as error:
        wrong = f"{config.sync.central} does not answer: {reason_of(_first_cause(error))}"
        return Finding("central", Verdict.WRONG, wrong, "Is it switched on, and on this network?")
    version = answer.headers.get("GS1-EPCIS-Version", "?")
    return Finding("central", Verdict.FINE, f"answers at {config.sync.central} (EPCIS {version})")


def _first_cause(error: Exception) -> Exception:
    """Return the system's own error beneath those of the HTTP client, which speak of its pools."""
    if isinstance(error, requests.Timeout):
        return TimeoutError(errno.ETIMEDOUT, "no answer")
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and not isinstance(found, requests.RequestException):
            return found
        found = found.__cause__ or found.__context__
    return error


def _central_answer(config: Config, central: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # a .netrc would replace our key
        # Of what central answers, this needs the key: OPTIONS would say that all is well with a wrong one.
        answer = session.get(
            f"{central}/capture",
            params={"perPage": 1},
            headers={"Authorization": f"Bearer {config.sync_key() or ''}"},
            timeout=_NET_TIMEOUT_S,
            allow_redirects=False,
        )
    if answer.status_code in (401, 403):
        raise ConfigError(config.base, [f"{central} does not know the key that [sync] names"])
    return answer
