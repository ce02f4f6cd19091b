"""Which release this is, for answers that say so."""

VERSION = "0.1.0"
