"""From a basket to a settled sale.

- `money`, `rounding`, `errors`: values. `catalogue`, `lines`, `pricing/`: what the goods are and cost.
- `tender`, `terminals/`: the port to a payment terminal and its adapters.
- `store`: the SQLite file, its one writer, its migrations. `settlement`: all of a sale in one transaction.
- `lane`: the pure state machine of one lane; `till`: a lane that runs. `view`: what a screen may show of it.
- `journal`: hash-chained and append-only. `receipts/`: what the shopper takes home.
"""
