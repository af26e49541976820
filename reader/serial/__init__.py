"""Serial reader families: bytes in, frames out, and back. No port, no clock, no thread.

- `framing`: finds frames in a stream; what is broken is a value, and the good frame behind it lives.
- `layout`: tables of fields, read from a frame's content and written into a request.
- `mercury` with `mercury_tables` and `mercury_tags`: JADAK/ThingMagic M5e, M6e, Micro, Nano, M7e; Silion.
- `m100` with `m100_tables`: MagicRF M100/QM100, R200, YRM100x, JRD-100/4035.
- `r2000` with `r2000_tables`: Impinj R2000/E710 boards that speak "A0".
- `status`: what a family's error codes mean, in the vendor's words and for a driver.
- `words`: all three in words, for people.

Sources: the vendors' protocol documents and captured frames (facts measured 2026-11); the frames are in
`tests/vectors/serial.json`, each with where it comes from.
"""
