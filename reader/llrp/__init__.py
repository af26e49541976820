"""The supervised LLRP driver.

Pure, bytes in and values out:

- `frames`: a stream of bytes → whole messages. `status`: LLRPStatus, straight from the bytes.
- `reports`: tag reports, fast. `control`: control messages through sllurp's codec (its only importer);
  `handmade`: those that it lacks.
- `capabilities`: what a reader can, and the radio settings that fit both it and the profile.
- `handshake`: the order of requests that makes a reader read. `session`: one connection's rules.
- `clock`: the reader's clock, estimated.
- `schema`, `words`: LLRP 1.1 as tables, and any message in words (for people; no part of the driver's path).

I/O: `link` (a socket, non-blocking) and `driver` (the thread that owns it).
"""
