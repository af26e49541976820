"""Which version of LLRP is spoken on a connection, and which messages are requests in it. Pure.

1. Every connection begins in 1.0.1. A reader of 1.1 agrees on a version once; a connection that ends forgets it.
2. Messages about versions are spoken in 1.1, whatever is agreed on; all others in what is agreed on.
3. What is refused for its version is answered in its version, so that its sender can read it; a reader of 1.0.1 has
   only one.

Source: LLRP 1.1, sections 8.2 and 10.1; EPCglobal LLRP conformance 1.1 (2010), TCR 7.2 and 7.5.
"""

from __future__ import annotations

from reader.virtual.llrp.codec import Header
from reader.virtual.llrp.layout import ALL_MESSAGES, Version
from reader.virtual.llrp.status import Problem, RefusedError

__all__ = ["Dialect"]

_VERSION_MESSAGES = (46, 47)
_LAYOUTS = {layout.type: layout for layout in ALL_MESSAGES.values()}
_NOT_OURS = ("CLIENT_REQUEST_OP_RESPONSE",)  # this reader never asks a client for operations


class Dialect:
    """The version in force. greatest: 1 for a reader that knows only 1.0.1, 2 for one that knows 1.1, too."""

    def __init__(self, greatest: Version) -> None:
        self.greatest = greatest
        self.version: Version = 1
        self._is_agreed = False

    def begin(self) -> None:
        """Begin a connection."""
        self.version, self._is_agreed = 1, False

    def agree_on(self, version: int) -> None:
        """Speak ``version`` from now on.

        Raises:
            RefusedError: Something was agreed on already, or it is not known here.
        """
        if self._is_agreed:
            raise RefusedError(Problem.UNEXPECTED_MESSAGE, "the version was agreed on already")
        if version not in (1, 2) or version > self.greatest:
            raise RefusedError(Problem.UNSUPPORTED_VERSION, "")
        self._is_agreed, self.version = True, version

    def request_name(self, header: Header) -> str:
        """Return the name of a request that is one now.

        Raises:
            RefusedError: It is no such message; to be answered with ERROR_MESSAGE.
        """
        if header.reserved:
            raise RefusedError(Problem.FIELD, "reserved bits of the header are set", field=0)
        if header.type in _VERSION_MESSAGES:
            spoken = header.version == 2 and self.greatest >= 2
        else:
            spoken = header.version == self.version
        if not spoken:
            raise RefusedError(Problem.UNSUPPORTED_VERSION, "")
        layout = _LAYOUTS.get(header.type)
        if layout is None or layout.name in _NOT_OURS:
            raise RefusedError(Problem.UNSUPPORTED_MESSAGE, f"message type {header.type} is not known here")
        if not layout.to_reader:
            problem = Problem.UNEXPECTED_MESSAGE if self.version >= 2 else Problem.UNSUPPORTED_MESSAGE
            raise RefusedError(problem, f"{layout.name} is a reader's to send")
        return layout.name

    def of_answer(self, request: str) -> Version:
        """Return in which version a request is answered."""
        # What could be agreed on is told in 1.1 until something is.
        in_11 = request == "SET_PROTOCOL_VERSION" or (request == "GET_SUPPORTED_VERSION" and not self._is_agreed)
        return 2 if in_11 else self.version

    def of_refusal(self, header: Header, refusal: RefusedError) -> int:
        """Return in which version an ERROR_MESSAGE says why a message is no request; it may be one not known here."""
        if self.greatest == 1:
            return 1
        return header.version if refusal.problem is Problem.UNSUPPORTED_VERSION else self.version
