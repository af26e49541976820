"""The readers that the virtual reader can be, by name."""

from __future__ import annotations

from collections.abc import Mapping

from reader.virtual.llrp.impinj import R420, R700
from reader.virtual.llrp.personality import PLAIN, Personality
from reader.virtual.llrp.zebra import FX9600

__all__ = ["PERSONALITIES"]

PERSONALITIES: Mapping[str, Personality] = {one.name: one for one in (PLAIN, R420, R700, FX9600)}
