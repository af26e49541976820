"""One process of the demo: it ends with the demo, even where the demo is killed.

`python -m appliance.demo.child COMMAND …` is `tagtill COMMAND …` under that one condition.
"""

from __future__ import annotations

import ctypes
import signal
import sys

from appliance.cli import main

_PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    _end_with_parent()
    main()
