"""How GraphQL words the canonical graph: a file for what belongs together, rows in, fields out."""
