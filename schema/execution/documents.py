"""Documents that were read before: parsed, measured and validated once for each text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import ASTValidationRule
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.execution.errors import in_the_callers_terms, with_code
from schema.execution.limits import GraphLimits, over_limits, too
from schema.execution.projecting import Plans

RULES: tuple[type[ASTValidationRule], ...] = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document and all that can be said of it without variables; ``errors`` is empty when it may be executed.

    ``plans`` is the projecting executor's memory of this document.
    """

    operations: tuple[OperationDefinitionNode, ...] = ()
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    document: DocumentNode | None = None
    errors: Sequence[GraphQLError] = ()
    plans: Plans = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute, as GetOperation() of the specification finds it.

        Raises GraphQLError (``OPERATION_RESOLUTION_FAILURE``) when there is none, or several and no name.
        """
        found = [o for o in self.operations if name is None or (o.name is not None and o.name.value == name)]
        if len(found) == 1:
            return found[0]
        if name is not None:
            message = f"The document has no operation named {name!r}."
        elif found:
            message = "The document has several operations: say which by operationName."
        else:
            message = "The document has no operation."
        raise GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})


class Documents:
    """Reads documents for one schema and remembers those it read last.

    What is kept is bounded twice: by number and by the length of the texts together, since a syntax tree with its
    tokens takes a few hundred times the memory of its text.
    """

    def __init__(
        self, schema: GraphQLSchema, limits: GraphLimits, *, most: int = 256, most_text: int = 200_000
    ) -> None:
        self.schema = schema
        self.limits = limits
        self.most = most
        self.most_text = most_text
        self.text = 0
        self.kept: OrderedDict[str, ReadDocument] = OrderedDict()

    def read(self, query: str) -> ReadDocument:
        """The document of this text, from memory if it can be."""
        known = self.kept.get(query)
        if known is not None:
            self.kept.move_to_end(query)
            return known
        read = self._read(query)
        if len(query) <= self.most_text // 4:
            self.kept[query] = read
            self.text += len(query)
            while len(self.kept) > self.most or self.text > self.most_text:
                oldest, _ = self.kept.popitem(last=False)
                self.text -= len(oldest)
        return read

    def _read(self, query: str) -> ReadDocument:
        try:
            document = parse(query, max_tokens=self.limits.tokens)
        except GraphQLError as error:
            return ReadDocument(errors=[with_code(error, "GRAPHQL_PARSE_FAILED")])
        except RecursionError:
            return ReadDocument(errors=[too("DEEP", "levels of fields", self.limits.depth)])
        errors = over_limits(document, self.limits)
        if not errors:
            errors = [refused(error) for error in validate(self.schema, document, RULES)]
        if errors:
            return ReadDocument(document=document, operations=operations_of(document), errors=errors)
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        return ReadDocument(operations_of(document), fragments, document)


def refused(error: GraphQLError) -> GraphQLError:
    """What validation found, in words that are for the caller."""
    error.message = in_the_callers_terms(error.message)
    return with_code(error, "GRAPHQL_VALIDATION_FAILED")


def operations_of(document: DocumentNode) -> tuple[OperationDefinitionNode, ...]:
    """The operations of a document, in its order."""
    return tuple(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
