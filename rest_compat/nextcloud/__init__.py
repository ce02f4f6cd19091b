"""Nextcloud Bookmarks' REST API, for the programs that were written for it; README.md lists what there is."""

# The Nextcloud release that we say we are: clients look at it before they offer what newer ones have.
NEXTCLOUD_VERSION = (32, 0, 0)
