"""Facts in sentences for people."""

from __future__ import annotations

import math
import re
from datetime import datetime

from schema.errors import Fault

SENTENCES = {
    "blank": "This must not be empty.",
    "choice": "Choose one of those in the list.",
    "fragment": "An address must not have a # in it.",
    "date": "This is no day. Write it as 2030-12-31.",
    "mismatch": "The two new passwords are not the same.",
    "none_chosen": "Choose at least one.",
    "nul": "This holds a character that cannot be kept.",
    "past": "This day is over already.",
    "redirect": "No app can be reached there. It takes https://…, http://127.0.0.1/… or com.example.app:/…",
    "required": "At least one is needed.",
    "surrogate": "This holds a character that cannot be kept.",
    "too_long": "This is too long.",
    "url": "This is no web address. It takes https://… or http://…",
    "wrong": "This is not your password.",
}
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # the first that is named; browsers name their ancestors too
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def sentence(fault: Fault) -> str:
    """What is wrong with a field, or with one of several lines in it."""
    match fault.path:
        case (_, int(place)):
            return f"Number {place + 1}: {_rule(fault)}"
        case _:
            return _rule(fault)


def _rule(fault: Fault) -> str:
    match fault.rule, fault.limit:
        case "too_short", int(limit):
            return f"This must have {limit} characters or more."
        case "too_long", int(limit):
            return f"This must have {limit:,} characters or fewer."
        case "too_many", int(limit):
            return f"There must be {limit} or fewer."
        case rule, _:
            return SENTENCES.get(rule, "This cannot be used.")


def waiting(seconds: int) -> str:
    """When to come back."""
    if seconds <= 90:
        return f"There were too many tries. Come back in {seconds} seconds."
    return f"There were too many tries. Come back in {math.ceil(seconds / 60)} minutes."


def moment(when: datetime) -> str:
    """A moment in UTC: ``2 January 2026, 03:04 UTC``."""
    return f"{day(when)}, {when:%H:%M} UTC"


def day(when: datetime) -> str:
    """A day in UTC: ``2 January 2026``."""
    return f"{when.day} {when:%B %Y}"


def program(user_agent: str) -> str:
    """A browser's name in a few words: ``Firefox on Linux``; what says nothing of the kind stays as it is."""
    browser = next((name for sign, name in BROWSERS if re.search(rf"{sign}\w*/", user_agent)), None)
    system = next((name for sign, name in SYSTEMS if sign in user_agent), None)
    if browser is None:
        return user_agent[:80] or "A browser without a name"
    return f"{browser} on {system}" if system else browser
