"""From a sale or a sweep to the world's view of the stock.

- `movement`, `clock`, `ledger`: what moved, when, and the state of each tag here.
- `outbox`, `daemon`: what central has yet to hear, and who tells it.
- `epcis/`: movements as EPCIS 2.0 events, and their validation.
- `stocktake/`: one sweep: expected, found, missing, unexpected.
- `central/`: the central inventory: capture, query, availability.
"""
