"""Between linkding's JSON and the canonical rows, drafts and trees; nothing here asks a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import hdrs, web
from strawberry import Some

from models import url as urls
from models.queries.bookmarks import EVERYTHING
from models.queries.tree import After, And, Flag, Tree, all_of
from models.queries.window import Order, Sort
from models.rows import AssetRow, BookmarkRow, BundleRow, TagRow, UserRow
from models.text import mend_text
from models.web_archive import archived_at
from rest_compat import wire
from rest_compat.linkding import LINKDING_VERSION, addresses, moments, tag_names
from rest_compat.linkding.fields import (
    Boolean,
    Choice,
    Integer,
    Moment,
    Reading,
    Resource,
    TagList,
    Text,
    read_form,
    read_json,
)
from rest_compat.linkding.shapes import (
    AssetAnswer,
    BookmarkAnswer,
    BundleAnswer,
    CheckAnswer,
    ProfileAnswer,
    TagAnswer,
)
from schema.errors import NotFound, Unsupported
from schema.inputs import BookmarkDraft, BookmarkPatch
from schema.preferences import Preferences
from schema.resolvers.bookmarks import Checked
from schema.resolvers.bundles import CHOICES, LENGTHS, BundleDraft, BundlePatch
from schema.search import linkding as language

TAG_LENGTH = 64


def _bookmark(is_address: Callable[[str], bool]) -> Resource:
    """What a client may send of a bookmark, in the order of the object (LD section 5)."""
    return {
        "url": Text(required=True, blank=False, max_length=addresses.MAX_LENGTH, is_address=is_address),
        "title": Text(max_length=512),
        "description": Text(),
        "notes": Text(),
        "is_archived": Boolean(),
        "unread": Boolean(),
        "shared": Boolean(),
        "tag_names": TagList(max_length=TAG_LENGTH),
        "date_added": Moment(),
        "date_modified": Moment(),
    }


def _is_no_script(url: str) -> bool:
    """What still holds when addresses are not checked (LD-URL-2): linkding's clients would run such a link."""
    return not urls.is_script(url)


BOOKMARK = _bookmark(addresses.is_valid)
BOOKMARK_OF_ANY_URL = _bookmark(_is_no_script)
TAG: Resource = {"name": Text(required=True, blank=False, max_length=TAG_LENGTH)}
BUNDLE: Resource = {  # in the order of the object (LD section 14)
    "name": Text(required=True, blank=False, max_length=LENGTHS["name"]),
    **{name: Text(max_length=LENGTHS[name]) for name in ("search", "any_tags", "all_tags", "excluded_tags")},
    "filter_unread": Choice(CHOICES),
    "filter_shared": Choice(CHOICES),
    "order": Integer(),
}

SORTS = {
    "added_desc": Sort(Order.ADDED),
    "added_asc": Sort(Order.ADDED, descending=False),
    "modified_desc": Sort(Order.MODIFIED),
    "modified_asc": Sort(Order.MODIFIED, descending=False),
    "title_desc": Sort(Order.TITLE),
    "title_asc": Sort(Order.TITLE, descending=False),
}
YES_OR_NO = {"yes": True, "no": False}
# asyncpg keeps the first and the last moment that there are as infinities, and gives them back without their zone.
MOMENTS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
LARGEST_DIGITS = 18  # a longer number is nobody's id

PATCHED = {
    "url": "url",
    "title": "title",
    "description": "description",
    "notes": "notes",
    "is_archived": "is_archived",
    "shared": "is_public",
    "unread": "to_read",
    "date_added": "created_at",
}
BUNDLED = {"order": "position"}


def respond(content: object, status: int = 200) -> web.Response:
    """A JSON answer (LD-HTTP-5)."""
    return web.Response(body=dump(content), status=status, content_type=wire.JSON)


def dump(content: object) -> bytes:
    """Compact JSON in UTF-8, moments in UTC with ``Z`` (LD-BM-1), U+2028 and U+2029 escaped (LD-HTTP-5)."""
    data = orjson.dumps(content, option=MOMENTS)
    if b"\xe2\x80\xa8" in data or b"\xe2\x80\xa9" in data:
        return data.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return data


def encode_bookmark(row: BookmarkRow, base: str) -> BookmarkAnswer:
    """The sixteen keys in their order (LD-BM-5); ``base`` is scheme and host for the pictures' addresses."""
    url = row.url or ""  # an image that was uploaded has none
    return {
        "id": row.id,
        "url": url,
        "title": row.title,
        "description": row.description,
        "notes": row.notes,
        "web_archive_snapshot_url": archived_at(row),
        "favicon_url": f"{base}/static/{row.favicon}" if row.favicon else None,
        "preview_image_url": f"{base}/static/{row.preview_image}" if row.preview_image else None,
        "is_archived": row.is_archived,
        "unread": row.read_at is None,
        "shared": row.is_public,
        "tag_names": sorted(row.tag_names),  # by code point (LD-TAGN-8)
        "date_added": row.created_at,
        "date_modified": row.updated_at,
        "website_title": None,
        "website_description": None,
    }


def encode_checked(checked: Checked, url: str | None, base: str) -> CheckAnswer:
    """What ``check`` answers (LD-CHK-1, LD-CHK-3); ``url`` is the parameter as it came."""
    page = checked.page
    return {
        "bookmark": None if checked.bookmark is None else encode_bookmark(checked.bookmark, base),
        "metadata": {
            "url": url,
            "title": page.title if page else None,
            "description": page.description if page else None,
            "preview_image": page.preview_image if page else None,
        },
        "auto_tags": checked.auto_tags,
    }


def encode_tag(row: TagRow) -> TagAnswer:
    """A tag (LD section 13)."""
    return {"id": row.id, "name": row.name, "date_added": row.created_at}


def encode_bundle(row: BundleRow) -> BundleAnswer:
    """A bundle (LD section 14)."""
    return {
        "id": row.id,
        "name": row.name,
        "search": row.search,
        "any_tags": row.any_tags,
        "all_tags": row.all_tags,
        "excluded_tags": row.excluded_tags,
        "filter_unread": row.filter_unread,
        "filter_shared": row.filter_shared,
        "order": row.position,
        "date_created": row.created_at,
        "date_modified": row.updated_at,
    }


def encode_asset(row: AssetRow) -> AssetAnswer:
    """An asset (LD section 15); ``file_size`` is that of the bytes as they came."""
    return {
        "id": row.id,
        "bookmark": row.bookmark_id,
        "date_created": row.created_at,
        "file_size": row.size,
        "asset_type": row.kind,
        "content_type": row.content_type,
        "display_name": row.display_name,
        "status": row.status,
    }


def encode_profile(user: UserRow) -> ProfileAnswer:
    """The account's preferences (LD section 21)."""
    preferences = Preferences.load(user.preferences)
    return {
        "theme": preferences.theme,
        "bookmark_date_display": preferences.bookmark_date_display,
        "bookmark_link_target": preferences.bookmark_link_target,
        "web_archive_integration": preferences.web_archive_integration,
        "tag_search": preferences.tag_search,
        "enable_sharing": user.enable_sharing,
        "enable_public_sharing": user.enable_public_sharing,
        "enable_favicons": preferences.enable_favicons,
        "display_url": preferences.display_url,
        "permanent_notes": preferences.permanent_notes,
        "search_preferences": preferences.search_preferences,
        "version": LINKDING_VERSION,
    }


async def read_fields(
    request: web.Request, resource: Resource, *, partial: bool = False, fill_booleans: bool = False
) -> Reading:
    """The fields of a body in any of the three forms (LD-HTTP-8); an empty body has none, whatever its type.

    Raises Unsupported for another type (LD-HTTP-9), Malformed and TooLarge.
    """
    kind = wire.media_type(request)
    if kind == wire.MULTIPART:
        form = await wire.read_multipart(request)
        return read_form(resource, form, partial=partial, fill_booleans=fill_booleans)
    body = await wire.read_body(request)
    if not body:
        return read_json(resource, {}, partial=partial)
    match kind:
        case wire.JSON:
            return read_json(resource, wire.parse_json(body), partial=partial)
        case wire.FORM:
            return read_form(resource, wire.parse_form(body), partial=partial, fill_booleans=fill_booleans)
        case _:
            raise Unsupported(mend_text(request.headers.get(hdrs.CONTENT_TYPE, "")))


def decode_draft(values: Mapping[str, Any]) -> BookmarkDraft:
    """A new bookmark; it is read unless it says ``unread`` (LD section 5)."""
    return BookmarkDraft(
        url=values["url"],
        title=values.get("title"),
        description=values.get("description"),
        notes=values.get("notes", ""),
        tag_names=tag_names.split(values.get("tag_names", ())),
        is_archived=values.get("is_archived", False),
        is_public=values.get("shared", False),
        to_read=values.get("unread", False),
        created_at=values.get("date_added"),
        updated_at=values.get("date_modified"),
    )


def decode_patch(values: Mapping[str, Any]) -> BookmarkPatch:
    """Changes; what was left out stays, for PUT too (LD-UPD-3), and ``date_modified`` is nobody's to set."""
    changes: dict[str, Any] = {PATCHED[name]: Some(value) for name, value in values.items() if name in PATCHED}
    if "tag_names" in values:
        changes["tag_names"] = Some(tag_names.split(values["tag_names"]))
    return BookmarkPatch(**changes)


def decode_bundle_draft(values: Mapping[str, Any]) -> BundleDraft:
    """A new bundle; what was left out is empty, off or last (LD-BUN-2)."""
    return BundleDraft(**{BUNDLED.get(name, name): value for name, value in values.items()})


def decode_bundle_patch(values: Mapping[str, Any]) -> BundlePatch:
    """Changes to a bundle; what was left out stays, for PUT too (LD-BUN-3)."""
    return BundlePatch(**{BUNDLED.get(name, name): Some(value) for name, value in values.items()})


def decode_bundle_id(query: Mapping[str, str]) -> int | None:
    """Which bundle a list's parameters name; None when that is nobody's id (LD-LIST-7)."""
    digits = query.get("bundle", "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= LARGEST_DIGITS else None


def decode_filter(query: Mapping[str, str], *, lax: bool, archived: bool | None, bundle: Tree = EVERYTHING) -> Tree:
    """The tree that a list's parameters ask for (LD section 6); what is unknown or unreadable filters nothing.

    ``bundle`` is what the bundle that they name is true of.
    """
    parts: list[Tree] = [] if archived is None else [Flag("archived", archived)]
    if text := mend_text(query.get("q", "")).strip():
        parts.append(language.parse(text, lax=lax))
    for name, flag in (("unread", "unread"), ("shared", "public")):
        if (wanted := YES_OR_NO.get(query.get(name, ""))) is not None:
            parts.append(Flag(flag, wanted))
    for name, what in (("modified_since", "modified"), ("added_since", "added")):
        if (moment := moments.read_filter(query.get(name, ""))) is not None:
            parts.append(After(what, moment))
    if bundle is not EVERYTHING:
        return all_of((*parts, bundle))
    if not parts:
        return EVERYTHING
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def decode_sort(query: Mapping[str, str]) -> Sort:
    """The order asked for, the newest first unless it is one of the six (LD-SORT-3)."""
    return SORTS.get(query.get("sort", ""), SORTS["added_desc"])


def decode_id(request: web.Request, name: str = "id") -> int:
    """A row's id in the address; one that no row can have is 0. Raises NotFound when it is no number (LD-ERR-26)."""
    text = request.match_info[name]
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise NotFound("address")
    return int(text) if len(digits) <= LARGEST_DIGITS else 0
