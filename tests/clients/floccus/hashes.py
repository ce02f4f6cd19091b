"""Hashes of trees as floccus works them out: from its own copy of titles, addresses and order (NC-9)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import xxhash

from tests.clients.floccus.tree import Item

# The functions that floccus 5.9 gets right on every text; its murmur is wrong beyond ASCII.
FUNCTIONS: dict[str, Callable[[bytes], str]] = {
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "xxh32": lambda data: xxhash.xxh32(data, seed=0).hexdigest(),
}


def hashes(root: Item, function: str, *, titled: bool = False) -> dict[Item, str]:
    """The hash of every item of a tree; the root's title counts only where ``titled`` says so."""
    digest = FUNCTIONS[function]
    found: dict[Item, str] = {}

    def work_out(item: Item) -> str:
        if item.is_folder:
            title = {"title": item.title} if titled or item is not root else {}
            said = title | {"children": [work_out(child) for child in item.children]}
        else:
            said = {"title": item.title, "url": item.url}
        found[item] = digest(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
        return found[item]

    work_out(root)
    return found
