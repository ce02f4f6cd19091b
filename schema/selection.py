"""What a caller selected beneath a field, so that reads leave out what nobody will see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, SelectionSetNode
from strawberry import Info

from models.queries.bookmarks import TagDetail, Wanted


def selected(info: Info[Any, Any]) -> set[str]:
    """The names of all fields beneath this one, at any depth, whatever their directives say.

    One name may stand for fields of several types; taking one too many only reads a column too many.
    """
    raw = info._raw_info  # noqa: SLF001 - strawberry's own `selected_fields` converts the whole tree first
    names: set[str] = set()
    spread: set[str] = set()
    pending = [node.selection_set for node in raw.field_nodes]
    while pending:
        for node in _nodes(pending.pop()):
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in spread:
                    spread.add(name)
                    pending.append(raw.fragments[name].selection_set)
                continue
            if isinstance(node, FieldNode):
                names.add(node.name.value)
            pending.append(node.selection_set)
    return names


def wanted_of(info: Info[Any, Any]) -> Wanted:
    """Which wide parts of bookmarks were selected beneath this field."""
    names = selected(info)
    tags = TagDetail.FULL if "tags" in names else TagDetail.NAMES if "tagNames" in names else TagDetail.NONE
    return Wanted(description="description" in names, notes="notes" in names, tags=tags)


def _nodes(selections: SelectionSetNode | None) -> Iterator[Any]:
    return iter(()) if selections is None else iter(selections.selections)
