"""Where a serial module is: a device, a device server behind TCP, or one that speaks RFC 2217. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reader.errors import ProfileError

__all__ = ["Address", "Way"]

_EXPECTED = "expected a device such as /dev/serial/by-id/…, socket://host:port, rfc2217://host:port or host:port"


class Way(StrEnum):
    """How bytes get there."""

    DEVICE = "device"
    SOCKET = "socket"
    RFC2217 = "rfc2217"


@dataclass(frozen=True, slots=True)
class Address:
    """An address by its way; ``path`` of a device, ``host`` and ``port`` of the others."""

    way: Way
    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def of(cls, text: str) -> Address:
        """Return the address that ``text`` says.

        Raises:
            ProfileError: It is none.
        """
        scheme, is_url, rest = text.partition("://")
        if is_url:
            if scheme not in (Way.SOCKET, Way.RFC2217):
                raise ProfileError(f"{text!r} is no address of a serial module; {_EXPECTED}")
            return cls(Way(scheme), "", *_host_and_port(rest, text))
        if "/" in text:
            return cls(Way.DEVICE, text)
        return cls(Way.SOCKET, "", *_host_and_port(text, text))

    def __str__(self) -> str:
        if self.way is Way.DEVICE:
            return self.path
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.way}://{host}:{self.port}"


def _host_and_port(rest: str, text: str) -> tuple[str, int]:
    host, _, port = rest.rstrip("/").rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    is_v6_bare = ":" in host and not rest.startswith("[")
    if not host or is_v6_bare or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ProfileError(f"{text!r} is no address of a serial module; {_EXPECTED}")
    return host, int(port)
