"""The running process: the only room that knows all the others."""

from schema.version import VERSION as __version__

__all__ = ["__version__"]
