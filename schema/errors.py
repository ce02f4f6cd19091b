"""The Problem family: everything an operation may refuse, named once and worded by each door.

A Problem carries facts (entity, field path, rule, limit), never sentences: linkding says
``No Tag matches the given query.``, GraphQL says ``NOT_FOUND``, and both come from the same object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from schema.ports import Standing  # it imports this module


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one value that a caller sent.

    ``path`` leads to the value (``("tag_names", 4)``), ``rule`` names what it breaks (``required``, ``blank``,
    ``null``, ``string``, ``too_long``, ``nul``, ``surrogate``, ``boolean``, ``integer``, ``choice``, ``datetime``,
    ``datetime_range``, ``list``, ``object``, ``no_data``, ``url``, ``taken``, ...), ``limit`` is the number or list
    that the rule speaks of and ``given`` is what a door may have to show again.
    """

    path: tuple[str | int, ...]
    rule: str
    limit: int | tuple[str, ...] | None = None
    given: str | None = None


class Problem(Exception):  # noqa: N818 - the family is called Problem at every door
    """Base of all expected refusals; ``code`` is the machine's word for it."""

    code: ClassVar[str] = "PROBLEM"

    @property
    def extensions(self) -> dict[str, Any]:
        """What GraphQL sends beside the message: the code and the facts."""
        return {"code": self.code}


class NotFound(Problem):
    """The row does not exist, or is somebody else's: the two look the same."""

    code = "NOT_FOUND"

    def __init__(self, entity: str) -> None:
        super().__init__(f"No such {entity}.")
        self.entity = entity

    @property
    def extensions(self) -> dict[str, Any]:
        """The code and the facts."""
        return {"code": self.code, "entity": self.entity}


class Invalid(Problem):
    """What was sent breaks rules; all faults that were found, in the order of the fields."""

    code = "INVALID"

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, fault.path))}: {fault.rule}" for fault in faults))
        self.faults = faults

    @property
    def extensions(self) -> dict[str, Any]:
        """The code and the faults."""
        return {
            "code": self.code,
            "faults": [
                {"path": list(fault.path), "rule": fault.rule} | ({} if fault.limit is None else {"limit": fault.limit})
                for fault in self.faults
            ],
        }


class Conflict(Problem):
    """The change would break a promise between rows.

    ``existing`` is the id of the row in the way, if one is, and ``uid`` its UUID, where the operation knows it.
    """

    code = "CONFLICT"

    def __init__(self, entity: str, rule: str, existing: int | None = None, *, uid: str | None = None) -> None:
        super().__init__(f"{entity}: {rule}")
        self.entity = entity
        self.rule = rule
        self.existing = existing
        self.uid = uid

    @property
    def extensions(self) -> dict[str, Any]:
        """The code and the facts."""
        return {"code": self.code, "entity": self.entity, "rule": self.rule}


class Unauthenticated(Problem):
    """No credential, or one that is not believed.

    ``reason`` is ``missing``, ``unknown``, ``expired`` or ``inactive``; a door that reads headers itself adds its own
    words for those it cannot read.
    """

    code = "UNAUTHENTICATED"

    def __init__(self, reason: str = "missing") -> None:
        super().__init__("Sign in or send a token.")
        self.reason = reason


class Forbidden(Problem):
    """The credential is believed but may not do this; ``needs`` is the missing scope or switch."""

    code = "FORBIDDEN"

    def __init__(self, needs: str) -> None:
        super().__init__(f"This credential lacks: {needs}.")
        self.needs = needs

    @property
    def extensions(self) -> dict[str, Any]:
        """The code and the facts."""
        return {"code": self.code, "needs": self.needs}


class RateLimited(Problem):
    """Too many requests; ``retry_after`` is in seconds, ``standing`` what a quota says of itself."""

    code = "RATE_LIMITED"

    def __init__(self, retry_after: int, standing: Standing | None = None) -> None:
        super().__init__(f"Too many requests; try again in {retry_after} s.")
        self.retry_after = retry_after
        self.standing = standing

    @property
    def extensions(self) -> dict[str, Any]:
        """The code and the facts."""
        return {"code": self.code, "retryAfter": self.retry_after}


class TooLarge(Problem):
    """More than the server takes; ``limit`` is in bytes for bodies and in items for lists."""

    code = "TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"Larger than the limit of {limit}.")
        self.limit = limit

    @property
    def extensions(self) -> dict[str, Any]:
        """The code and the facts."""
        return {"code": self.code, "limit": self.limit}


class Unsupported(Problem):
    """The body's media type, or the feature, is not one that this server has."""

    code = "UNSUPPORTED"

    def __init__(self, what: str) -> None:
        super().__init__(f"Not supported: {what}.")
        self.what = what


class NotConfigured(Problem):
    """The operator has switched this off, or has not set it up."""

    code = "NOT_CONFIGURED"

    def __init__(self, what: str) -> None:
        super().__init__(f"Switched off on this server: {what}.")
        self.what = what


class Locked(Problem):
    """Somebody else holds the lock."""

    code = "LOCKED"

    def __init__(self, entity: str) -> None:
        super().__init__(f"The {entity} is locked.")
        self.entity = entity


class Unavailable(Problem):
    """Something outside (storage, a website, the database) does not answer now; trying again may work."""

    code = "UNAVAILABLE"

    def __init__(self, what: str) -> None:
        super().__init__(f"Not available at the moment: {what}.")
        self.what = what
