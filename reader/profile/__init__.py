"""Profiles: one file of reader settings, composed from what the reader can, the job wants and the law allows.

- `values`: what a profile is once it is read; `keys`: what each kind of file may hold.
- `parts` finds and reads the files, `composing` makes one profile of them, `naming` knows which profiles there are.
- `drafting` writes a first profile for a reader that nobody knows yet.
"""

from __future__ import annotations

from reader.profile.composing import Composed, Figure
from reader.profile.naming import compose, known_model, load_profile, shipped_models, shipped_profiles
from reader.profile.values import (
    AntennaSettings,
    InputTrigger,
    Model,
    Origin,
    Profile,
    Region,
    TagFilter,
    power_index,
)

__all__ = [
    "AntennaSettings",
    "Composed",
    "Figure",
    "InputTrigger",
    "Model",
    "Origin",
    "Profile",
    "Region",
    "TagFilter",
    "compose",
    "known_model",
    "load_profile",
    "power_index",
    "shipped_models",
    "shipped_profiles",
]
