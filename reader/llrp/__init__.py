"""The supervised LLRP driver.

Pure, bytes in and values out:

- `frames`: a stream of bytes → whole messages. `status`: LLRPStatus, straight from the bytes.
- `reports`, `report_layout`, `tag_report`: tag reports, fast. `op_results`: what came of operations on tags.
- `control`: control messages through sllurp's codec (its only importer). By hand, because it lacks or garbles them:
  `handmade` (small ones), `rospec`, `accessspec`; `makers` (Impinj's and Zebra's own parameters), on top of `tlv`.
- `capabilities`: what a reader can. `plan`: the radio settings that fit both it and the profile.
- `asking`: requests and their answers; what is asked is written as scripts. `handshake`: those that make a reader
  read, stop, or tell what it is. `errands`: those that act on tags, outputs and settings meanwhile.
- `session`: one connection's rules. `notices`: what it tells staff.
- `schema`, `words`: LLRP 1.1 as tables, and any message in words (for people; no part of the driver's path).

I/O: `link` (a socket, non-blocking), `driver` (a supervised reader on it), `survey` (what a reader is, without
transmitting).
"""
