"""A write in progress: what it logs and what must wait for its commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models import Change, Job, Placement, User, ranking
from models.queries.marks import mark

RANK = "rank"  # the job that goes on with the ranked index where a write stopped


@dataclass(slots=True)
class Unit:
    """Collects an operation's changes and jobs and writes them with it, in the same transaction.

    ``now`` is the one moment of the whole write. With ``has_webhooks`` somebody is to hear of it (schema/events.py):
    ``refiled`` are the bookmarks whose folders changed, and ``last`` is what was erased, as it was.
    """

    owner_id: int
    seq: int
    now: datetime
    token_id: int | None = None
    has_webhooks: bool = False
    changes: list[Change] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    touched_folders: set[int] = field(default_factory=set)
    refiled: set[int] = field(default_factory=set)
    last: dict[tuple[str, int], Any] = field(default_factory=dict)
    urgent: list[str] = field(default_factory=list)

    def record(self, entity: str, id: int, operation: str, before: dict[str, Any] | None = None) -> None:
        """Log that ``operation`` was done to the row; ``before`` is what it was.

        The folders that a recorded bookmark is in when the write ends, a recorded folder, and all above them are marked
        as changed; those that it has left by then need ``touch_folder``.
        """
        self.seq += 1
        self.changes.append(
            Change(
                owner_id=self.owner_id,
                seq=self.seq,
                entity=entity,
                entity_id=id,
                operation=operation,
                token_id=self.token_id,
                before=before,
                created_at=self.now,
            )
        )

    def touch_folder(self, id: int) -> None:
        """Mark the folder as changed, with all above it: something left it and is in it no more when the write ends.

        For the old parent of what is moved, taken out or deleted for good. A folder that is gone by then is no trouble,
        but nothing above it is marked: touch its parent as well.
        """
        self.touched_folders.add(id)

    async def touch_folders_of(self, bookmark_ids: Collection[int]) -> None:
        """Mark the folders of the bookmarks as ``touch_folder`` does: for before their placements are deleted."""
        folder_ids = Placement.filter(bookmark_id__in=list(bookmark_ids)).distinct().values_list("folder_id", flat=True)
        self.touched_folders.update(int(str(id)) for id in await folder_ids)

    def refile(self, bookmark_ids: Iterable[int]) -> None:
        """Say that the bookmarks are in other folders than before, the root apart, which is none to the outside."""
        self.refiled.update(bookmark_ids)

    def enqueue(
        self, kind: str, payload: dict[str, Any], *, dedupe_key: str | None = None, urgent: bool = False
    ) -> None:
        """Ask for work to be done after the commit; asking twice with one key before it is done is asking once.

        With ``urgent`` work that was put off under the same key is done at once.
        """
        if urgent and dedupe_key is not None:
            self.urgent.append(dedupe_key)
        self.jobs.append(
            Job(
                owner_id=self.owner_id,
                kind=kind,
                payload=payload,
                dedupe_key=dedupe_key,
                run_at=self.now,
                created_at=self.now,
            )
        )

    async def flush(self) -> None:
        """Write the log, mark the changed folders, bring the ranked index into step, write the jobs.

        The last thing before the commit.
        """
        if self.changes:
            await User.filter(id=self.owner_id).update(change_seq=self.seq)
            await Change.bulk_create(self.changes, batch_size=1000)
        await mark(self.touched_folders | self._changed("folder"), self._changed("bookmark"))
        if await ranking.catch_up(self.owner_id):  # more than one write should carry
            self.enqueue(RANK, {}, dedupe_key=f"{RANK}:{self.owner_id}")
        if self.jobs:
            await Job.bulk_create(self.jobs, batch_size=1000, ignore_conflicts=True)
        if self.urgent:
            await Job.filter(dedupe_key__in=self.urgent, run_at__gt=self.now).update(run_at=self.now)

    def _changed(self, entity: str) -> set[int]:
        """The rows of which something changed that a folder's hash could tell; a click is nothing of the kind."""
        return {change.entity_id for change in self.changes if change.entity == entity and change.operation != "click"}
