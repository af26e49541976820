"""Writes the first profile of a reader, and its model beside it: both of them and good ones, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from appliance.errors import ApplianceError
from reader.profile import load_profile
from reader.profile.drafting import Draft
from reader.system_reasons import reason_of

__all__ = ["FirstProfileError", "write_first_profile"]


class FirstProfileError(ApplianceError):
    """A first profile cannot be written there; nothing was."""


def write_first_profile(draft: Draft, target: Path) -> list[Path]:
    """Write the profile to ``target``, and its model into `models/` beside it; return what was written.

    Whatever goes wrong, no file and no folder stays that was not there before.

    Raises:
        FirstProfileError: The name is none for a profile, something is there already, or the disk refuses it.
        ProfileError: What was drafted does not load.
    """
    if target.suffix != ".toml":
        raise FirstProfileError(f"{target}: a profile's name ends in .toml")
    texts = {}
    if draft.model_text is not None:  # first, for the profile refers to it
        texts[target.parent / "models" / f"{draft.model_name}.toml"] = draft.model_text
    texts[target] = draft.profile_text
    with ExitStack() as undo:
        try:
            for path in reversed(texts):
                if path.exists():
                    raise FirstProfileError(f"{path} is there already; nothing was written")
            for path in texts:
                _make_folders(path.parent, undo)
            for path, text in texts.items():
                _write(path, text, undo)
        except OSError as error:
            raise FirstProfileError(f"{target} cannot be written: {reason_of(error)}") from error
        load_profile(str(target))
        undo.pop_all()
    return [target, *(path for path in texts if path != target)]


def _make_folders(folder: Path, undo: ExitStack) -> None:
    for missing in reversed(list(_missing(folder))):
        missing.mkdir()
        undo.callback(_take_back, missing.rmdir)


def _missing(folder: Path) -> Iterator[Path]:
    while not folder.exists():
        yield folder
        folder = folder.parent


def _write(path: Path, text: str, undo: ExitStack) -> None:
    """Write a file so that it is whole as soon as it has its name."""
    part = path.with_name(f".{path.name}.part")
    undo.callback(_take_back, part.unlink)
    part.write_text(text, encoding="utf-8")
    undo.callback(_take_back, path.unlink)
    part.replace(path)


def _take_back(remove: Callable[[], None]) -> None:
    with suppress(OSError):  # it was not made yet, or somebody put something in; what went wrong first is told
        remove()
