"""What the shopper takes home.

- `receipt`: its content, number and token, written in the settling transaction. `qr`: its address as a picture.
- `upload`: which receipts central does not have yet.
"""
