"""A configured reader's profile: a file beside the configuration, or one that ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.profile import Profile, load_profile

if TYPE_CHECKING:
    from appliance.config import Config

__all__ = ["configured_profile"]


def configured_profile(config: Config, name: str) -> Profile:
    """Return the profile of the reader ``name``: a file beside the configuration, else one of ours.

    Raises:
        ProfileError: There is none, or it cannot be obeyed.
    """
    section = config.readers[name]
    own_file = config.path(section.profile)
    return load_profile(str(own_file) if own_file.is_file() else section.profile)
