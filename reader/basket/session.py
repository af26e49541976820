"""The basket's state machine: reads and ticks in, `Basket` out.

1. Every decision falls on a tick of the reads' own clock and uses only reads before it: however the stream
   is cut into calls, and wherever it ends, the same past gives the same answer.
2. Reads count for the tick they come in; a late one counts for the running tick.
3. A paused session (the reader's link is down) decides nothing, and the silence is held against no tag.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reader.basket.background import Background
from reader.basket.classify import FEATURES, Features, contributions, vector
from reader.basket.completion import is_quiet, p_miss
from reader.basket.evidence import TagTrace
from reader.basket.model import Basket, Place, Removal, TagEvidence
from reader.basket.removal import Presence, is_lifted
from reader.basket.rotation import Rotation
from reader.basket.rule import BasketRule
from reader.model import TagRead
from reader.port import TagKnowledge, TagStanding

__all__ = ["BasketSession"]

_UPKEEP_TICKS = 10
_CLOCK_STEP_US = 2_000_000  # no batch of reports is that late
_FEW_WINDOWS = 5  # opportunities below which a tag near the threshold is worth waiting for
_DOUBTFUL = 2.2  # log-odds: 10 % or more to be wrong


class BasketSession:
    """What lies on one pad. Not thread-safe; one thread feeds and asks."""

    def __init__(
        self,
        rule: BasketRule,
        knowledge: TagKnowledge,
        background: Background | None = None,
        *,
        gated: bool = False,
    ) -> None:
        """Begin with an empty pad; ``background`` is what is already known of the site.

        gated: nothing enters before `mark_placed`; without it a basket begins by itself.
        """
        self.rule = rule
        self.background = background if background is not None else Background()
        self._knowledge = knowledge
        self._gated = gated
        self._rotation = Rotation(rule.tick_us, rule.longest_rotation_ticks)
        self._paused = False
        self._clear()

    def _clear(self) -> None:
        self._tags: dict[str, TagTrace] = {}
        self._touched: dict[str, TagTrace] = {}
        self._accepted: dict[str, TagTrace] = {}
        self._removed: list[Removal] = []
        self._gone: dict[str, TagEvidence] = {}
        self._tick_end_us: int | None = None
        self._tick = 0
        self._silent_ticks = 0
        self._placed_us: int | None = None
        self._newest_us = 0
        self._done_us: int | None = None
        self._capped = False
        self._marked = False
        self._open_us = 0
        self._window = 0
        self._window_ticks_left = 1
        self._in_doubt = False
        self._usual_share = 1.0
        self._ceiling_dbm = self.background.ceiling_dbm()

    def reset(self) -> None:
        """Forget the basket; what is known of the background stays, but for what lay in the basket."""
        for epc in self._accepted:
            self.background.forget(epc)
        self._clear()

    def mark_placed(self, at_us: int) -> None:
        """A basket was surely placed then (a scale, a label): what was read before is background."""
        self._begin_ticks(at_us)
        self._run_ticks(at_us)
        self._tags.clear()
        self._touched.clear()
        self._accepted.clear()
        self._placed_us = self._newest_us = self._open_us = at_us
        self._marked = True
        self._ceiling_dbm = self.background.ceiling_dbm()

    def pause(self, now_us: int) -> None:
        """The link to the reader is down as of ``now_us``."""
        self._run_ticks(now_us)
        self._paused = True

    def resume(self, now_us: int) -> None:
        """The link is up again; its clock may have started anew."""
        self._paused = False
        self._tick_end_us = now_us + self.rule.tick_us
        self._silent_ticks = 0
        self._open_us = self._newest_us = now_us
        for trace in self._accepted.values():
            assert trace.presence is not None
            trace.presence.restart_gap()

    def feed(self, reads: Iterable[TagRead]) -> None:
        """Take in ``reads``, oldest first."""
        for read in reads:
            t_us = read.t_us
            if self._tick_end_us is None:
                self._begin_ticks(t_us)
            elif t_us >= self._tick_end_us:
                self._run_ticks(t_us)
            trace = self._tags.get(read.epc)
            if trace is None:
                trace = self._tags[read.epc] = TagTrace(read.epc, t_us)
            trace.last_us = t_us
            trace.reads += read.seen_count
            peaks = trace.tick_peaks
            antenna, rssi_dbm = read.antenna, read.rssi_dbm
            if rssi_dbm > peaks.get(antenna, -999.0):
                peaks[antenna] = rssi_dbm
            self._touched[read.epc] = trace
            self._rotation.note(antenna, t_us)

    def is_due(self, now_us: int) -> bool:
        """Return whether a tick ends by ``now_us``, so that `advance` would decide something."""
        return self._tick_end_us is None or now_us >= self._tick_end_us

    def advance(self, now_us: int) -> Basket:
        """Decide all ticks that ended by ``now_us`` (the reader's clock) and return the basket as of the last."""
        self._begin_ticks(now_us)
        if not self._paused and self._tick_end_us is not None and now_us < self._tick_end_us - _CLOCK_STEP_US:
            self.resume(now_us)  # the reader's clock was set back; waiting for it to catch up could take hours
        self._run_ticks(now_us)
        return self._basket()

    def evidence(self) -> tuple[TagEvidence, ...]:
        """Return why each tag is where it is: in the basket, then strays in view, then what was taken out."""
        others = [trace for epc, trace in self._tags.items() if epc not in self._accepted and trace.antennas]
        present = [self._evidence_of(trace) for trace in (*self._accepted.values(), *others)]
        return (*present, *(tag for epc, tag in self._gone.items() if epc not in self._tags))

    def _begin_ticks(self, t_us: int) -> None:
        if self._tick_end_us is None:
            self._tick_end_us = t_us + self.rule.tick_us

    def _run_ticks(self, now_us: int) -> None:
        while not self._paused and self._tick_end_us is not None and self._tick_end_us <= now_us:
            if not self._tags:  # nothing to decide: cross an idle night in one step
                idle = (now_us - self._tick_end_us) // self.rule.tick_us
                self._tick_end_us += idle * self.rule.tick_us
            self._end_tick(self._tick_end_us)
            self._tick_end_us += self.rule.tick_us

    def _end_tick(self, end_us: int) -> None:
        self._tick += 1
        self._window_ticks_left -= 1
        if self._window_ticks_left <= 0:
            self._window += 1
            self._window_ticks_left = self._rotation.ticks
        touched = self._touched
        self._touched = {}
        strongest = {epc: trace.fold(self._tick, self._window) for epc, trace in touched.items()}
        self._judge(touched, end_us)
        self._watch_presence(strongest, end_us)
        self._settle(end_us)
        if self._tick % _UPKEEP_TICKS == 0:
            self._forget(end_us)
            if self._placed_us is None:
                self._ceiling_dbm = self.background.ceiling_dbm()

    def _judge(self, touched: dict[str, TagTrace], end_us: int) -> None:
        """Let tags in and out by their score."""
        for epc, standing in self._knowledge.standing_of({*touched, *self._accepted}).items():
            trace = self._tags[epc]
            was_returned = trace.standing is TagStanding.SOLD and standing is not TagStanding.SOLD
            trace.standing = standing
            if was_returned and trace.accepted_us is not None:
                self._join(trace, end_us)
        self._usual_share = self._average_share()
        threshold = self._threshold()
        self._in_doubt = False
        for epc, trace in touched.items():
            if trace.standing is TagStanding.NOT_GOODS:
                continue
            trace.score = sum(contributions(self.rule.weights, self._features(trace)))
            if trace.accepted_us is None:
                if self._gated and not self._marked:
                    continue
                if trace.score >= threshold + self.rule.early_score / trace.windows:
                    self._accept(trace, end_us)
                elif trace.standing is TagStanding.FOR_SALE and trace.score > -self.rule.doubt_score:
                    self._in_doubt = self._in_doubt or trace.windows < _FEW_WINDOWS
            elif trace.score < self.rule.release_score and self._done_us is None:
                trace.accepted_us = trace.presence = trace.strong_us = None
                trace.is_sure = False
                del self._accepted[epc]
            self._note_strength(trace, end_us)
        if self._placed_us is None:
            self.background.watched += 1
            for epc, trace in touched.items():
                if self._is_background(trace, end_us):
                    self.background.observe(epc, trace.levels(self._tick)[0])

    def _note_strength(self, trace: TagTrace, end_us: int) -> None:
        if trace.accepted_us is None or trace.score < self.rule.sold_score:
            trace.strong_us = None
            return
        if trace.strong_us is None:
            trace.strong_us = end_us
        trace.is_sure = trace.is_sure or end_us - trace.strong_us >= self.rule.sold_hold_us

    def _threshold(self) -> float:
        if self._gated or self._placed_us is not None:
            return self.rule.accept_score
        cold = max(0.0, 1 - self.background.watched / self.rule.cold_ticks)
        return self.rule.accept_score + cold * self.rule.cold_score

    def _is_background(self, trace: TagTrace, end_us: int) -> bool:
        # A weak item that was just laid down must not become its own background before it is accepted.
        if trace.accepted_us is not None:
            return False
        lingers = end_us - trace.first_us >= self.rule.linger_us
        return self._gated or lingers or trace.score < -self.rule.doubt_score

    def _accept(self, trace: TagTrace, end_us: int) -> None:
        trace.accepted_us = end_us
        trace.presence = Presence()
        self._accepted[trace.epc] = trace
        if trace.standing is not TagStanding.SOLD:  # such are listed, but no reason to wait or to begin
            self._join(trace, end_us)

    def _join(self, trace: TagTrace, end_us: int) -> None:
        """Begin a basket with the tag, or let the one that is open wait for more."""
        if self._placed_us is None:
            # It may have been heard for long from where it lay before.
            self._placed_us = self._open_us = max(trace.first_us, end_us - self.rule.tick_us)
        if self._done_us is not None:
            self._done_us = None
            self._open_us = end_us
        self._newest_us = end_us

    def _watch_presence(self, strongest: dict[str, float], end_us: int) -> None:
        """Take out what is gone."""
        present = {epc for epc in self._accepted if epc in strongest and not self._is_faint(epc, strongest[epc])}
        if present:
            self._silent_ticks = 0
            usual_rate = self._usual_rate()
            for epc, trace in list(self._accepted.items()):
                assert trace.presence is not None
                if trace.accepted_us == end_us:
                    continue
                if epc in present:
                    trace.presence.hit()
                    continue
                trace.presence.miss()
                if trace.presence.is_gone(self.rule, usual_rate):
                    self._remove(epc, end_us)
        elif self._accepted:
            # Not one by one: somebody lifts the basket or stands before the antenna, and may put it back.
            self._silent_ticks += 1
            if is_lifted(self.rule, self._silent_ticks, len(self._accepted), self._usual_rate()):
                for epc in list(self._accepted):
                    self._remove(epc, end_us)

    def _usual_rate(self) -> float:
        records = [trace.presence.record for trace in self._accepted.values() if trace.presence is not None]
        return (sum(hits for hits, _ in records) + 0.3) / (sum(ticks for _, ticks in records) + 1)

    def _is_faint(self, epc: str, strongest_dbm: float) -> bool:
        own_dbm = self._tags[epc].levels(self._tick)[0]
        return strongest_dbm < min(own_dbm - self.rule.faint_db, self.rule.faint_dbm)

    def _remove(self, epc: str, end_us: int) -> None:
        # Its trace goes too: to come back it has to earn its place anew, at the level it has then.
        self._gone[epc] = replace(self._evidence_of(self._tags[epc]), place=Place.GONE)
        del self._accepted[epc], self._tags[epc]
        self.background.forget(epc)
        if self._placed_us is not None:
            self._removed.append(Removal(epc, end_us))

    def _settle(self, end_us: int) -> None:
        """Say whether the basket is complete, or over."""
        starters = any(trace.standing is not TagStanding.SOLD for trace in self._accepted.values())
        if self._placed_us is None or (self._done_us is not None and starters):
            return
        if not starters and not self._marked:
            self._placed_us = self._done_us = None
            return
        if self._done_us is not None:
            return
        open_us = end_us - self._open_us
        if not starters:
            if open_us >= self.rule.empty_us:
                self._done_us, self._capped = end_us, True
            return
        cycle_us = max(self._rotation.ticks * self.rule.tick_us, self._reread_us())
        quiet = is_quiet(self.rule, end_us, self._newest_us, cycle_us, self._in_doubt)
        if quiet or open_us >= self.rule.cap_us:
            self._done_us, self._capped = end_us, not quiet

    def _reread_us(self) -> int:
        """Return how long it takes on average until a tag of the basket is read again: a crowd shares the air."""
        spans = sum(trace.last_us - trace.first_us for trace in self._accepted.values())
        return spans // max(1, sum(trace.windows - 1 for trace in self._accepted.values()))

    def _forget(self, end_us: int) -> None:
        old_us = end_us - self.rule.forget_us
        for epc in [epc for epc, trace in self._tags.items() if trace.last_us < old_us and trace.accepted_us is None]:
            del self._tags[epc]

    def _basket(self) -> Basket:
        if self._placed_us is None:
            sold = (trace for trace in self._accepted.values() if trace.standing is TagStanding.SOLD)
            return Basket(sold_only=tuple(trace.epc for trace in sold if trace.is_sure), removed=tuple(self._removed))
        chance = self._p_miss()
        complete = self._done_us is not None
        return Basket(
            epcs=tuple(self._accepted),
            strays=tuple(
                epc
                for epc, trace in self._tags.items()
                if trace.accepted_us is None
                and trace.antennas
                and trace.last_us >= self._placed_us
                and trace.standing is not TagStanding.NOT_GOODS
            ),
            removed=tuple(self._removed),
            complete=complete,
            assist=complete and (self._capped or chance > self.rule.assist_above),
            p_miss=chance,
            placed_us=self._placed_us,
            done_us=self._done_us,
        )

    def _p_miss(self) -> float:
        billed = [trace for trace in self._accepted.values() if trace.standing is TagStanding.FOR_SALE]
        doubts = [
            trace.score
            for trace in self._tags.values()
            if trace.standing is TagStanding.FOR_SALE and trace.antennas and abs(trace.score) < _DOUBTFUL
        ]
        return p_miss(self.rule, [trace.windows for trace in billed], doubts)

    def _average_share(self) -> float:
        """Return the share of opportunities that an average read's tag has, so that tags hardly heard count little."""
        shares = [trace.share(self._window) for trace in self._tags.values() if trace.antennas]
        whole = sum(shares)
        return sum(share * share for share in shares) / whole if whole else 1.0

    def _features(self, trace: TagTrace) -> Features:
        levels = trace.levels(self._tick)
        spread_db, spread_weight = trace.spread()
        seen = self.background.seen(trace.epc)
        return Features(
            best_dbm=levels[0],
            second_dbm=levels[1] if len(levels) > 1 else None,
            share=trace.share(self._window),
            usual_share=self._usual_share,
            several_antennas=self._rotation.antennas > 1,
            spread_db=spread_db,
            spread_weight=spread_weight,
            ceiling_dbm=self._ceiling_dbm,
            watched=self.background.watched,
            rise_db=None if seen is None else levels[0] - seen.level_dbm,
            sightings=0 if seen is None else seen.sightings,
        )

    def _evidence_of(self, trace: TagTrace) -> TagEvidence:
        features = self._features(trace)
        parts = contributions(self.rule.weights, features)
        return TagEvidence(
            epc=trace.epc,
            place=Place.STRAY if trace.accepted_us is None else Place.IN,
            standing=trace.standing,
            score=round(trace.score, 3),
            vector=vector(features),
            parts={name: round(part, 3) for name, part in zip(FEATURES, parts, strict=True)},
            reads=trace.reads,
            windows=trace.windows,
            share=round(features.share, 3),
            antennas=len(trace.antennas),
            best_dbm=round(features.best_dbm, 1),
            second_dbm=None if features.second_dbm is None else round(features.second_dbm, 1),
            spread_db=round(features.spread_db, 2),
            rise_db=None if features.rise_db is None else round(features.rise_db, 1),
            first_us=trace.first_us,
            last_us=trace.last_us,
        )
