"""Names of tags in files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from schema.formats.entries import Remark

MAX_TAG: Final = 255
"""Characters of a tag: what the tables hold."""


def take_tags(names: Iterable[str], position: int, url: str) -> tuple[tuple[str, ...], list[Remark]]:
    """The names without blanks at their ends, each once and none that is empty; a Remark for each that is too long."""
    tags = dict.fromkeys(tag for name in names if (tag := name.strip()))
    long = [tag for tag in tags if len(tag) > MAX_TAG]
    remarks = [
        Remark(position, f"A tag is longer than {MAX_TAG} characters; it was left out: {tag[:40]}…", url)
        for tag in long
    ]
    return tuple(tag for tag in tags if len(tag) <= MAX_TAG), remarks
