"""The JSON of the store service: lanes, staff, the shop window, health; described by `openapi`."""
