"""How common words and tags were when somebody last looked: good for choosing a plan, never for an answer."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from models.queries.tree import Leaf

KEPT = 2_000
SECONDS = 60.0  # a word may become common; for as long a search for it costs more than it need


class Estimates:
    """Remembers for a minute which leaves are common in an owner's library."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[int, Leaf], tuple[float, bool]] = OrderedDict()

    def of(self, owner_id: int, leaves: Iterable[Leaf]) -> dict[Leaf, bool]:
        """What is remembered of these leaves."""
        now, known = self._clock(), {}
        for leaf in leaves:
            until, common = self._kept.get((owner_id, leaf), (0.0, False))
            if now < until:
                known[leaf] = common
        return known

    def remember(self, owner_id: int, leaf: Leaf, *, common: bool) -> None:
        """Keep what a probe found."""
        self._kept[owner_id, leaf] = (self._clock() + SECONDS, common)
        self._kept.move_to_end((owner_id, leaf))
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Forget everything: another database is another library."""
        self._kept.clear()
