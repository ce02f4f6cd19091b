"""A write in progress: what it logs and what must wait for its commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models import Change, Job, User


@dataclass(slots=True)
class Unit:
    """Collects an operation's changes and jobs and writes them with it, in the same transaction.

    ``now`` is the one moment of the whole write.
    """

    owner_id: int
    seq: int
    now: datetime
    token_id: int | None = None
    changes: list[Change] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def record(self, entity: str, id: int, operation: str, before: dict[str, Any] | None = None) -> None:
        """Log that ``operation`` was done to the row; ``before`` is what it was."""
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

    def enqueue(self, kind: str, payload: dict[str, Any], *, dedupe_key: str | None = None) -> None:
        """Ask for work to be done after the commit; asking twice with one key before it is done is asking once."""
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
        """Write the log and the jobs; the last thing before the commit."""
        if self.changes:
            await User.filter(id=self.owner_id).update(change_seq=self.seq)
            await Change.bulk_create(self.changes, batch_size=1000)
        if self.jobs:
            await Job.bulk_create(self.jobs, batch_size=1000, ignore_conflicts=True)
