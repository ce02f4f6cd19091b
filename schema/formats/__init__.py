"""File formats of bookmark libraries: bytes to neutral entries and back, without any table.

``entries`` holds what every format is read into, ``charsets`` turns bytes into clean text, and each format is a module
of its own with a lazy ``read`` and a streaming ``write``.
"""
