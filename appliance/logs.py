"""Logs: one JSON object per line on stderr; words with colours where a person watches. Quiet unless asked."""

from __future__ import annotations

import logging
import os
import sys

import structlog

__all__ = ["configure_logs", "leave_telling_to_the_command"]

_LEVEL = "TAGTILL_LOG"


def _rendered_for_machines() -> list[structlog.typing.Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _rendered_for_people() -> list[structlog.typing.Processor]:
    # The plain traceback: the pretty one prints local variables, and with them tags and PINs.
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def configure_logs(process: str) -> None:
    """Set up structured logs for this process; TAGTILL_LOG=debug says more, =warning less.

    Other people's libraries are heard from warnings on.
    """
    level = logging.getLevelNamesMapping().get(os.environ.get(_LEVEL, "info").upper(), logging.INFO)
    is_watched = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_rendered_for_people() if is_watched else _rendered_for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever it is by then
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


def leave_telling_to_the_command() -> None:
    """Log only faults of ours: the command says in a sentence of its own what befalls a reader or a link.

    A line of the log beside that sentence looks like a second trouble. TAGTILL_LOG asks for the log all the same.
    """
    if _LEVEL not in os.environ:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
