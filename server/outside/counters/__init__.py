"""Where counts are kept, as storages of the ``limits`` library."""
