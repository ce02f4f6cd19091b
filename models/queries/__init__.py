"""Tuned reads: a frozen tree in, light rows out."""
