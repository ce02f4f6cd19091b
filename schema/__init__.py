"""The canonical graph and its operations: what every door calls."""
