"""Serial reader modules as pure state, and the line they are heard over.

- `module`: what every module is to its server. `spoiler`: what faults do to its frames. `wire`: the line's pace.
- `mercury`, `m100`, `r2000` and what belongs to each: the modules, with codecs of their own.
- `one_round`, `outbox`, `memories`: what `m100` and `r2000` share: an inventory round, frames that wait for their time
  and the line, tags that may have gone. `canned`: prepared tags of all of them, for benches.

Nothing here is shared with the drivers in `reader/serial`: the two agree only because both follow the same facts.
Sockets, pseudo terminals and the thread are in `reader.virtual.serial_module`.
"""
