"""Where keys stand in TOML."""

from __future__ import annotations

import pytest

from reader.toml_lines import line_of

TEXT = """\
# a comment = no key
spec = 1
origin.device = "x"

[store]   # said twice in the region below
  id = "a=b"
urls = [
  "http://a/?b=c",
  ["nested"],
]
note = '''
 id = "inside a text"
'''

[lanes."1"]
reader = "pad"
[[parts]]
"quoted key" = 2
[[parts]]
"quoted key" = 3
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("spec",), 2),
        (("origin", "device"), 3),
        (("origin.device",), 3),
        (("store",), 5),
        (("store", "id"), 6),
        (("store", "urls"), 7),
        (("lanes", "1"), 15),
        (("lanes", "1", "reader"), 16),
        (("parts", "quoted key"), 18),
        (("parts", "1"), 17),
        (("parts", "1", "quoted key"), 18),
        (("parts", "2", "quoted key"), 20),
        (("parts", "3"), None),
        (("lanes",), 15),  # implied
        (("origin",), 3),
        (("lane",), None),
        (("id",), None),
        (("store", "spec"), None),
        ((), None),
    ],
)
def test_a_key_is_found_where_it_stands(keys: tuple[str, ...], line: int | None) -> None:
    assert line_of(TEXT, *keys) == line


def test_a_heading_is_no_value_of_the_table_before() -> None:
    assert line_of("[a]\n[b]\nc = 1\n", "a", "c") is None
