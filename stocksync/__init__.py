"""From a sale or a sweep to the world's view of the stock.

- `movement`, `clock`, `numbering`, `store_identity`: what moved, when, under which number, in which store.
- `tag_state`, `ledger`: the state of each tag here: its rules, and the database. `movement_writer` writes both.
- `outbox`, `delivery`, `central_client`, `daemon`: what central has yet to hear, and who tells it. `sync_status`: how
  that stands. `receipt_upload`: receipts on the same way.
- `epcis/`: movements as EPCIS 2.0 events, and their validation.
- `stock_import`: the tags that a store has, from a file. `stocktake/`: one sweep: expected, found, missing, unexpected.
- `central/`: the central inventory: capture, query, availability.
"""
