"""``python -m server`` is the same program as ``polymark``."""

from server.cli import main

if __name__ == "__main__":  # a serving process that is spawned imports this module under another name
    main()
