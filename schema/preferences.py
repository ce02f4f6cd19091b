"""What an account may prefer, in one table: names, types, choices and defaults (LD profile, section 21)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from schema.errors import Fault, Invalid

SORTS = ("added_asc", "added_desc", "modified_asc", "modified_desc", "title_asc", "title_desc")
CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("auto", "light", "dark"),
    "bookmark_date_display": ("relative", "absolute", "hidden"),
    "bookmark_link_target": ("_blank", "_self"),
    "web_archive_integration": ("disabled", "enabled"),
    "tag_search": ("strict", "lax"),
}
SEARCH_CHOICES: dict[str, tuple[str, ...]] = {
    "sort": SORTS,
    "shared": ("off", "yes", "no"),
    "unread": ("off", "yes", "no"),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """An account's preferences; the two sharing switches are columns of the account (models/user.py)."""

    theme: str = "auto"
    bookmark_date_display: str = "relative"
    bookmark_link_target: str = "_blank"
    web_archive_integration: str = "disabled"
    tag_search: str = "strict"
    enable_favicons: bool = False
    enable_preview_images: bool = False
    display_url: bool = False
    permanent_notes: bool = False
    automatic_snapshots: bool = False
    search_preferences: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Preferences:
        """From the account's JSON; what is missing has its default, what is unknown is passed over."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def changed(self, changes: dict[str, Any]) -> Preferences:
        """With these changes. Raises Invalid for an unknown name or a value that is not one of the choices."""
        faults = [fault for name, value in changes.items() if (fault := _fault(name, value)) is not None]
        if faults:
            raise Invalid(*faults)
        return Preferences(**(asdict(self) | changes))


def _fault(name: str, value: Any) -> Fault | None:  # noqa: PLR0911 - one return a kind of preference
    """What is wrong with a preference's new value."""
    if name in CHOICES:
        return None if value in CHOICES[name] else Fault((name,), "choice", CHOICES[name], str(value))
    if name == "search_preferences":
        if not isinstance(value, dict):
            return Fault((name,), "object")
        for key, chosen in value.items():
            if key not in SEARCH_CHOICES:
                return Fault((name, str(key)), "unknown")
            if chosen not in SEARCH_CHOICES[key]:
                return Fault((name, key), "choice", SEARCH_CHOICES[key], str(chosen))
        return None
    if name not in {one.name for one in fields(Preferences)}:
        return Fault((name,), "unknown")
    return None if isinstance(value, bool) else Fault((name,), "boolean")
