"""Say how many tests ran on each database: ``python tests/tally.py FOLDER`` reads the JUnit files of a check."""

from __future__ import annotations

# ruff: noqa: T201 - a program speaks by printing
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET


def tally(folder: Path) -> dict[str, Counter[str]]:
    """Counts of passed, skipped and failed tests for each database, the first word of a file's name."""
    counts: dict[str, Counter[str]] = {}
    for path in sorted(folder.glob("*.xml")):
        count = counts.setdefault(path.stem.partition("-")[0], Counter())
        for suite in ET.parse(path).iter("testsuite"):  # noqa: S314 - pytest wrote it
            skipped = int(suite.get("skipped", "0"))
            failed = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
            count.update(passed=int(suite.get("tests", "0")) - skipped - failed, skipped=skipped, failed=failed)
    return counts


if __name__ == "__main__":
    for database, count in tally(Path(sys.argv[1])).items():
        print(f"{database}: {count['passed']} passed, {count['skipped']} skipped, {count['failed']} failed")
