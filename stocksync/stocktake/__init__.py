"""Counting a zone by one sweep with a reader.

- `stocktake`: the running count: start, feed, progress, finish; survives a restart at any moment.
- `variance`: what was expected and what was seen, compared; pure. `coverage`: how much was surely read; pure.
- `report`: what staff see of it. `record`: the count in the store's database.
"""
