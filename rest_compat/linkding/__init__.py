"""linkding's REST API, for the programs that were written for it; README.md lists what there is."""

# The linkding release whose API we speak: clients compare it before they do anything else.
LINKDING_VERSION = "1.46.2"
