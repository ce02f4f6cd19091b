"""Bkmark's REST API, for the programs that were written for it; README.md lists what there is."""
