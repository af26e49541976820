"""Movements as EPCIS 2.0 events, and what a valid event is.

- `terms`: the words of the Core Business Vocabulary, in the three spellings that partners use.
- `schema`: what EPCIS 2.0 allows, as one JSON Schema of our own.
- `validation`: the schema at work: problems, each with its place.
- `events`: movements and counts as events and documents.
"""
