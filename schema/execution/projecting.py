"""An executor that writes lists of plain rows straight into the answer.

graphql-core visits every leaf of every row; for a list page that is nearly all of the time a query takes. Where a
resolver returns ``Rows`` and the selection beneath holds nothing but fields that are read from the row, this executor
compiles the selection once into a small Python function and lets that build the answer. On any doubt (arguments,
directives, abstract types, resolvers, extensions, a value of an unexpected kind, null where null is not allowed) the
list goes to graphql-core unchanged, so that errors keep their words and paths. The answers are the same either way;
``tests/schema/execution/differential.py`` holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from math import isfinite
from typing import Any
from uuid import UUID

from graphql import (
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
    SelectionSetNode,
    Undefined,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from schema.execution.fields import ComputedField
from schema.execution.rows import Rows

ResolveInfo = GraphQLResolveInfo[Any]
Plan = Callable[[list[Any], ResolveInfo], list[Any]]
Plans = dict[tuple[int, ...], Plan | None]


class Doubt(Exception):  # noqa: N818 - not a failure, only the sign to let graphql-core do it
    """The selection or a value is not one that may be projected."""


@dataclass(slots=True)
class Tally:
    """How often lists of rows were projected, and how often graphql-core had to do it; for tests and benchmarks."""

    projected: int = 0
    declined: int = 0
    fell_back: int = 0


TALLY = Tally()
# A document whose variables include or skip parts of a list's selection has a plan for each combination.
MOST_PLANS = 64


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, with the short way for ``Rows``.

    ``plans`` is the memory of one document: compiled selections by list type and field nodes. It lives and dies with
    the document, which bounds it together with MOST_PLANS; without it the plans are made anew for each execution.
    """

    def __init__(self, *args: Any, plans: Plans | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plans: Plans = {} if plans is None else plans

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: ResolveInfo,
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        """Complete a list: by its plan if it is a list of rows that has one, else as graphql-core does."""
        if type(items) is Rows and position_context is None:
            plan = self._plan_for(item_type, field_details_list)
            if plan is None:
                TALLY.declined += 1
            else:
                try:
                    projected = plan(items, info)
                except Exception:  # noqa: BLE001 - whatever it is, graphql-core meets it again and words it with its path
                    TALLY.fell_back += 1
                else:
                    TALLY.projected += 1
                    return projected
        return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)

    def _plan_for(self, item_type: GraphQLOutputType, details: FieldDetailsList) -> Plan | None:
        # Ids are safe as keys: the document, which holds the nodes, and the schema, which holds the type, outlive
        # the plans. Hashing the nodes themselves would walk the whole selection.
        key = (id(item_type), *(id(detail.node) for detail in details))
        try:
            return self.plans[key]
        except KeyError:
            try:
                plan = PlanWriter(self).plan(item_type, details)
            except Doubt:
                plan = None
            if len(self.plans) < MOST_PLANS:
                self.plans[key] = plan
            return plan


class PlanWriter:
    """Writes the Python function that projects one selection of one type; raises Doubt where it must not."""

    def __init__(self, executor: ProjectingExecutor) -> None:
        self.executor = executor
        self.functions: list[str] = []
        self.names: dict[str, Any] = {"as_list": as_list, "isfinite": isfinite}

    def plan(self, item_type: GraphQLOutputType, details: FieldDetailsList) -> Plan:
        """Compile the selection under ``details`` for a list of ``item_type``."""
        middleware = self.executor.middleware_manager
        if middleware is not None and middleware.middlewares:
            raise Doubt
        nodes = [detail.node for detail in details]
        if any(detail.defer_usage or detail.fragment_variable_values for detail in details):
            raise Doubt
        # Directives on the list's own field have had their say, except @stream, which is about its items.
        if any(d.name.value not in {"skip", "include"} for node in nodes for d in node.directives or ()):
            raise Doubt
        seen: set[str] = set()
        if not all(self._is_plain(node.selection_set, seen) for node in nodes):
            raise Doubt
        item = self._value(item_type, "row", details)
        self.functions.append(f"def plan(rows, info):\n    return [{item} for row in rows]\n")
        exec("\n".join(self.functions), self.names)  # noqa: S102 - built from names of the schema and the checked document only
        plan: Plan = self.names["plan"]
        return plan

    def _is_plain(self, selections: SelectionSetNode | None, seen: set[str]) -> bool:
        """Whether nothing beneath depends on variables: no directives, no arguments, in fragments neither."""
        if selections is None:
            return True
        for selection in selections.selections:
            if selection.directives or getattr(selection, "arguments", ()):
                return False
            inner = getattr(selection, "selection_set", None)
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in seen:
                    continue
                seen.add(name)
                fragment = self.executor.fragments[name]
                if fragment.variable_signatures or fragment.definition.directives:
                    return False
                inner = fragment.definition.selection_set
            if not self._is_plain(inner, seen):
                return False
        return True

    def _name(self, stem: str, thing: Any = None) -> str:
        name = f"{stem}_{len(self.names)}"
        self.names[name] = thing
        return name

    def _object(self, object_type: GraphQLObjectType, details: FieldDetailsList) -> str:
        """Write the function of one object type and selection; returns its name."""
        grouped, defer_usages, _forbidden = self.executor.collect_subfields(object_type, details)
        if defer_usages:
            raise Doubt
        admitted: set[type] = set()
        known = self._name("known", admitted)
        admit = self._name("admit", admission(object_type, admitted))
        body = [f"    if type(row) not in {known}: {admit}(row, info)"]
        entries = []
        for number, (key, fields) in enumerate(grouped.items()):
            if fields[0].node.name.value == "__typename":
                entries.append(f"{key!r}: {object_type.name!r}")
                continue
            field = object_type.fields.get(fields[0].node.name.value)
            if field is None:
                raise Doubt
            value = f"value_{number}"
            body.append(f"    {value} = {self._read(field)}")
            entries.append(f"{key!r}: {self._value(field.type, value, fields)}")
        function = self._name("project")
        body.append(f"    return {{{', '.join(entries)}}}")
        self.functions.append("\n".join([f"def {function}(row, info):", *body, ""]))
        return function

    def _read(self, field: GraphQLField) -> str:
        """The expression that reads a field from ``row``; Doubt unless graphql-core would do no more than that."""
        definition = field.extensions.get("strawberry-definition")
        if (
            field.args
            or not getattr(field.resolve, "_is_default", False)
            or not isinstance(definition, StrawberryField)
            or not definition.is_basic_field
            or definition.default_resolver is not getattr
        ):
            raise Doubt
        if isinstance(definition, ComputedField):
            if definition.reads is None:
                return f"{self._name('compute', definition.compute)}(row)"
            attribute = definition.reads
        elif type(definition).get_result is StrawberryField.get_result:
            attribute = definition.python_name
        else:
            raise Doubt
        if not attribute.isidentifier():
            raise Doubt
        return f"row.{attribute}"

    def _value(self, value_type: GraphQLOutputType, value: str, details: FieldDetailsList) -> str:
        """The expression that completes the variable ``value`` as ``value_type``."""
        required = isinstance(value_type, GraphQLNonNull)
        inner = value_type.of_type if isinstance(value_type, GraphQLNonNull) else value_type
        if isinstance(inner, GraphQLList):
            item = self._name("item")
            one = self._value(inner.of_type, item, details)
            written = f"[{one} for {item} in as_list({value})]"
        elif is_leaf_type(inner):
            return self._leaf(inner, value, required=required)
        elif isinstance(inner, GraphQLObjectType):
            written = f"{self._object(inner, details)}({value}, info)"
        else:
            raise Doubt
        return written if required else f"(None if {value} is None else {written})"

    def _leaf(self, leaf_type: GraphQLLeafType, value: str, *, required: bool) -> str:
        """A test for the values that stand for themselves, and the type's own coercion for all others."""
        if isinstance(leaf_type, GraphQLEnumType):
            names = self._name("members", enum_names(leaf_type))
            ready, shown = f"{value}.__class__ in {names}", f"{names}[{value}.__class__][{value}]"
        else:
            ready, shown = READY.get(leaf_type.name, "").format(value=value), value
            if ready and not is_built_in(leaf_type):
                ready = ""
        coerce = self._name("coerce", coercion(leaf_type))
        written = f"({shown} if {ready} else {coerce}({value}))" if ready else f"{coerce}({value})"
        return written if required else f"(None if {value} is None else {written})"


# For each built-in scalar, the values that it shows unchanged. bool is an int to isinstance, hence the exact types.
READY = {
    "String": "{value}.__class__ is str",
    "ID": "{value}.__class__ is str",
    "Boolean": "({value} is True or {value} is False)",
    "Int": "({value}.__class__ is int and -2147483648 <= {value} <= 2147483647)",
    "Float": "({value}.__class__ is float and isfinite({value}))",
}
BUILT_IN = {
    "String": GraphQLString,
    "ID": GraphQLID,
    "Boolean": GraphQLBoolean,
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
}
# Values that a scalar of ours may be given; others are looked at twice, they might be awaitable or an exception.
PLAIN = frozenset({str, int, float, bool, bytes, datetime, date, UUID})


def is_built_in(leaf_type: GraphQLLeafType) -> bool:
    """Whether the type is the scalar of the specification and not one of ours that took its name."""
    return BUILT_IN.get(leaf_type.name) is leaf_type


def as_list(value: Any) -> list[Any] | tuple[Any, ...]:
    """The value if it is a list or tuple; anything else iterable is for graphql-core to judge."""
    if type(value) in {list, tuple, Rows}:
        return value  # type: ignore[no-any-return]  # just checked, exactly
    raise Doubt


def enum_names(enum_type: GraphQLEnumType) -> dict[type[Enum], dict[Enum, str]]:
    """The shown names of an enum's members, under the enum's class: its members alone may be looked up."""
    wrapped = getattr(enum_type, "wrapped_cls", None)
    if not isinstance(wrapped, type) or not issubclass(wrapped, Enum):
        return {}
    return {wrapped: {member: enum_type.coerce_output_value(member) for member in wrapped}}


def coercion(leaf_type: GraphQLLeafType) -> Callable[[Any], Any]:
    """graphql-core's completion of a leaf, for values that are not null."""
    coerce_output_value = leaf_type.coerce_output_value

    def coerce(value: Any) -> Any:
        if type(value) not in PLAIN and is_peculiar(value):
            raise Doubt
        coerced = coerce_output_value(value)
        if coerced is None or coerced is Undefined:
            raise Doubt
        return coerced

    return coerce


def admission(object_type: GraphQLObjectType, admitted: set[type]) -> Callable[[Any, ResolveInfo], None]:
    """The look at the first row of a class: whether the type may show its objects."""

    def admit(row: Any, info: ResolveInfo) -> None:
        if is_peculiar(row):
            raise Doubt
        if object_type.is_type_of is not None and object_type.is_type_of(row, info) is not True:
            raise Doubt
        admitted.add(type(row))

    return admit


def is_peculiar(value: Any) -> bool:
    """Whether graphql-core would do something else with the value than show it."""
    return value is None or value is Undefined or isinstance(value, Exception | Iterator) or hasattr(value, "__await__")
