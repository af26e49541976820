"""Several operations on one tag, by readers that take one at a time. Pure.

Operations behind one that changes the EPC have to go to the same tag, which is called otherwise then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from reader.access import Accessed, Bank, TagOperation, TagTarget, WriteWords
from reader.errors import TagAccessError
from reader.serial.acts import Acts, F

__all__ = ["epc_after", "performed"]

_PC_WORD = 1
_EPC_WORD = 2
_HEX_PER_WORD = 4


def performed(
    target: TagTarget,
    operations: Sequence[TagOperation],
    perform: Callable[[TagTarget, TagOperation], Acts[F, Accessed]],
) -> Acts[F, tuple[Accessed, ...]]:
    """Do ``operations`` in order, each by ``perform``, all on the tag that the first of them found.

    Raises:
        TagAccessError: One failed; says which had succeeded.
    """
    done: list[Accessed] = []
    for operation in operations:
        try:
            accessed = yield from perform(target, operation)
        except TagAccessError as error:
            raise TagAccessError(error.fault, str(error), tuple(done)) from error
        done.append(accessed)
        target = replace(target, epc=epc_after(accessed.epc, operation))
    return tuple(done)


def epc_after(epc: str, operation: TagOperation) -> str:
    """Return what a tag with ``epc`` (upper-case hex) is called once ``operation`` succeeded on it.

    A write that covers the PC word changes the length, too.
    """
    if not isinstance(operation, WriteWords) or operation.bank is not Bank.EPC:
        return epc
    before = [epc[at : at + _HEX_PER_WORD].ljust(_HEX_PER_WORD, "0") for at in range(0, len(epc), _HEX_PER_WORD)]
    words = dict(enumerate(before, _EPC_WORD))
    words |= {at: f"{word:04X}" for at, word in enumerate(operation.words, operation.address)}
    count = len(before)
    if operation.address <= _PC_WORD < operation.address + len(operation.words):
        count = operation.words[_PC_WORD - operation.address] >> 11
    return "".join(words.get(at, "0000") for at in range(_EPC_WORD, _EPC_WORD + count))
