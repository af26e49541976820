"""Pin the dependencies of pyproject.toml, with hashes and without download addresses, for every Python we support."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def lock(output: str, *extras: str) -> None:
    """Write ``output`` from pyproject.toml with ``extras``; an existing pin stays unless it has to move."""
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml"),
            *(f"--extra={extra}" for extra in extras),
            *("--universal", "--python-version=3.11", "--generate-hashes"),
            *("--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"),
            f"--output-file={output}",
        ],
        cwd=ROOT,
        check=True,
    )


if __name__ == "__main__":
    lock("requirements.txt", "build")
    lock("requirements-dev.txt", "build", "dev")
