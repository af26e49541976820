"""Where central keeps what it knows: `port` says what any storage does, `sqlite` is the one by default.

Decisions (`central.deduplication`, `central.belief`) are not made here; a storage applies them in one transaction.
"""
