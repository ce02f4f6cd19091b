"""The running process: the only room that knows all the others."""
