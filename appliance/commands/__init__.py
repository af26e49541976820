"""One module per command; nothing here is imported before it is asked for."""
