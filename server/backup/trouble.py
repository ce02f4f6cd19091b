"""What keeps a backup from being made, read or restored, in one line for a person."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BackupError(Exception):
    """It cannot be done; the message is one line."""


class Damaged(BackupError):  # noqa: N818 - what it is, in a sentence
    """A backup, or a part of it, is not what it was when it was made; the message is one line."""


def reason_of(error: OSError) -> str:
    """What the system says, in its words."""
    return error.strerror or str(error) or type(error).__name__


@contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Word an OSError of the block as one about this place. Raises BackupError."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename) if isinstance(error.filename, str) else place
        more = " Make room and try again." if error.errno in {errno.ENOSPC, errno.EDQUOT} else ""
        raise BackupError(f"{where}: {reason_of(error)}.{more}") from error
