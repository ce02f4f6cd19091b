"""Indexes that a model cannot name: conditional ones, and the substring index of each database.

The conditional indexes have one text for both databases. Substrings are found by FTS5's trigram tokeniser on SQLite,
kept in step by triggers, and by pg_trgm on PostgreSQL; ``search_text`` is folded by us (models/text.py), so both find
the same rows. A later migration that rebuilds the SQLite table ``bookmark`` must make all of this again: see
docs/migrations.md.
"""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

CONDITIONAL = [
    "CREATE UNIQUE INDEX uq_bookmark_href ON bookmark (owner_id, href_hash, copy) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_bookmark_key ON bookmark (owner_id, key_hash, id) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_bookmark_added ON bookmark (owner_id, created_at, id, kind) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_bookmark_archive_added ON bookmark (owner_id, is_archived, created_at, id, kind) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_bookmark_modified ON bookmark (owner_id, updated_at, id) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_bookmark_title ON bookmark (owner_id, sort_key, id) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_bookmark_to_read ON bookmark (owner_id, created_at, id) WHERE deleted_at IS NULL AND read_at IS NULL",
    "CREATE INDEX ix_bookmark_favorite ON bookmark (owner_id, created_at, id) WHERE deleted_at IS NULL AND is_favorite",
    "CREATE INDEX ix_bookmark_public ON bookmark (created_at, id) WHERE deleted_at IS NULL AND is_public",
    "CREATE INDEX ix_bookmark_trash ON bookmark (owner_id, deleted_at, id) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX ix_bookmark_favicon ON bookmark (favicon) WHERE favicon IS NOT NULL",
    "CREATE INDEX ix_bookmark_preview ON bookmark (preview_image) WHERE preview_image IS NOT NULL",
    "CREATE UNIQUE INDEX uq_folder_root ON folder (owner_id) WHERE parent_id IS NULL",
    "CREATE INDEX ix_job_due ON job (run_at, id) WHERE status = 'queued'",
]

SQLITE = [
    """CREATE VIRTUAL TABLE bookmark_search USING fts5(
        search_text, content='bookmark', content_rowid='id', tokenize='trigram case_sensitive 1'
    )""",
    "INSERT INTO bookmark_search (bookmark_search) VALUES ('rebuild')",  # the triggers see only what is written later
    """CREATE TRIGGER bookmark_search_insert AFTER INSERT ON bookmark BEGIN
        INSERT INTO bookmark_search (rowid, search_text) VALUES (new.id, new.search_text);
    END""",
    """CREATE TRIGGER bookmark_search_delete AFTER DELETE ON bookmark BEGIN
        INSERT INTO bookmark_search (bookmark_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
    END""",
    """CREATE TRIGGER bookmark_search_update AFTER UPDATE OF search_text ON bookmark
    WHEN old.search_text IS NOT new.search_text BEGIN
        INSERT INTO bookmark_search (bookmark_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
        INSERT INTO bookmark_search (rowid, search_text) VALUES (new.id, new.search_text);
    END""",
]

POSTGRES = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_bookmark_search ON bookmark USING gin (search_text gin_trgm_ops)",
]


async def up(apps: object, editor: Any) -> None:
    """Make the indexes."""
    own = SQLITE if editor.client.capabilities.dialect == "sqlite" else POSTGRES
    for statement in [*CONDITIONAL, *own]:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]
    initial = False

    operations = [ops.RunPython(up)]
