"""GS1's own schema and examples, where they lie beside the repository."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "epcis"


def needed() -> None:
    """Skip where the files are absent; where the suite must be whole (CI=true), fail."""
    if not FOLDER.is_dir():
        reason = "the official EPCIS schema and examples are not beside the repository (../shared/epcis)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@cache
def schema() -> jsonschema_rs.Draft7Validator:
    text = (FOLDER / "EPCIS-JSON-Schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft7Validator(json.loads(text), validate_formats=True)


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Documents and lone events, by their path."""
    paths = [*sorted(FOLDER.glob("examples/**/*.jsonld")), *sorted(FOLDER.glob("examples/JSON-Schema-test/*.json"))]
    paths.append(FOLDER / "retail_flow_examples.json")
    return {str(path.relative_to(FOLDER)): json.loads(path.read_text(encoding="utf-8")) for path in paths}
