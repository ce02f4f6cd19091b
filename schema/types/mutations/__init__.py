"""What can be changed: a file for what belongs together; ``schema/graph.py`` makes one Mutation of them."""
