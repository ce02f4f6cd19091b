"""Search languages: each module turns one door's text into the tree of ``models/queries/tree.py``."""
