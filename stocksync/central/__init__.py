"""The central inventory: EPCIS 2.0 in, availability out.

From a request to a level, in the order of the flow:

- `settings`: what it is started with. `serving`: the process. `app`: the Flask application of all parts.
- `body`: bytes of a request, bounded. `intake`: one event of anybody's → `model.CapturedEvent`, in one stored form.
- `deduplication`, `belief`: the two decisions, pure. `storage`: where they are applied, in one transaction.
- `capture`, `events`, `query`, `documents`: EPCIS 2.0's capture and query interfaces.
- `availability`, `changes`: what web shops ask. `receipts`: what a receipt's QR code opens. `exceptions`: for people.
- `keys`: who may. `problems`: how it says no. `openapi`: what is built here. `metrics`: how it does.
"""
