"""What people see: the shopper's kiosk, the staff page, the online shop.

- `app` makes the Flask application from its `port`; `api/` is its JSON; `events` its live stream.
- `present` turns values and errors into words. Pages live in `templates/` and `static/`.
"""
