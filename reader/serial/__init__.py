"""Serial reader families: the bytes, the conversations, and the driver that joins them to a line.

Bytes in, frames out, and back (no port, no clock, no thread):
- `framing`: finds frames in a stream; what is broken is a value, and the good frame behind it lives.
- `layout`: tables of fields, read from a frame's content and written into a request.
- `mercury` with `mercury_tables` and `mercury_tags`: JADAK/ThingMagic M5e, M6e, Micro, Nano, M7e; Silion.
- `m100` with `m100_tables`: MagicRF M100/QM100, R200, YRM100x, JRD-100/4035.
- `r2000` with `r2000_tables`: Impinj R2000/E710 boards that speak "A0".
- `status`: what a family's error codes mean, in the vendor's words and for a driver.
- `words`: all three in words, for people.

Conversations (as pure):
- `acts`: what a family can do: ask, tell, listen, rest. `speaker`: what a family has to be for the driver.
- `dialogue`: one connection of any family: sends, waits, repeats, runs errands. `same_tag`: several on one tag.
- `mercury_conversation` with `mercury_tuning`, `mercury_access`, `mercury_asking` and `cycle_clock`.
- `m100_conversation` with `m100_plan`, `m100_access` and `red_rcp`, the protocol that looks alike.
- `r2000_conversation` with `r2000_plan` and `r2000_access`.

The line:
- `address`: where a module is. `link`: bytes to and from there, the only importer of pyserial.
- `rate_search`: which rate it answers at. `driver`: a supervised reader of all this.

Sources: the vendors' protocol documents and captured frames (facts measured 2026-11); the frames are in
`tests/vectors/serial.json`, each with where it comes from.
"""
