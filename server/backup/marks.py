"""What a restore that is not done leaves for all to see."""

from __future__ import annotations

from pathlib import Path

from server.backup.trouble import BackupError

WORK = ".restore"  # a folder of the data directory; as long as it holds the database, a restore is not done
DATABASE = "database"


def check_finished(data: Path) -> None:
    """Pass a data directory in which no restore was interrupted. Raises BackupError."""
    work = data / WORK
    if (work / DATABASE).exists():
        raise BackupError(
            f"A restore into {data} is under way or was interrupted: run it again, or remove {work} to do without it."
        )
