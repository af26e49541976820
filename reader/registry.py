"""Driver name → driver, imported when it is asked for: a till with a serial module never pays for LLRP."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from reader.errors import ProfileError
from reader.port import ControlledReader
from reader.profile import Profile

__all__ = ["open_reader"]

# driver -> (module, factory); a factory takes (profile, address, name) and returns a reader that is not started
_DRIVERS: dict[str, tuple[str, str]] = {
    "llrp": ("reader.llrp.driver", "open_llrp_reader"),
    "mercury": ("reader.serial.driver", "open_serial_reader"),
    "m100": ("reader.serial.driver", "open_serial_reader"),
    "r2000": ("reader.serial.driver", "open_serial_reader"),
}


def open_reader(profile: Profile, address: str | None = None, name: str = "reader") -> ControlledReader:
    """Return a reader for ``profile``; it is not started.

    Args:
        profile: What the reader is and shall do.
        address: Where it is (host:port, or [v6]:port; of a serial module also a device, socket:// or rfc2217://);
            the profile's own address where None.
        name: What staff call it.

    Raises:
        ProfileError: No driver of that name, or neither argument nor profile says where the reader is.
    """
    where = address or profile.address
    if not where:
        raise ProfileError(f"profile {profile.name} has no address; say where the reader is")
    if profile.driver not in _DRIVERS:
        raise ProfileError(f"the driver {profile.driver} is not supported yet; there is {', '.join(sorted(_DRIVERS))}")
    module, factory = _DRIVERS[profile.driver]
    build = cast(Callable[[Profile, str, str], ControlledReader], getattr(importlib.import_module(module), factory))
    return build(profile, where, name)
