"""From the air to a basket.

- `errors`, `model`, `port`: the values and needs that every other room speaks of.
- `profile/` composes what `firmware_configs` says; `registry` finds a driver by name.
- `split` shares a reader among lanes by antenna; `joined` makes several readers one.
- `epc/`: GS1 Tag Data Standard, bits to GTIN and serial and back.
- `serial/`: codecs of three serial reader families, without a driver yet.
- `llrp/`: the supervised LLRP driver. `virtual/`: a reader without hardware that speaks real bytes.
- `basket/`: which tags lie in the read zone, and is that all of them?
- `recording`: reads on disk, and back.
"""
