"""What a query may cost at most, counted from its document and variables before anything is executed.

Every selected field counts one for each time it may have to be answered. A field with a page size (``first`` or
``last``; for look-ups the length of ``ids``) multiplies what lies beneath its list: itself if it is a list, the list
fields of its connection otherwise. A list without a page size counts as often as its definition's ``metadata`` says
under ``size``, else ``GraphLimits.list_size`` times. Introspection counts its fields once, since the schema does not
grow with the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)

from schema.execution.limits import INTROSPECTION, GraphLimits

# Larger figures are all the same to a reader and would not fit JSON's safe integers.
MOST = 2**31 - 1
DISCOUNT = 25


def cost_of(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any] | None,
    limits: GraphLimits,
) -> int:
    """The most that the operation, which must be valid, may cost with these variables (as sent, not yet coerced)."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        return 0
    values = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    counter = Counter(schema, fragments, {**values, **(variables or {})}, limits)
    return min(MOST, counter.selection(operation.selection_set, root, None))


def too_costly(requested: int, limit: int) -> GraphQLError:
    """The refusal of a query that costs more than the limit."""
    return GraphQLError(
        f"The query may cost {requested}, the limit is {limit}. Ask for smaller pages or fewer fields.",
        extensions={"code": "TOO_COSTLY", "requested": requested, "limit": limit},
    )


class Counter:
    """Counts one operation; remembers each fragment by the page size that it is spread under."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
        limits: GraphLimits,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables
        self.limits = limits
        self.spread: dict[tuple[str, int | None], int] = {}

    def selection(self, selections: SelectionSetNode, parent: GraphQLCompositeType, page: int | None) -> int:
        """The cost of a selection on ``parent``; ``page`` is the page size that its list fields inherit."""
        return sum(self._cost(selection, parent, page) for selection in selections.selections)

    def _cost(self, selection: SelectionNode, parent: GraphQLCompositeType, page: int | None) -> int:
        if self._is_left_out(selection):
            return 0
        match selection:
            case FieldNode():
                return self._field(selection, parent, page)
            case InlineFragmentNode():
                condition = selection.type_condition
                narrowed = parent if condition is None else self._composite(condition.name.value)
                return self.selection(selection.selection_set, narrowed, page)
            case FragmentSpreadNode():
                key = (selection.name.value, page)
                if key not in self.spread:
                    fragment = self.fragments[selection.name.value]
                    narrowed = self._composite(fragment.type_condition.name.value)
                    self.spread[key] = self.selection(fragment.selection_set, narrowed, page)
                return self.spread[key]
        return 0

    def _composite(self, name: str) -> GraphQLCompositeType:
        found = self.schema.type_map[name]
        assert is_composite_type(found)  # noqa: S101 - validation saw to it
        return found

    def _is_left_out(self, selection: SelectionNode) -> bool:
        """Whether @skip or @include take the selection away, as far as can be said now."""
        for directive in selection.directives or ():
            name = directive.name.value
            if name in {"skip", "include"} and directive.arguments:
                value = value_from_ast_untyped(directive.arguments[0].value, dict(self.variables))
                if value is (name == "skip"):
                    return True
        return False

    def _field(self, node: FieldNode, parent: GraphQLCompositeType, page: int | None) -> int:
        if node.selection_set is None:
            return 1
        field = self.schema.get_field(parent, node.name.value)
        if field is None:
            return 1
        inner = get_named_type(field.type)
        assert is_composite_type(inner)  # noqa: S101 - validation saw to it: the field has a selection
        if node.name.value in INTROSPECTION:
            return 1 + self.selection(node.selection_set, inner, len(self.schema.type_map)) // DISCOUNT
        asked = self._page_size(node, field)
        if is_list(field):
            times = asked if asked is not None else page if page is not None else self._usual(field)
            return 1 + times * (1 + self.selection(node.selection_set, inner, None))
        return 1 + self.selection(node.selection_set, inner, asked)

    def _usual(self, field: GraphQLField) -> int:
        """How long a list without a page size is taken to be."""
        metadata: Mapping[str, Any] = getattr(field.extensions.get("strawberry-definition"), "metadata", None) or {}
        size: int = metadata.get("size", self.limits.list_size)
        return size

    def _page_size(self, node: FieldNode, field: GraphQLField) -> int | None:
        """The number of items that the field's arguments ask for, None when it has no such arguments."""
        sized = [name for name in ("first", "last", "ids") if name in field.args]
        if not sized:
            return None
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        sizes = [self._size(given[name]) for name in sized if name in given]
        if not any(size is not None for size in sizes):
            sizes = [size_of(field.args[name].default_value) for name in sized]
        return max((size for size in sizes if size is not None), default=self.limits.page_size)

    def _size(self, value: ValueNode) -> int | None:
        match value:
            case VariableNode():
                return size_of(self.variables.get(value.name.value))
            case IntValueNode():
                return max(0, int(value.value))
            case ListValueNode():
                return len(value.values)
        return None


def size_of(value: Any) -> int | None:
    """The page size that a value stands for; None when it stands for none (coercion will refuse it)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):  # Int takes 100.0 from a variable
        return max(0, int(value))
    return len(value) if isinstance(value, list) else None


def is_list(field: GraphQLField) -> bool:
    """Whether the field's type is a list, null or not."""
    of_type = field.type
    if isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    return isinstance(of_type, GraphQLList)
