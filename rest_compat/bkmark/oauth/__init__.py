"""The authorization server as programs meet it; what people meet is the page ``/oauth/authorize``."""
