"""Fields that are computed from a row alone, so that the projecting executor can write them without a resolver."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any, Self

from strawberry.types.field import StrawberryField


def global_id(type_name: str, number: int) -> str:
    """Relay's global id of row ``number``: what ``strawberry.relay.GlobalID`` decodes again."""
    return b64encode(f"{type_name}:{number}".encode()).decode("ascii")


class ComputedField(StrawberryField):
    """A field whose value is a pure function of the row; made by ``computed`` and ``attribute``.

    ``reads`` names the attribute when the function does nothing but read one.
    """

    compute: Callable[[Any], Any]
    reads: str | None = None

    def __copy__(self) -> Self:
        copied = super().__copy__()
        copied.compute = self.compute
        copied.reads = self.reads
        return copied

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ARG002 - Strawberry's signature
        """What graphql-core shows when it runs the field itself."""
        return self.compute(source)


def computed(function: Callable[[Any], Any], *, description: str, name: str | None = None) -> Any:
    """Make a field of a row type from a pure function of the row.

    Used as ``id: ID = computed(lambda row: global_id("Bookmark", row.id), description=…)``.

    The result is typed as Any because it stands where the class declares the field's own type.
    """
    field = ComputedField(graphql_name=name, description=description)
    field.compute = function
    return field


def attribute(attribute_name: str, *, description: str, name: str | None = None) -> Any:
    """Make a field of a row type that reads the row's attribute of another name."""
    field: ComputedField = computed(lambda row: getattr(row, attribute_name), description=description, name=name)
    field.reads = attribute_name
    return field
