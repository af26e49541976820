"""A session and a virtual reader, joined byte for byte, without a socket and on a clock that moves when told."""

from __future__ import annotations

from reader.conversation import Errand, Outcome
from reader.llrp.asking import Patience
from reader.llrp.frames import Framer
from reader.llrp.session import Session
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile, load_profile
from reader.reader_clock import ReaderClock
from reader.virtual.faults import Fault, Faults
from reader.virtual.llrp.device import LlrpDevice
from reader.virtual.llrp.personalities import PERSONALITIES
from reader.virtual.memory import TagMemory
from reader.virtual.scene import Scene, builtin_scene
from reader.virtual.world import World

STEP_US = 10_000


class Pair:
    """Both ends of a line.

    reads, kinds, details: all that the session gave so far. sent: all that it sent. now_us: on both sides.
    tape: when (µs), whether to the reader, and what: every piece that went over the line.
    """

    def __init__(
        self,
        profile: str | Profile = "virtual-pad",
        *faults: Fault,
        max_version: int = 2,
        patience: Patience | None = None,
        personality: str = "plain",
        scene: Scene | None = None,
    ) -> None:
        self.faults = Faults(faults)
        self.world = World(scene or builtin_scene())
        who = PERSONALITIES[personality]
        self.device = LlrpDevice(
            self.world,
            self.faults,
            seed=1,
            utc_base_us=10**15,
            max_version=2 if min(max_version, who.max_version) == 2 else 1,
            personality=who,
        )
        self.clock = ReaderClock()
        self.now_us = 1_000_000
        self.reads: list[TagRead] = []
        self.kinds: list[ReaderEventKind] = []
        self.details: list[str] = []
        self.sent = b""
        self.tape: list[tuple[int, bool, bytes]] = []
        self._begin(load_profile(profile) if isinstance(profile, str) else profile, patience)

    def reconnect(self, profile: Profile) -> None:
        """Cut the connection as if our process had been killed, and come again with ``profile``."""
        self.device.disconnect()
        self._begin(profile, None)

    def _begin(self, profile: Profile, patience: Patience | None) -> None:
        self.session = Session(profile, self.clock, self.now_us / 1e6, patience)
        self._framer = Framer()  # cuts what goes to the device, which takes whole frames
        self.device.connect(self.now_us)

    def step(self) -> None:
        """Let 10 ms pass on both sides."""
        outgoing = self.session.take_outgoing()
        self.sent += outgoing
        if outgoing:
            self.tape.append((self.now_us, True, outgoing))
        for frame in self._framer.feed(outgoing):
            self.device.received(frame.raw, self.now_us)
        self.now_us += STEP_US
        self.device.advance(self.now_us)
        answered = self.device.take(self.now_us)
        if answered:
            self.tape.append((self.now_us, False, answered))
        try:
            if answered:
                self.session.receive(answered, self.now_us / 1e6)
            self.session.tick(self.now_us / 1e6)
        finally:
            self.reads += self.session.take_reads()
            for noticed in self.session.take_noticed():
                self.kinds.append(noticed.kind)
                self.details.append(noticed.detail)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds * 1e6 / STEP_US)):
            self.step()

    def done(self, errand: Errand, timeout_s: float = 5.0) -> Outcome:
        """Let an errand be done; it is said to be over within ``timeout_s``."""
        due_us = self.now_us + round(timeout_s * 1e6)
        self.session.begin(errand, self.now_us / 1e6, due_us / 1e6)
        outcome = self.session.take_outcome()
        while outcome is None:
            assert self.now_us <= due_us, "an errand has to be over when it is due"
            self.step()
            outcome = self.session.take_outcome()
        return outcome

    def memory(self, epc: str) -> TagMemory:
        """Return the memory of the tag that has this EPC now."""
        (tag,) = self.world.tags_of(epc)
        return self.world.memory(tag.chip)
