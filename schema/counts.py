"""Counts remembered for as long as the owner writes nothing.

Counting 100,000 rows costs more than the page that shows the count. Every write moves the owner's ``change_seq``, and
every request reads that number with its credential, so a count kept under it is right at any process, whoever wrote.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from models.queries.build import Mine, Scope
from models.queries.tree import Tree

KEPT = 2_000


class Counts:
    """A bounded memory of counts by scope, tree and the owner's last change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Mine, Tree, int], int] = OrderedDict()

    async def remember(self, scope: Scope, tree: Tree, seq: int, count: Callable[[], Awaitable[int]]) -> int:
        """The remembered count, else the counted one; lists across owners are always counted."""
        if not isinstance(scope, Mine):
            return await count()
        key = (scope, tree, seq)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._kept[key] = result = await count()
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return result
