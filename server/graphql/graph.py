"""The graph within the limits of the settings."""

from __future__ import annotations

from schema.execution.limits import GraphLimits
from schema.execution.schema import Schema
from schema.graph import make_graph
from server.settings import Settings


def graph_of(settings: Settings) -> Schema:
    """The graph as ``/graphql`` serves it and as stored queries meet it."""
    limits = GraphLimits(
        tokens=settings.graphql_max_tokens,
        depth=settings.graphql_max_depth,
        aliases=settings.graphql_max_aliases,
        cost=settings.graphql_max_cost,
    )
    return make_graph(limits)
