"""What a document may look like before anything is asked of it: tokens, depth and aliases, measured in linear time.

graphql-core's own validation takes quadratic time on some documents, and rules that walk every spread of a fragment
take exponential time on nested ones. So these limits are checked first, each fragment is measured once, and only a
document within them is validated.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)


@dataclass(frozen=True, slots=True)
class GraphLimits:
    """The figures that a document has to keep to.

    ``tokens`` counts lexical tokens, ``depth`` levels of fields (leaves count, introspection does not, graphql-core
    has its own rule for that), ``aliases`` aliased fields and ``fields`` all fields, both after fragments are spread
    out. ``cost`` is the most that ``schema.execution.cost`` may come to; ``page_size`` is what a list with
    ``first``/``last`` counts when the caller leaves both out, ``list_size`` what a list without them counts.
    """

    tokens: int = 2_000
    depth: int = 15
    aliases: int = 30
    fields: int = 500
    cost: int = 10_000
    page_size: int = 20
    list_size: int = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a selection is.

    ``deep`` is its depth in levels of fields, ``lists`` how many of introspection's lists of a type nest in it and
    ``walks`` the same beneath ``__schema`` and ``__type`` alone.
    """

    deep: int = 0
    aliases: int = 0
    fields: int = 0
    lists: int = 0
    walks: int = 0


# Lists that lead from a type to other types. One within another multiplies by the size of the schema each time; what
# tools send has none within another, and graphql-core's own rule allows two.
TYPE_LISTS = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})
INTROSPECTION = frozenset({"__schema", "__type"})


def over_limits(document: DocumentNode, limits: GraphLimits) -> list[GraphQLError]:
    """The limits that the document breaks, as errors with ``TOO_DEEP``, ``TOO_MANY_ALIASES``, ``TOO_MANY_FIELDS``."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    measured: dict[str, Shape] = {}
    try:
        shapes = [
            shape_of(definition.selection_set, fragments, measured)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
    except RecursionError:
        return [too("DEEP", "levels of fields", limits.depth)]
    errors = []
    if any(shape.deep > limits.depth for shape in shapes):
        errors.append(too("DEEP", "levels of fields", limits.depth))
    if any(shape.walks > 1 for shape in shapes):
        errors.append(too("DEEP", "list of a type within another in its introspection", 1))
    if sum(shape.aliases for shape in shapes) > limits.aliases:
        errors.append(too("MANY_ALIASES", "aliases", limits.aliases))
    if sum(shape.fields for shape in shapes) > limits.fields:
        errors.append(too("MANY_FIELDS", "fields", limits.fields))
    return errors


def too(what: str, unit: str, limit: int) -> GraphQLError:
    """The error for a broken limit."""
    return GraphQLError(
        f"The document has more than {limit} {unit}.", extensions={"code": f"TOO_{what}", "limit": limit}
    )


def shape_of(
    selections: SelectionSetNode | None,
    fragments: dict[str, FragmentDefinitionNode],
    measured: dict[str, Shape],
) -> Shape:
    """Measure a selection; every fragment once, however often it is spread. Raises RecursionError when too nested."""
    if selections is None:
        return Shape()
    parts = [part_of(selection, fragments, measured) for selection in selections.selections]
    return Shape(
        deep=max(part.deep for part in parts),
        aliases=sum(part.aliases for part in parts),
        fields=sum(part.fields for part in parts),
        lists=max(part.lists for part in parts),
        walks=max(part.walks for part in parts),
    )


def part_of(
    selection: SelectionNode, fragments: dict[str, FragmentDefinitionNode], measured: dict[str, Shape]
) -> Shape:
    """Measure one field, inline fragment or spread."""
    if isinstance(selection, FragmentSpreadNode):
        return shape_of_fragment(selection.name.value, fragments, measured)
    inner = shape_of(getattr(selection, "selection_set", None), fragments, measured)
    if not isinstance(selection, FieldNode):
        return inner
    name = selection.name.value
    return Shape(
        deep=0 if name in INTROSPECTION else 1 + inner.deep,
        aliases=inner.aliases + (selection.alias is not None),
        fields=inner.fields + 1,
        lists=inner.lists + (name in TYPE_LISTS),
        walks=inner.lists if name in INTROSPECTION else inner.walks,
    )


def shape_of_fragment(name: str, fragments: dict[str, FragmentDefinitionNode], measured: dict[str, Shape]) -> Shape:
    """Measure a fragment, or remember it; one that is unknown or spreads itself is for validation to refuse."""
    if name not in measured:
        measured[name] = Shape()  # what a fragment that spreads itself meets
        fragment = fragments.get(name)
        if fragment is not None:
            measured[name] = shape_of(fragment.selection_set, fragments, measured)
    return measured[name]
