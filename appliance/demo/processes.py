"""The demo's processes: start, wait until ready, kill, start again.

1. Only `ProcessGroup.tend` starts or stops anything, and only one thread calls it: a child made to end with
   its parent ends when the *thread* that made it ends (prctl(2), PR_SET_PDEATHSIG).
2. Everybody else states a wish: `switch`, `kill`.
3. A process that dies by itself is started again; what it printed is in its log.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from appliance.errors import ProcessError, StopWishedError

__all__ = ["ProcessGroup", "ProcessPlan"]

log = structlog.get_logger()

_RESTART_S = 0.5
_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """What to run. ``arguments`` follow `tagtill`; the process says it is up by a line that begins with `ready`."""

    name: str
    arguments: tuple[str, ...]
    on_ready: Callable[[], None] | None = None  # called by the tending thread at each (re)start


@dataclass
class _Child:
    plan: ProcessPlan
    wanted: bool = True
    process: subprocess.Popen[str] | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    announced: bool = False
    started: int = 0
    retry_at_s: float = 0.0

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class ProcessGroup:
    """All processes of one demo."""

    def __init__(
        self, logs: Path, environment: Mapping[str, str] | None = None, stop: threading.Event | None = None
    ) -> None:
        """``stop``: once it is set, `tend` raises StopWishedError, and never between a process and our note of it."""
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._stop = stop or threading.Event()
        self._environment = {**os.environ, **(environment or {})}
        self._children: dict[str, _Child] = {}
        self._wishes = threading.Condition()

    def add(self, plan: ProcessPlan) -> None:
        """Add a process that shall run from the next `tend` on."""
        self._children[plan.name] = _Child(plan)

    def names(self) -> Sequence[str]:
        """Return the names in the order of adding."""
        return tuple(self._children)

    def state(self, name: str) -> str:
        """Return up, starting, down (it died and comes back) or off."""
        child = self._child(name)
        if not child.wanted:
            return "off"
        if not child.is_alive():
            return "down"
        return "up" if child.ready.is_set() else "starting"

    def pid(self, name: str) -> int | None:
        """Return the process id while it runs."""
        process = self._child(name).process
        return process.pid if process is not None and process.poll() is None else None

    def starts(self, name: str) -> int:
        """Return how often it was started."""
        return self._child(name).started

    def switch(self, name: str, on: bool) -> None:
        """Wish it on, or off as a pulled plug is off: at once and without warning."""
        with self._wishes:
            self._child(name).wanted = on
            self._wishes.notify()

    def kill(self, name: str) -> None:
        """Kill it (-9); it comes back by itself."""
        process = self._child(name).process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(_GRACE_S)

    def tend(self, wait_s: float = 0.1) -> None:
        """Do what is wished, bring back what died; returns after at most about ``wait_s``.

        Raises:
            StopWishedError: The demo shall end.
        """
        if self._stop.is_set():
            raise StopWishedError("the demo shall end")
        for child in self._children.values():
            if child.wanted and not child.is_alive():
                self._revive(child)
            elif not child.wanted and child.is_alive():
                self.kill(child.plan.name)
            elif child.ready.is_set() and not child.announced:
                child.announced = True
                if child.plan.on_ready is not None:
                    child.plan.on_ready()
        with self._wishes:
            self._wishes.wait(wait_s)

    def tend_until_ready(self, deadline_s: float, names: Sequence[str] | None = None) -> None:
        """Tend until all of ``names`` (default: all that are wanted) are ready.

        Raises:
            ProcessError: One is not, after ``deadline_s`` seconds; says what it printed last.
        """
        until = time.monotonic() + deadline_s
        wanted = [self._child(name) for name in names or self._children]
        while True:
            self.tend(0.02)
            late = [child for child in wanted if child.wanted and not (child.ready.is_set() and child.announced)]
            if not late:
                return
            if time.monotonic() > until:
                name = late[0].plan.name
                raise ProcessError(f"{name} did not come up within {deadline_s:g} s; it said: {self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """Return the last line that a process logged."""
        lines = self._log_of(name).read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "nothing")

    def stop(self) -> None:
        """End all of them politely, the last first; one that does not go in time is killed."""
        for child in reversed(self._children.values()):
            child.wanted = False
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        until = time.monotonic() + _GRACE_S
        for child in self._children.values():
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.05, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process.killed", name=child.plan.name)
                child.process.kill()
                child.process.wait()

    def _child(self, name: str) -> _Child:
        try:
            return self._children[name]
        except KeyError:
            raise ProcessError(f"no process {name}; there are {', '.join(self._children)}") from None

    def _log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _revive(self, child: _Child) -> None:
        now_s = time.monotonic()
        if now_s < child.retry_at_s:
            return
        child.retry_at_s = now_s + _RESTART_S
        child.ready = threading.Event()
        child.announced = False
        child.started += 1
        with self._log_of(child.plan.name).open("a", encoding="utf-8") as errors:
            child.process = subprocess.Popen(
                [sys.executable, "-m", "appliance.demo.child", *child.plan.arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )
        threading.Thread(
            target=_await_ready, args=(child.process, child.ready), name=f"ready-{child.plan.name}", daemon=True
        ).start()


def _await_ready(process: subprocess.Popen[str], ready: threading.Event) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:  # read on to the end, so that a talkative process never blocks
            if line.startswith("ready"):
                ready.set()
