"""The few HTML pages: signing in and out, settings, letting a program in. They run no JavaScript at all."""
