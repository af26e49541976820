"""What a running store service says of its readers, asked as staff would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import requests

from appliance.config import Config

__all__ = ["readers_told_by_store"]

_TIMEOUT_S: Final = 2.0
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # who listens everywhere answers here


def readers_told_by_store(config: Config) -> Sequence[Mapping[str, Any]] | None:
    """Return how its readers are; nothing where it does not let us in; None where it does not run.

    Raises:
        ConfigError: The file of the staff's PIN cannot be read.
    """
    host = _ANY.get(config.web.host, config.web.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{config.web.port}"
    pin = config.staff_pin()
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands before this box's own service
        try:
            if not session.get(f"{url}/healthz", timeout=_TIMEOUT_S).ok:
                return None
            if pin is not None:
                session.post(f"{url}/staff/enter", data={"pin": pin}, headers={"Origin": url}, timeout=_TIMEOUT_S)
            answer = session.get(f"{url}/api/staff/overview", timeout=_TIMEOUT_S)
            return answer.json()["readers"] if answer.ok else ()
        except requests.ConnectionError:
            return None
        except (requests.RequestException, KeyError, ValueError):
            return ()
