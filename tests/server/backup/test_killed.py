"""kill -9 in the middle of a backup and of a restore, at every step on the disk that they take."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from tests.databases import ON_POSTGRES
from tests.live import ROOT
from tests.server.backup.conftest import make

# Each try on PostgreSQL runs pg_dump or pg_restore several times.
EVERY = int(os.environ.get("POLYMARK_TEST_KILL_EVERY", "25" if ON_POSTGRES else "1"))


async def kill_each(what, settings, folder):
    """How many steps there were. Raises AssertionError with what the program said when something was not right."""
    given = {
        "POLYMARK_DATA_DIR": str(settings.data_path), "POLYMARK_DATABASE_URL": settings.database,
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.programs.kill_at_each_step", what, str(folder), str(EVERY), cwd=ROOT,
        env={**os.environ, **given}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()

    assert 0 == process.returncode, err.decode()
    return int(out)


@pytest.mark.slow
async def test_a_killed_backup_leaves_the_old_one_or_the_new_one(library, tmp_path):
    """Never half of one under its name; and the next backup leaves nothing of the killed one."""
    (tmp_path / "out").mkdir()

    assert await kill_each("backup", library.settings, tmp_path / "out") > 15


@pytest.mark.slow
async def test_a_killed_restore_is_no_library_until_it_is_whole(library, elsewhere, tmp_path):
    """Nothing is served by half, and running it again makes it whole."""
    (tmp_path / "out").mkdir()
    await make(library.settings, tmp_path / "out" / "b.zip")

    assert await kill_each("restore", elsewhere, tmp_path / "out") > 15
