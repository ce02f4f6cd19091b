"""Snapshots of pages: one file each, with all that the page shows and nothing that runs.

``maker`` takes one, ``gathering`` brings what a page shows, ``assembling`` writes the file; ``html`` and ``css`` clean
strangers' documents and run in the child process of ``sandbox.py`` only. ``singlefile`` has a browser take it instead,
behind the ``proxy``. What people are told is in docs/snapshots.md.
"""
