"""An LLRP reader as pure state: frames and time in, frames out; no socket, thread or clock.

- `tables`: the standard's elements. `codec`: strict bytes to elements and back. `status`: codes and refusals.
- `capabilities`: what this reader can. `configuration`: how it is set. `rospec`: what it is told to do, checked.
- `accessspec`: what is to be done to tags, checked. `accessspecs`: their states, and the doing.
- `reports`: tag reads gathered and written. `run`: one active ROSpec. `device`: all of it behind one message door.
"""
