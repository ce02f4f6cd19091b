"""Things outside, one file each, as the Protocols of schema/ports.py ask for them."""
