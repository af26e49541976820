"""`tagtill config check`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from appliance.cli import tagtill

STORE = '[store]\nid = "s1"\nname = "S"\ngln = "9521321000018"\n'


def test_a_good_file_is_told_in_words_and_as_json(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(STORE + '[readers.pad]\nprofile = "virtual-pad"\naddress = "127.0.0.1:5084"\n')

    told = CliRunner().invoke(tagtill, ["config", "check", "--config", str(path)])
    row = CliRunner().invoke(tagtill, ["config", "check", "--config", str(path), "--json"])

    assert (told.exit_code, row.exit_code) == (0, 0)
    assert "1 readers" in told.output
    assert json.loads(row.output) == {
        "file": str(path),
        "ok": True,
        "store": "s1",
        "lanes": [],
        "readers": ["pad"],
        "terminals": [],
    }
