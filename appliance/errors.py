"""What can go wrong with the box itself.

ApplianceError
├── ConfigError (ValueError)     the configuration file cannot be obeyed; carries every problem
└── ProcessError (RuntimeError)  a process of the shop did not come up or did not do its part
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = ["ApplianceError", "ConfigError", "ProcessError", "StopWishedError"]


class ApplianceError(Exception):
    """Base of every error of this package."""


class ConfigError(ApplianceError, ValueError):
    """A configuration that cannot be obeyed.

    Attributes:
        problems: One sentence each, with the line where there is one.
    """

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.path = path
        self.problems = tuple(problems)


class ProcessError(ApplianceError, RuntimeError):
    """A process of the shop did not come up, or did not do its part in time."""


class StopWishedError(ApplianceError):
    """Somebody wants the demo to end; raised where it can be ended without leaving a process behind."""
