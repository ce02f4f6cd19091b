"""What has a global id."""

from __future__ import annotations

import strawberry


@strawberry.interface(description="A thing with a global id, which `node` finds again.")
class Node:
    """Relay's Node, with the database's own number beside the global id."""

    id: strawberry.ID = strawberry.field(description="Global id: opaque, the same for as long as the thing exists.")
    database_id: int = strawberry.field(description="The number under which the REST APIs know the thing.")
