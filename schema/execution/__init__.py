"""How a document becomes an answer: limits, cost, projection, masking. Knows no HTTP and no table of ours."""
