"""Other people's programs that are no Python packages; `.ci/peers.sh` installs them."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["missing", "tool"]


def tool(name: str) -> str:
    """Return where a program is; without it the test is left out, in CI it fails."""
    found = shutil.which(name)
    return found if found is not None else missing(name)


def missing(what: str) -> str:
    """Leave the test out because ``what`` is not there, or fail where it has to be."""
    reason = f"{what} is not installed; .ci/peers.sh says how to get it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
