"""Other people's APIs, no opinions of its own."""
