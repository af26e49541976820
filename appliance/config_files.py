"""The files that a configuration names: are they there, and can they be obeyed?"""

from __future__ import annotations

from collections.abc import Iterator

from appliance.config import Config
from appliance.profiles import configured_profile
from reader.errors import ProfileError
from reader.registry import open_reader

__all__ = ["file_problems"]

_HOW = {
    "store.promotions": "a JSON list of promotions; [] for none",
    "store.pictures": "a folder of GTIN.svg",
    "web.staff_pin_file": "a file with the PIN in it",
    "sync.key_file": "the file with this store's key, made at enrolment",
    "central.keys_file": 'a file of store = "SHA-256 of its key"',
}


def file_problems(config: Config) -> Iterator[str]:
    """Yield one sentence for each file that is named and not there, and for each profile that is no good."""
    named = {
        "store.promotions": config.store.promotions,
        "store.pictures": config.store.pictures,
        "web.staff_pin_file": config.web.staff_pin_file,
        "sync.key_file": config.sync.key_file if config.sync else None,
        "central.keys_file": config.central.keys_file if config.central else None,
    }
    for key, text in named.items():
        if text is not None and not config.path(text).exists():
            yield f"{key}: there is no {text}; expected {_HOW[key]}"
    for name in config.readers:
        try:
            profile = configured_profile(config, name)
        except ProfileError as error:
            yield f"readers.{name}.profile: {error}"
            continue
        try:
            open_reader(profile, config.readers[name].address, name).stop()  # not started: nothing is connected
        except ProfileError as error:
            yield f"readers.{name}: {error}"
