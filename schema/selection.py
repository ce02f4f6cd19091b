"""What a caller selected beneath a field, so that reads leave out what nobody will see."""

from __future__ import annotations

from typing import Any

from graphql import FieldNode, FragmentSpreadNode
from strawberry import Info

from models.queries.bookmarks import TagDetail, Wanted

LABEL = frozenset({"id", "databaseId", "name", "color", "__typename"})  # what TagDetail.LABELS brings along


def selected(info: Info[Any, Any], *, beneath: str | None = None) -> set[str]:
    """The names of all fields beneath this one, at any depth, whatever their directives say.

    With ``beneath``: of all fields beneath those of that name. One name may stand for fields of several types; taking
    one too many only reads a column too many.
    """
    raw = info._raw_info  # noqa: SLF001 - strawberry's own `selected_fields` converts the whole tree first
    names: set[str] = set()
    spread: set[tuple[str, bool]] = set()
    pending: list[tuple[Any, bool]] = [(node.selection_set, beneath is None) for node in raw.field_nodes]
    while pending:
        selections, counts = pending.pop()
        nodes: tuple[Any, ...] = selections.selections if selections else ()
        for node in nodes:
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if (name, counts) not in spread:
                    spread.add((name, counts))
                    pending.append((raw.fragments[name].selection_set, counts))
            elif isinstance(node, FieldNode):
                if counts:
                    names.add(node.name.value)
                pending.append((node.selection_set, counts or node.name.value == beneath))
            else:
                pending.append((node.selection_set, counts))
    return names


def wanted_of(info: Info[Any, Any]) -> Wanted:
    """Which wide parts of bookmarks were selected beneath this field."""
    names = selected(info)
    if "tags" in names:
        tags = TagDetail.LABELS if selected(info, beneath="tags") <= LABEL else TagDetail.FULL
    else:
        tags = TagDetail.NAMES if "tagNames" in names else TagDetail.NONE
    return Wanted(description="description" in names, notes="notes" in names, tags=tags, summary="summary" in names)
