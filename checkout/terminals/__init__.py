"""Adapters to payment terminals.

- `demo` is the client of the demo terminal; `demo_wire` the lines that both ends speak.
- `demo_server` is the demo terminal itself, a process of its own; `demo_ledger` its durable memory.
"""
