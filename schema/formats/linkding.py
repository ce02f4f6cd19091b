"""What a linkding's REST API answers, read into the rows of an import (LD sections 4, 5, 13 to 15, 21).

Strict in types, lenient in what it does not need: unknown members are passed over, what older releases leave out has a
default. Texts that no database can hold are mended, each with a Remark; positions are linkding's ids.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Final, Generic, Literal, TypeAlias, TypeVar

import msgspec

from models import url as urls
from models.text import find_bad_text, mend_text
from schema.formats.entries import Entry, Refused, Remark, TagEntry
from schema.formats.tags import take_tags

MAX_NAME: Final = 1_000
"""Characters of an asset's name: what the doors give to headers."""

ARCHIVE: Final = "https://web.archive.org/web/"
SNAPSHOT: Final = "snapshot"
COMPLETE: Final = "complete"

Id: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Order: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Choice: TypeAlias = Literal["off", "yes", "no"]
T = TypeVar("T")


class Page(msgspec.Struct, Generic[T]):
    """A part of a list (LD-PAGE-1); ``count`` is the number of all its rows."""

    count: Count
    results: list[T]


class Bookmark(msgspec.Struct):
    """A bookmark (LD section 5)."""

    id: Id
    url: str
    date_added: datetime
    date_modified: datetime
    title: str | None = ""
    description: str | None = ""
    notes: str | None = ""
    web_archive_snapshot_url: str | None = ""
    is_archived: bool | None = None
    unread: bool = False
    shared: bool = False
    tag_names: list[str] = []


class Tag(msgspec.Struct):
    """A tag (LD section 13)."""

    id: Id
    name: str
    date_added: datetime


class Bundle(msgspec.Struct):
    """A bundle (LD section 14)."""

    id: Id
    name: str
    date_created: datetime
    date_modified: datetime
    search: str = ""
    any_tags: str = ""
    all_tags: str = ""
    excluded_tags: str = ""
    filter_unread: Choice = "off"
    filter_shared: Choice = "off"
    order: Order = 0


class Asset(msgspec.Struct):
    """An asset (LD section 15)."""

    id: Id
    date_created: datetime
    asset_type: Literal["upload", "snapshot"]
    status: str
    content_type: str | None = ""
    display_name: str | None = ""
    file_size: int | None = None


class Health(msgspec.Struct):
    """What ``/health`` says (LD section 24)."""

    version: str = ""


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One saved search, in the words of models/bundle.py; ``position`` is linkding's id."""

    name: str
    search: str
    any_tags: str
    all_tags: str
    excluded_tags: str
    filter_unread: str
    filter_shared: str
    order: int
    created_at: datetime
    updated_at: datetime
    position: int


@dataclass(frozen=True, slots=True)
class AssetEntry:
    """One asset, in the words of models/asset.py; ``position`` is linkding's id.

    ``kept_size`` are the bytes of linkding's file, which is packed in newer releases; None when it does not say.
    """

    kind: str
    status: str
    content_type: str
    display_name: str
    created_at: datetime
    position: int
    kept_size: int | None = None


def decode(data: bytes, type: type[T]) -> T:
    """An answer's JSON as this type. Raises ValueError for anything else, with a short sentence.

    A lone surrogate, which JSON can write and UTF-8 cannot, comes out as it is, for the texts to be mended.
    """
    try:
        return msgspec.json.decode(data, type=type)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    except msgspec.DecodeError:  # also what it says to a lone surrogate
        pass
    except UnicodeDecodeError:
        raise ValueError("JSON is UTF-8, and this is not") from None
    try:
        return msgspec.convert(json.loads(data, parse_constant=_refuse), type)
    except msgspec.ValidationError as error:
        raise ValueError(mend_text(str(error))) from None
    except (ValueError, RecursionError):
        raise ValueError("this is no JSON") from None


def read_bookmark(row: Bookmark, *, archived: bool) -> tuple[Entry | Refused, list[Remark]]:
    """The bookmark and what was mended in it; ``archived`` says which list it stood in.

    Refused are addresses that a browser would run, which only a linkding without its check can hold, and moments
    outside the years 1 to 9999.
    """
    mending = _Mending(row.id, urls.clean(mend_text(row.url)))
    url = mending.url
    mending.text("address", row.url)
    if not url or urls.is_script(url):
        return Refused(row.id, "The address is a script." if url else "There is no address.", url), mending.remarks
    created_at, updated_at = _moment(row.date_added), _moment(row.date_modified)
    if created_at is None or updated_at is None:
        return Refused(row.id, "A date lies outside the years 1 to 9999.", url), mending.remarks
    tags, remarks = take_tags([mending.text("tag", name) for name in row.tag_names], row.id, url)
    entry = Entry(
        url=url,
        title=mending.text("title", row.title),
        description=mending.text("description", row.description),
        notes=mending.text("notes", row.notes),
        tags=tags,
        created_at=created_at,
        updated_at=updated_at,
        to_read=row.unread,
        is_archived=archived if row.is_archived is None else row.is_archived,
        is_public=row.shared,
        web_archive_url=_kept_by_archive(mend_text(row.web_archive_snapshot_url or ""), url, row.date_added),
        position=row.id,
    )
    return entry, [*mending.remarks, *remarks]


def read_tag(row: Tag) -> tuple[TagEntry | None, list[Remark]]:
    """The tag, None for one whose name is empty or too long, and what was mended in it."""
    mending = _Mending(row.id, "")
    names, remarks = take_tags([mending.text("tag", row.name)], row.id, "")
    created_at = _moment(row.date_added)
    entry = TagEntry(names[0], created_at=created_at, updated_at=created_at, position=row.id) if names else None
    return entry, [*mending.remarks, *remarks]


def read_bundle(row: Bundle) -> tuple[BundleEntry, list[Remark]]:
    """The bundle and what was mended in it. Raises ValueError for dates outside the years 1 to 9999."""
    mending = _Mending(row.id, "")
    entry = BundleEntry(
        name=mending.text("name", row.name),
        search=mending.text("search", row.search),
        any_tags=mending.text("tags", row.any_tags),
        all_tags=mending.text("tags", row.all_tags),
        excluded_tags=mending.text("tags", row.excluded_tags),
        filter_unread=row.filter_unread,
        filter_shared=row.filter_shared,
        order=row.order,
        created_at=_needed(row.date_created),
        updated_at=_needed(row.date_modified),
        position=row.id,
    )
    return entry, mending.remarks


def read_asset(row: Asset, url: str) -> tuple[AssetEntry, list[Remark]]:
    """The asset of the bookmark of that address and what was mended in it. Raises ValueError as ``read_bundle``."""
    mending = _Mending(row.id, url)
    content_type = mend_text(row.content_type or "").partition(";")[0].strip().lower()
    name = mending.text("name", row.display_name)
    if len(name) > MAX_NAME:
        mending.remarks.append(Remark(row.id, f"The asset's name was cut after {MAX_NAME} characters.", url))
    entry = AssetEntry(
        kind=row.asset_type,
        status=row.status,
        content_type=content_type if content_type.isprintable() else "",
        display_name=name[:MAX_NAME],
        created_at=_needed(row.date_created),
        position=row.id,
        kept_size=row.file_size,
    )
    return entry, mending.remarks


class _Mending:
    """Mends the texts of one row and remembers which."""

    def __init__(self, id: int, url: str) -> None:
        self.url = url
        self.remarks: list[Remark] = []
        self._id = id

    def text(self, name: str, text: str | None) -> str:
        """The text as it can be stored."""
        if not text:
            return ""
        if find_bad_text(text) is not None:
            reason = f"The {name} has characters that cannot be stored; U+FFFD stands for them."
            self.remarks.append(Remark(self._id, reason, self.url))
        return mend_text(text)


def _moment(moment: datetime) -> datetime | None:
    """In UTC, which is also what a missing zone means; None where there is no such year."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _needed(moment: datetime) -> datetime:
    found = _moment(moment)
    if found is None:
        raise ValueError("a date lies outside the years 1 to 9999")
    return found


def _kept_by_archive(address: str, url: str, added: datetime) -> str | None:
    """Where the Internet Archive has kept the page for linkding; None for the address that it makes up without that.

    That is of the moment when the bookmark was added, in the server's zone (LD section 5).
    """
    zones = (UTC, added.tzinfo or timezone(timedelta()))
    try:
        made_up = {f"{ARCHIVE}{added.astimezone(zone):%Y%m%d%H%M%S}/{url}" for zone in zones}
    except OverflowError:
        return None
    return address if urls.is_web(address) and address not in made_up else None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
