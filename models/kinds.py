"""What a bookmark can be, and where it can come from."""

LINK, NOTE, CODE, IMAGE, BOOKMARKLET = "link", "note", "code", "image", "bookmarklet"
KINDS = frozenset({LINK, NOTE, CODE, IMAGE, BOOKMARKLET})
SYNCED = frozenset({LINK, IMAGE, BOOKMARKLET})  # what clients that synchronise bookmarks see
TEXTS = frozenset({NOTE, CODE})  # an address is not what they are: they may have none, and many may name the same
SOURCES = frozenset({"web", "extension", "api", "import", "slack"})
