"""The operations: what every door calls. A function takes the Context first and returns light rows."""
