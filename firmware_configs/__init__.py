"""Reader settings as TOML: models (what a reader can), places (what the job wants), regions (what the law allows)."""
