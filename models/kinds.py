"""What a bookmark can be."""

LINK, NOTE, CODE, IMAGE, BOOKMARKLET = "link", "note", "code", "image", "bookmarklet"
KINDS = frozenset({LINK, NOTE, CODE, IMAGE, BOOKMARKLET})
