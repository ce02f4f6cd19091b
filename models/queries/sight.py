"""What a door cannot show, for counts that are taken of everything by an index and then made smaller by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from models.kinds import KINDS
from models.queries.build import Mine, Sql
from models.queries.connection import AnyDialect

EARLIEST = datetime.min.replace(tzinfo=UTC)


def hidden_ids(dialect: AnyDialect, sql: Sql, scope: Mine, *, trash: bool = False) -> str:
    """A statement: ids of the owner's bookmarks of kinds that the scope leaves out, and with ``trash`` its trash."""
    parts = [sql.scope(replace(scope, kinds=None, trash=True))] if trash else []
    others = frozenset() if scope.kinds is None else KINDS - scope.kinds
    if others:  # the moment points at the index that has the kinds
        live = sql.scope(replace(scope, kinds=others))
        parts.append(f"{live} AND b.created_at >= {sql.value(dialect.stored(EARLIEST))}")
    return " UNION ALL ".join(f"SELECT b.id FROM bookmark b WHERE {part}" for part in parts or ["FALSE"])
