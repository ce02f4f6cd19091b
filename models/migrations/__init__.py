"""The database's history; see docs/migrations.md for what a migration may do."""
