"""The schema's history: one head, every step up and down, on SQLite and PostgreSQL."""
