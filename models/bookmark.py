"""Bookmarks, what their pages say, and the tags on them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet

from models.tag import Tag
from models.user import User


class Bookmark(Model):
    """A saved page: the row that every dialect describes in its own words.

    ``url`` is the text as sent, ``href_hash`` the identity (SHA-256 of the WHATWG form), ``key_hash`` linkding's looser
    one; see models/url.py. ``copy`` numbers rows that one contract takes for different addresses and WHATWG does not.
    ``(owner, href_hash, copy)`` is unique among live rows. ``read_at`` null means to read. ``sort_key`` and
    ``search_text`` are derived from the texts on every write (models/text.py).
    """

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="bookmarks")
    owner_id: int
    kind = fields.CharField(max_length=20, default="link")
    source = fields.CharField(max_length=20, default="api")
    url: str | None = fields.TextField(null=True)  # doors have limits, the column has none; notes have no URL
    url_href: str | None = fields.TextField(null=True)
    href_hash = fields.CharField(max_length=64, null=True)
    key_hash = fields.CharField(max_length=64, null=True)
    copy = fields.IntField(default=0)
    title = fields.TextField(default="")
    description = fields.TextField(default="")
    notes = fields.TextField(default="")
    summary: str | None = fields.TextField(null=True)  # of its page, in a few sentences
    is_title_provisional = fields.BooleanField(default=False)  # made up by a door; the scrape job may replace it
    is_archived = fields.BooleanField(default=False)
    is_favorite = fields.BooleanField(default=False)
    is_public = fields.BooleanField(default=False)
    read_at: datetime | None = fields.DatetimeField(null=True)
    click_count = fields.IntField(default=0)
    favicon = fields.CharField(max_length=80, null=True)  # name of a file under /static/
    preview_image = fields.CharField(max_length=80, null=True)
    web_archive_url: str | None = fields.TextField(null=True)  # where the Internet Archive has kept the page for us
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at: datetime | None = fields.DatetimeField(null=True)
    sort_key = fields.BinaryField(default=b"")
    search_text = fields.TextField(default="")

    class Meta:
        """One table; its conditional unique index and its search index are in the migrations."""

        table = "bookmark"

    @classmethod
    def of(cls, owner_id: int) -> QuerySet[Self]:
        """The owner's live bookmarks: where every write begins."""
        return cls.filter(owner_id=owner_id, deleted_at=None)


class BookmarkTag(Model):
    """A tag on a bookmark."""

    id = fields.BigIntField(primary_key=True)
    bookmark: fields.ForeignKeyRelation[Bookmark] = fields.ForeignKeyField("models.Bookmark", related_name="taggings")
    bookmark_id: int
    tag: fields.ForeignKeyRelation[Tag] = fields.ForeignKeyField("models.Tag", related_name="taggings")
    tag_id: int

    class Meta:
        """Both directions are walked: the unique one from the bookmark, the index from the tag."""

        table = "bookmark_tag"
        unique_together = (("bookmark_id", "tag_id"),)
        indexes = (("tag_id", "bookmark_id"),)


class PageContent(Model):
    """What the page of a bookmark said when it was read: large, so in a table of its own."""

    id = fields.IntField(primary_key=True)
    bookmark: fields.OneToOneRelation[Bookmark] = fields.OneToOneField("models.Bookmark", related_name="content")
    bookmark_id: int
    text = fields.TextField(default="")
    html = fields.TextField(default="", db_default="")  # the article, sanitised
    author: str | None = fields.TextField(null=True)
    site_name: str | None = fields.TextField(null=True)
    language = fields.CharField(max_length=35, null=True)
    published_at: str | None = fields.TextField(null=True)
    fetched_at = fields.DatetimeField()

    class Meta:
        """One row a bookmark at most."""

        table = "page_content"
