"""What people see: the shopper's kiosk, the staff page, the online shop.

- `port`: what the pages need of the shop. `settings`: its parts and the owner's choices. `app` makes of both the Flask
  application, `server` serves it.
- `api/` is its JSON, `shapes` the form of it. `events`: live streams to pages, bounded. `relay`: central's changes,
  brought to this origin; `sse` reads them.
- `present` turns values and codes into words, which `words` takes from a catalogue of `translations/`.
- `shopper/`, `staff/`: the pages. `templates/`, `static/`: HTML, and ES modules without a build step.
- `security`: who may ask, what a page may load. `problems`: errors. `metrics`: figures for Prometheus.
"""
