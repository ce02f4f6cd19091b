"""The HTML pages: signing in and out, settings, saving, moving in and out, letting a program in.

They work without JavaScript; the few scripts only spare waiting and clicks.
"""
