"""People who edit their browsers at random, and a book of what they did, to tell what must be there in the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random

from tests.clients.floccus.tree import Browser, Item, normal

WORDS = [
    "News", "", " two  spaces ", 'Grüße "x" / y', "日本語", "a & b < c > d 'e'", "&amp; &#38; &lt;", "back\\slash",
    "👩‍💻 emoji", "e\u0301 beside é", "العربية", "100 % _ [x]", "<b>bold</b>", "tab\tinside", "nbsp\u00a0",
]  # fmt: skip
TAILS = ["", "?b=1&c=2", "?q=ä%20x", "#f", "?x=%2F&y=+", "?a=\"'<>", "?k=%ff"]
SHARED = ("Bookmarks bar", "Other", "")  # folders that both have at the start
POOL = "pool"  # begins the marks of addresses that several people and folders have
POOL_SIZE = 6
MANY = 76
SIGN = "№"  # before the mark of a folder


@dataclass(slots=True)
class Book:
    """What was done by whom does not matter: ``made`` counts, ``removed`` and ``titles`` are by mark.

    A mark stands in every address and every title of a folder from its making on, and is not touched by edits.
    """

    made: Counter[str] = field(default_factory=Counter)
    removed: set[str] = field(default_factory=set)
    titles: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def faults(self, tree: Item) -> list[str]:
        """What the tree has too little or too much of."""
        there = Counter(mark for item in tree.walk() if (mark := mark_of(item)))
        words = {mark: item.title for item in tree.walk() if (mark := mark_of(item))}
        return (
            [f"{mark} is lost" for mark in self.made if mark not in self.removed and not there[mark]]
            + [f"{mark} is there {there[mark]} times" for mark in there if there[mark] > self.made[mark]]
            + [
                f"{mark} is called {title!r}, not {self.titles[mark]}"
                for mark, title in words.items()
                if title not in self.titles[mark]
            ]
        )


def mark_of(item: Item) -> str:
    """What tells an item from all others through all edits; nothing for folders that are like others."""
    if item.is_folder:
        return "".join(item.title.rpartition(SIGN)[1:]) if SIGN in item.title else ""
    if item.url.startswith("javascript:"):
        return item.url.split("'")[1]
    return item.url.split("/")[3]


class Person:
    """Edits a browser; bookmarks of the pool are those that other people and other folders have, too."""

    def __init__(self, name: str, browser: Browser, book: Book, dice: Random) -> None:
        self._name = name
        self._browser = browser
        self._book = book
        self._dice = dice
        self._number = 0

    def begin(self) -> None:
        """Fill the empty browser: some of it alike in every browser."""
        for title in SHARED:
            self._browser.folder(self._browser.root, title)
        for _ in range(self._dice.randrange(5, 30)):
            self._create()
        if self._dice.random() < 0.1:
            self._fill_a_folder()

    def edit(self) -> None:
        """Do something to something."""
        act = self._dice.choice(
            [
                *[self._create] * 4,
                *[self._move] * 3,
                *[self._rename] * 2,
                self._reorder,
                self._remove,
                self._write_address,
            ]
        )
        act()

    def _items(self) -> list[Item]:
        return [item for item in self._browser.root.walk() if item is not self._browser.root]

    def _folders(self) -> list[Item]:
        return [item for item in self._browser.root.walk() if item.is_folder]

    def _fresh(self) -> str:
        self._number += 1
        return f"{self._name}{self._number}"

    def _create(self) -> None:
        parent = self._dice.choice(self._folders())
        at = self._dice.randint(0, len(parent.children))
        title = self._dice.choice(WORDS)
        kind = self._dice.choices(["folder", "plain", "bookmark", "script", "pool"], [25, 5, 50, 10, 20])[0]
        if kind == "plain":
            self._browser.folder(parent, title, at)
            return
        if kind == "folder":
            mark = SIGN + self._fresh()
            item = self._browser.folder(parent, f"{title} {mark}", at)
            self._note(mark, item.title)
            return
        if kind == "pool":
            mark = f"{POOL}{self._dice.randrange(POOL_SIZE)}"
            url = f"https://Pool.example:443/{mark}"
            if f"https://pool.example/{mark}" in {child.url for child in parent.children}:
                return
        elif kind == "script":
            mark = self._fresh()
            url = f"javascript:alert('{mark}') /* {title} */"
        else:
            mark = self._fresh()
            url = self._url(mark)
        self._browser.bookmark(parent, title, url, at)
        self._note(mark, title)

    def _fill_a_folder(self) -> None:
        """More than floccus uploads at once."""
        folder = self._browser.folder(self._browser.root, "Many")
        for _ in range(MANY):
            mark = self._fresh()
            self._browser.bookmark(folder, mark, self._url(mark))
            self._note(mark, mark)

    def _url(self, mark: str) -> str:
        host = self._dice.choice(["a.example", "GRÜN.example", "b.example:8080"])
        return f"https://{host}/{mark}/{self._fresh()}{self._dice.choice(TAILS)}"

    def _note(self, mark: str, title: str) -> None:
        self._book.made[mark] += 1
        self._book.titles[mark].add(title)

    def _some(self) -> Item | None:
        items = self._items()
        return self._dice.choice(items) if items else None

    def _rename(self) -> None:
        item = self._some()
        if item is None:
            return
        mark = mark_of(item)
        item.title = self._dice.choice(WORDS) + (f" {mark}" if item.is_folder and mark else "")
        self._book.titles[mark].add(item.title)

    def _write_address(self) -> None:
        """Another address for a bookmark that is nowhere else; scripts and the pool keep theirs."""
        item = self._some()
        if item is None or item.is_folder or not item.url.startswith("https:") or mark_of(item).startswith(POOL):
            return
        item.url = normal(self._url(mark_of(item)))

    def _move(self) -> None:
        item = self._some()
        if item is None:
            return
        targets = [
            folder
            for folder in self._folders()
            if not item.holds(folder) and (item.is_folder or item.url not in {one.url for one in folder.children})
        ]
        if targets:
            parent = self._dice.choice(targets)
            self._browser.move(item, parent, self._dice.randint(0, len(parent.children)))

    def _reorder(self) -> None:
        folder = self._dice.choice(self._folders())
        self._dice.shuffle(folder.children)

    def _remove(self) -> None:
        item = self._some()
        if item is None or (item.children and self._dice.random() < 0.5):
            return
        self._book.removed |= {mark_of(one) for one in item.walk()}
        self._browser.remove(item)
