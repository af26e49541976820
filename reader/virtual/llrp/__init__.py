"""An LLRP reader as pure state: frames and time in, frames out; no socket, thread or clock.

- `tables`, `vendor_tables`: the standard's elements and vendors' own. `codec`: strict bytes to elements and back.
  `status`, `refusals`: codes, and what is said of a request that cannot be obeyed.
- `personality`, `personalities`: whose reader it is; `impinj`, `zebra`: models; `extension`, `vendors_part`: what their
  vendors add to the standard.
- `capabilities`: what this reader can. `configuration`, `antennas`, `gpio`: how it is set. `rospec`, `accessspec`: what
  it is told to do, checked. `trouble`: the faults that it notices itself.
- `reports`: tag reads gathered and written; `canned`: reports made beforehand, for benches. `run`: one active ROSpec.
  `rospecs`, `accessspecs`: all of them, and whose turn it is.
- `dialect`: the version that is spoken. `voice`: what the reader says; `outlet`: how it leaves. `keepalive`: its sign
  of life. `device`: all of it behind one message door.
"""
