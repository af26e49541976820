"""Central's availability, brought to this origin: one connection for all pages.

Central is followed by its `/changes` stream. Where it gives no stream (all of its own are taken) its
`/availability` is asked instead, every few seconds, so pages fall behind a little and never go blind.
"""

from __future__ import annotations

import json
import queue
import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential
from urllib3.exceptions import HTTPError

from kiosk_ui.sse import ServerEvent, SseParser
from reader.port import Clock

__all__ = ["HttpCentralRelay"]

log = structlog.get_logger()

_CONNECT_TIMEOUT_S = 3.05
_SILENCE_S = 10.0  # central beats every few seconds; a stream without a byte for this long is dead
_BEAT_S = 3.0
_POLL_S = 3.0
_BACKOFF_LIMIT_S = 4.0
_GTINS_PER_REQUEST = 100  # keeps the address below 2,000 characters
_WAITING_LIMIT = 500  # changes that a slow page may fall behind before its stream ends and it asks anew
_CHUNK_BYTES = 65536
_EXPECTED = (requests.RequestException, HTTPError, ValueError, KeyError)  # central is away, or talks nonsense


@dataclass(frozen=True, slots=True)
class _Known:
    item: Mapping[str, Any]
    received_s: float


class _StreamRefusedError(Exception):
    """Central answers, but gives no stream now."""


class HttpCentralRelay:
    """Follows central in a thread of its own and fans its changes out to pages.

    gtins: what to ask for when central gives no stream. base_url: central's, without a slash at its end.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None,
        gtins: Callable[[], Collection[str]],
        clock: Clock,
        *,
        poll_s: float = _POLL_S,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._gtins = gtins
        self._clock = clock
        self._poll_s = poll_s
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], _Known] = {}
        # Weak, because a page that leaves before its first event never gets to take itself off.
        self._pages: weakref.WeakSet[queue.Queue[Mapping[str, Any]]] = weakref.WeakSet()
        self._up = False
        self._heard_s: float | None = None
        self._stopping = threading.Event()
        self._response: requests.Response | None = None
        self._thread = threading.Thread(target=self._follow, name="central-relay", daemon=True)

    def start(self) -> None:
        """Begin to follow central; returns at once. A central that is away is not an error."""
        self._thread.start()

    def stop(self, deadline_s: float = 5.0) -> None:
        """Stop following, within ``deadline_s``; pages keep what is known. May be called twice."""
        self._stopping.set()
        response = self._response
        if response is not None:
            # close() would wait for the thread that reads; an error says that it ended by itself meanwhile.
            with suppress(OSError, RuntimeError, ValueError):
                response.raw.shutdown()
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    def availability(self) -> Mapping[str, Any]:
        """Return the last known availability, its age now, and whether central answers."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            items = [_aged(known, now_s) for known in self._known.values()]
            return {**self._state(now_s), "items": items}

    def changes(self, timeout_s: float) -> Iterator[Mapping[str, Any]]:
        """Yield changes as they come and, every few seconds, how central is, for at most ``timeout_s``."""
        waiting: queue.Queue[Mapping[str, Any]] = queue.Queue(_WAITING_LIMIT)
        with self._lock:
            self._pages.add(waiting)
        return self._drain(waiting, self._clock.monotonic_s() + timeout_s)

    def _drain(self, waiting: queue.Queue[Mapping[str, Any]], until_s: float) -> Iterator[Mapping[str, Any]]:
        while not self._stopping.is_set():
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0 or (waiting.empty() and self._is_dropped(waiting)):
                return
            try:
                yield waiting.get(timeout=min(left_s, _BEAT_S))
            except queue.Empty:
                with self._lock:
                    beat = self._state(self._clock.monotonic_s())
                yield beat

    def _is_dropped(self, waiting: queue.Queue[Mapping[str, Any]]) -> bool:
        """Say whether a page fell too far behind: it ends here, opens anew and gets everything."""
        with self._lock:
            return waiting not in self._pages

    def _state(self, now_s: float) -> dict[str, Any]:
        silent_s = None if self._heard_s is None else 0.0 if self._up else round(now_s - self._heard_s, 1)
        return {"central_up": self._up, "silent_s": silent_s}

    # -- the thread that follows central

    def _follow(self) -> None:
        retrying = Retrying(
            sleep=self._pause,
            wait=wait_random_exponential(multiplier=0.25, max=_BACKOFF_LIMIT_S),
            retry=retry_if_exception_type(),  # whatever it was: without this thread every page goes blind for good
            stop=self._stopped,
            before_sleep=self._lost,
            retry_error_callback=self._lost,  # stopped while central was away: nothing to raise
        )
        while not self._stopping.is_set():
            retrying(self._once)

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _stopped(self, _: RetryCallState) -> bool:
        return self._stopping.is_set()

    def _lost(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, _EXPECTED) and state.attempt_number == 1:
            log.error("central_relay_failed", exc_info=error)
        self._say(up=False, reason=type(error).__name__)

    def _once(self) -> None:
        """Follow one stream to its end, or poll once where there is no stream."""
        try:
            self._stream()
        except _StreamRefusedError:
            self._poll()
            self._stopping.wait(self._poll_s)

    def _stream(self) -> None:
        with requests.get(
            f"{self._base_url}/changes",
            headers={**self._headers, "Accept": "text/event-stream"},
            stream=True,
            timeout=(_CONNECT_TIMEOUT_S, _SILENCE_S),
            allow_redirects=False,
        ) as response:
            if response.status_code == 503:
                raise _StreamRefusedError
            response.raise_for_status()
            self._response = response
            self._read(response)

    def _read(self, response: requests.Response) -> None:
        parser = SseParser()
        heard = False
        # raw.read1 gives bytes as they come; iter_content waits for more where a peer does not chunk.
        for chunk in iter(lambda: response.raw.read1(_CHUNK_BYTES), b""):
            heard = True
            for event in parser.feed(chunk):
                self._take(event)
            self._say(up=True)
            if self._stopping.is_set():
                return
        if not heard:
            raise requests.ConnectionError("central ended its stream at once")

    def _poll(self) -> None:
        gtins = sorted(self._gtins())
        for first in range(0, len(gtins), _GTINS_PER_REQUEST):
            response = requests.get(
                f"{self._base_url}/availability",
                params={"gtins": ",".join(gtins[first : first + _GTINS_PER_REQUEST])},
                headers=self._headers,
                timeout=(_CONNECT_TIMEOUT_S, _SILENCE_S),
                allow_redirects=False,
            )
            response.raise_for_status()
            self._learn(response.json()["items"])
            self._say(up=True)

    def _take(self, event: ServerEvent) -> None:
        if event.name == "snapshot":
            self._learn(json.loads(event.text)["items"])
        elif event.name == "availability":
            self._learn([json.loads(event.text)])

    def _learn(self, items: Sequence[Mapping[str, Any]]) -> None:
        now_s = self._clock.monotonic_s()
        with self._lock:
            for item in items:
                place = (str(item["gtin"]), str(item["location"]))
                before = self._known.get(place)
                self._known[place] = _Known(item, now_s)
                if before is None or _figures(before.item) != _figures(item):
                    self._tell(item)

    def _say(self, *, up: bool, reason: str = "") -> None:
        now_s = self._clock.monotonic_s()
        with self._lock:
            if up:
                self._heard_s = now_s
            if up == self._up:
                return
            self._up = up
            self._tell(self._state(now_s))
        log.info("central_followed" if up else "central_lost", reason=reason or None)

    def _tell(self, change: Mapping[str, Any]) -> None:
        """Give ``change`` to every page; the lock is held."""
        for waiting in list(self._pages):
            try:
                waiting.put_nowait(change)
            except queue.Full:
                self._pages.discard(waiting)


def _aged(known: _Known, now_s: float) -> dict[str, Any]:
    age_s = known.item.get("age_s")
    grown = None if age_s is None else round(age_s + max(0.0, now_s - known.received_s), 1)
    return {**known.item, "age_s": grown}


def _figures(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(item.get(name) for name in ("on_hand", "reserved", "safety", "uncertain", "available"))
