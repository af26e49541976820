"""A reader without hardware: real bytes on a real socket, driven by a model of the air.

- `scene`: what lies where, read from a file. `world`: the same, changing while the reader runs.
- `propagation`: how strongly each tag is heard. `gen2`: how long everything takes. `flags`: what tags remember between
  rounds. `air`: Gen2 rounds, slot by slot.
- `memory`: what is in a tag, its locks and passwords. `operations`: what it may be asked to do. `access`: acting on
  one tag in the air.
- `llrp/`: an LLRP reader as pure state, with a codec of its own. `llrp_reader`: its socket and thread.
- `faults`: what can be broken on demand. `control`: a loopback door to move tags and switch faults.

Nothing here is shared with the driver in `reader/llrp`: the two agree only because both follow the standard.
"""
