"""GS1 Tag Data Standard: the bits of a tag to GTIN, serial, URIs and back. Pure, strict, integers not bit strings.

- `gtin`: check digits and the identity of an item. `identity`: the fast questions (`sgtin_of`, `tag_key`, URIs).
- `tag`: `decode` anything to an `Epc` with its class. `encoding`: the way back. `naming`: from URIs and element
  strings to what `encoding` takes.
- `layout`: the tables. `legacy`, `plus`: fields by those tables. `variable`, `hostname`, `characters`, `bits`:
  their parts. `fields`: what was found, in the words of URNs, element strings and Digital Links.

Source: GS1 TDS 2.3 (2025-10).
"""

from __future__ import annotations

from reader.epc.encoding import SCHEMES, encode, encode_sgtin96, encode_sgtin198, padded_to_words
from reader.epc.gtin import Sgtin, check_digit, gtin14
from reader.epc.identity import class_of_uri, key_of_uri, location_link, location_of_uri, sgtin_of, tag_key
from reader.epc.naming import Named, encode_named, named
from reader.epc.tag import Epc, EpcClass, decode

__all__ = [
    "SCHEMES",
    "Epc",
    "EpcClass",
    "Named",
    "Sgtin",
    "check_digit",
    "class_of_uri",
    "decode",
    "encode",
    "encode_named",
    "encode_sgtin96",
    "encode_sgtin198",
    "gtin14",
    "key_of_uri",
    "location_link",
    "location_of_uri",
    "named",
    "padded_to_words",
    "sgtin_of",
    "tag_key",
]
