"""Backup, restore, verify: everything that a server keeps, in one file, made while it runs."""
