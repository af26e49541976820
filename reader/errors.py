"""What can go wrong between the air and the basket.

ReaderError
├── ReaderGoneError (ConnectionError)    the link is down; trying again helps
├── ReaderBusyError (ConnectionError)    somebody else holds the reader; trying again may help
├── ReaderTimeoutError (TimeoutError)    a request got no answer in time; trying again helps
├── ReaderRefusedError (ValueError)      the reader said no; the same again will not help
├── TagAccessError (ValueError)          an operation on a tag's memory failed; its fault says whether again may help
├── ProtocolError (ValueError)           bytes that no reader should send
├── EpcError (ValueError)                a value that cannot be written as an EPC
├── ProfileError (ValueError)            a profile that cannot be obeyed
├── SceneError (ValueError)              a scene that cannot be built
└── RecordingError (ValueError)          a recording that cannot be read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.access import AccessFault

if TYPE_CHECKING:
    from reader.access import Accessed

__all__ = [
    "EpcError",
    "ProfileError",
    "ProtocolError",
    "ReaderBusyError",
    "ReaderError",
    "ReaderGoneError",
    "ReaderRefusedError",
    "ReaderTimeoutError",
    "RecordingError",
    "SceneError",
    "TagAccessError",
]


class ReaderError(Exception):
    """Base of every error of this package; `retry_helps` says whether the same again may succeed."""

    retry_helps = False


class ReaderGoneError(ReaderError, ConnectionError):
    """The link to the reader is down."""

    retry_helps = True


class ReaderBusyError(ReaderError, ConnectionError):
    """Another client holds the reader; a person should be told."""

    retry_helps = True


class ReaderTimeoutError(ReaderError, TimeoutError):
    """A request was not answered within its deadline."""

    retry_helps = True


class ReaderRefusedError(ReaderError, ValueError):
    """The reader answered a request with a failure.

    Attributes:
        request: The request in the protocol's own words.
        status: The reader's status code.
    """

    def __init__(self, request: str, status: int, reason: str) -> None:
        super().__init__(f"the reader refused {request}: {reason} (status {status})")
        self.request = request
        self.status = status


class TagAccessError(ReaderError, ValueError):
    """An operation on a tag failed; those after it were not tried.

    Attributes:
        fault: Why.
        done: What had succeeded before it, in order.
    """

    def __init__(self, fault: AccessFault, reason: str, done: tuple[Accessed, ...] = ()) -> None:
        super().__init__(reason)
        self.fault = fault
        self.done = done
        self.retry_helps = fault in (AccessFault.NO_TAG, AccessFault.WEAK, AccessFault.TAG)


class ProtocolError(ReaderError, ValueError):
    """Bytes that break the protocol; `frame` keeps them."""

    def __init__(self, reason: str, frame: bytes = b"") -> None:
        super().__init__(reason)
        self.frame = frame


class EpcError(ReaderError, ValueError):
    """A value that cannot be written as, or read from, an EPC."""


class ProfileError(ReaderError, ValueError):
    """A profile that is malformed or that this reader cannot obey."""


class SceneError(ReaderError, ValueError):
    """A scene that is malformed."""


class RecordingError(ReaderError, ValueError):
    """A recording that cannot be read; says the file and the line."""
