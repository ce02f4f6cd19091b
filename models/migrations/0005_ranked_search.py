"""The ranked index: words of every bookmark, marked with their owner, and the vocabulary in which errors are forgiven.

No model knows these tables: they follow from others and are written by ``models/ranking.py`` alone. Triggers note which
rows of ``ranked_text`` no longer say what their bookmarks say, whichever way those were written; whoever commits next
makes them anew. SQLite looks words up by FTS5, kept in step with ``ranked_text`` by triggers, PostgreSQL by a tsvector
that it derives itself. A later migration that rebuilds the SQLite tables ``bookmark``, ``bookmark_tag``, ``tag`` or
``page_content`` must make their triggers again: see docs/migrations.md.
"""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.ranking import catch_up, owners_behind

STALE = "INSERT INTO ranked_stale (bookmark_id, owner_id, has_content)"
TEXTS = ("title", "description", "url", "notes")
COLUMNS = ("spelled", "title", "tags", "description", "address", "notes", "content")
NAMES = ", ".join(COLUMNS)
OLD, NEW = (", ".join(f"{row}.{name}" for name in COLUMNS) for row in ("old", "new"))
DELETED = f"INSERT INTO ranked_search (ranked_search, rowid, {NAMES}) VALUES ('delete', old.bookmark_id, {OLD})"
INSERTED = f"INSERT INTO ranked_search (rowid, {NAMES}) VALUES (new.bookmark_id, {NEW})"
TEXT_COLUMNS = ", ".join(f"{name} TEXT" for name in COLUMNS)

SQLITE_TABLES = [
    f"""CREATE TABLE ranked_text (
        bookmark_id INTEGER PRIMARY KEY REFERENCES bookmark (id) ON DELETE CASCADE,
        owner_id INTEGER NOT NULL, {TEXT_COLUMNS}
    )""",
    """CREATE TABLE ranked_stale (
        bookmark_id INTEGER PRIMARY KEY REFERENCES bookmark (id) ON DELETE CASCADE,
        owner_id INTEGER NOT NULL, has_content INTEGER NOT NULL
    )""",
    """CREATE TABLE ranked_word (
        id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        word TEXT NOT NULL, reversed TEXT NOT NULL, length INTEGER NOT NULL
    )""",
]
SQLITE_SEARCH = [
    f"""CREATE VIRTUAL TABLE ranked_search USING fts5(
        {NAMES}, content='ranked_text', content_rowid='bookmark_id', tokenize='ascii', columnsize=0
    )""",
    """CREATE VIRTUAL TABLE ranked_word_search USING fts5(
        word, content='ranked_word', content_rowid='id', tokenize='trigram case_sensitive 1', detail=none, columnsize=0
    )""",
    "INSERT INTO ranked_search (ranked_search) VALUES ('rebuild')",
    "INSERT INTO ranked_word_search (ranked_word_search) VALUES ('rebuild')",
]
SQLITE_TRIGGERS = [
    f"CREATE TRIGGER ranked_search_insert AFTER INSERT ON ranked_text BEGIN {INSERTED}; END",
    f"CREATE TRIGGER ranked_search_delete AFTER DELETE ON ranked_text BEGIN {DELETED}; END",
    f"""CREATE TRIGGER ranked_search_update AFTER UPDATE ON ranked_text
    WHEN {" OR ".join(f"old.{name} IS NOT new.{name}" for name in COLUMNS)} BEGIN {DELETED}; {INSERTED}; END""",
    *(  # a row that is written is in step
        f"""CREATE TRIGGER ranked_stale_made_by_{event.lower()} AFTER {event} ON ranked_text BEGIN
        DELETE FROM ranked_stale WHERE bookmark_id = new.bookmark_id;
    END"""
        for event in ("INSERT", "UPDATE")
    ),
    """CREATE TRIGGER ranked_word_insert AFTER INSERT ON ranked_word BEGIN
        INSERT INTO ranked_word_search (rowid, word) VALUES (new.id, new.word);
    END""",
    """CREATE TRIGGER ranked_word_delete AFTER DELETE ON ranked_word BEGIN
        INSERT INTO ranked_word_search (ranked_word_search, rowid, word) VALUES ('delete', old.id, old.word);
    END""",
    f"""CREATE TRIGGER ranked_stale_bookmark AFTER INSERT ON bookmark BEGIN
        {STALE} VALUES (new.id, new.owner_id, 0) ON CONFLICT DO NOTHING;
    END""",
    f"""CREATE TRIGGER ranked_stale_texts AFTER UPDATE OF {", ".join(TEXTS)} ON bookmark
    WHEN {" OR ".join(f"old.{name} IS NOT new.{name}" for name in TEXTS)} BEGIN
        {STALE} VALUES (new.id, new.owner_id, 0) ON CONFLICT DO NOTHING;
    END""",
    *(
        f"""CREATE TRIGGER ranked_stale_{event.lower()}_tag AFTER {event} ON bookmark_tag BEGIN
        {STALE} SELECT id, owner_id, 0 FROM bookmark WHERE id = {row}.bookmark_id ON CONFLICT DO NOTHING;
    END"""
        for event, row in (("INSERT", "new"), ("DELETE", "old"))
    ),
    f"""CREATE TRIGGER ranked_stale_tag_name AFTER UPDATE OF name ON tag WHEN old.name IS NOT new.name BEGIN
        {STALE} SELECT bookmark_id, new.owner_id, 0 FROM bookmark_tag WHERE tag_id = new.id ON CONFLICT DO NOTHING;
    END""",
    *(
        f"""CREATE TRIGGER ranked_stale_{name}_content AFTER {event} ON page_content BEGIN
        {STALE} SELECT id, owner_id, 1 FROM bookmark WHERE id = {row}.bookmark_id
        ON CONFLICT DO UPDATE SET has_content = 1;
    END"""
        for name, event, row in (
            ("insert", "INSERT", "new"),
            ("update", "UPDATE OF text", "new"),
            ("delete", "DELETE", "old"),
        )
    ),
]

# Weights and places of the columns in the tsvector: between two columns lie places that no phrase reaches across, and
# the last place is below the 16,383 that a tsvector knows (models/words.py says how many words each column has).
PLACES = {
    "spelled": (0, "A"), "title": (600, "A"), "tags": (1_200, "B"), "description": (1_800, "C"),
    "address": (3_900, "C"), "notes": (4_200, "D"), "content": (7_300, "D"),
}  # fmt: skip
VECTOR = " || ' ' || ".join(f"ranked_part({name}, {start}, '{weight}')" for name, (start, weight) in PLACES.items())

POSTGRES_TABLES = [
    """CREATE FUNCTION ranked_part(words text, start int, weight text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(string_agg('''' || word || ''':' || (start + place) || weight, ' '), '')
        FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS part (word, place) WHERE word <> ''
    $$""",
    f"""CREATE TABLE ranked_text (
        bookmark_id INT PRIMARY KEY REFERENCES bookmark (id) ON DELETE CASCADE,
        owner_id INT NOT NULL, {TEXT_COLUMNS},
        words TSVECTOR NOT NULL GENERATED ALWAYS AS (({VECTOR})::tsvector) STORED
    )""",
    """CREATE TABLE ranked_stale (
        bookmark_id INT PRIMARY KEY REFERENCES bookmark (id) ON DELETE CASCADE,
        owner_id INT NOT NULL, has_content BOOLEAN NOT NULL
    )""",
    """CREATE TABLE ranked_word (
        id BIGSERIAL PRIMARY KEY, owner_id INT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        word TEXT COLLATE "C" NOT NULL, reversed TEXT COLLATE "C" NOT NULL, length INT NOT NULL
    )""",
]
POSTGRES_SEARCH = [
    "CREATE INDEX ix_ranked_words ON ranked_text USING gin (words)",
    "CREATE INDEX ix_ranked_word_part ON ranked_word USING gin (word gin_trgm_ops)",
]


def stale_on(table: str, event: str, rows: str) -> list[str]:
    """A trigger of PostgreSQL that notes the bookmarks of all rows of one statement."""
    name = f"ranked_stale_{event.lower()}_{table}"
    source = {
        "bookmark": "SELECT id, owner_id, FALSE FROM changed",
        "bookmark_tag": "SELECT DISTINCT b.id, b.owner_id, FALSE FROM changed c JOIN bookmark b ON b.id = c.bookmark_id",
    }[table]
    return [
        f"""CREATE FUNCTION note_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            {STALE} {source} ON CONFLICT DO NOTHING; RETURN NULL;
        END $$""",
        f"""CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_{name}()""",
    ]


POSTGRES_TRIGGERS = [
    *stale_on("bookmark", "INSERT", "NEW"),
    *stale_on("bookmark_tag", "INSERT", "NEW"),
    *stale_on("bookmark_tag", "DELETE", "OLD"),
    f"""CREATE FUNCTION note_ranked_stale_texts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        {STALE} VALUES (new.id, new.owner_id, FALSE) ON CONFLICT DO NOTHING; RETURN NULL;
    END $$""",
    f"""CREATE TRIGGER ranked_stale_texts AFTER UPDATE OF {", ".join(TEXTS)} ON bookmark FOR EACH ROW
    WHEN ({" OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in TEXTS)})
    EXECUTE FUNCTION note_ranked_stale_texts()""",
    f"""CREATE FUNCTION note_ranked_stale_tag_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        {STALE} SELECT bookmark_id, new.owner_id, FALSE FROM bookmark_tag WHERE tag_id = new.id
        ON CONFLICT DO NOTHING; RETURN NULL;
    END $$""",
    """CREATE TRIGGER ranked_stale_tag_name AFTER UPDATE OF name ON tag FOR EACH ROW
    WHEN (old.name IS DISTINCT FROM new.name) EXECUTE FUNCTION note_ranked_stale_tag_name()""",
    f"""CREATE FUNCTION note_ranked_stale_content() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        {STALE} SELECT id, owner_id, TRUE FROM bookmark WHERE id = coalesce(new.bookmark_id, old.bookmark_id)
        ON CONFLICT (bookmark_id) DO UPDATE SET has_content = TRUE; RETURN NULL;
    END $$""",
    """CREATE TRIGGER ranked_stale_content AFTER INSERT OR DELETE OR UPDATE OF text ON page_content
    FOR EACH ROW EXECUTE FUNCTION note_ranked_stale_content()""",
]

INDEXES = [  # the same on both databases
    "CREATE INDEX ix_ranked_text_owner ON ranked_text (owner_id, bookmark_id)",
    "CREATE INDEX ix_ranked_stale_owner ON ranked_stale (owner_id, has_content, bookmark_id)",
    "CREATE UNIQUE INDEX uq_ranked_word ON ranked_word (owner_id, length, word)",
    "CREATE INDEX ix_ranked_word_end ON ranked_word (owner_id, length, reversed)",
]
EVERY_BOOKMARK = (
    f"{STALE} SELECT b.id, b.owner_id, EXISTS (SELECT 1 FROM page_content c WHERE c.bookmark_id = b.id) FROM bookmark b"
)


async def up(apps: object, editor: Any) -> None:
    """Make tables, indexes and triggers, and fill them from what is there."""
    is_sqlite = editor.client.capabilities.dialect == "sqlite"
    tables = SQLITE_TABLES if is_sqlite else POSTGRES_TABLES
    search = SQLITE_SEARCH if is_sqlite else POSTGRES_SEARCH
    triggers = SQLITE_TRIGGERS if is_sqlite else POSTGRES_TRIGGERS
    for statement in [*tables, *INDEXES, *(search if is_sqlite else []), *triggers, EVERY_BOOKMARK]:
        await editor.client.execute_query(statement)
    for owner_id in await owners_behind(editor.client):
        while await catch_up(owner_id, editor.client):
            pass
    for statement in [] if is_sqlite else search:  # an index over what is there is made in a fraction of the time
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("models", "0004_bkmark")]
    initial = False

    operations = [ops.RunPython(up)]
