"""Tables and their own vocabulary; a file a table."""

from models.asset import Asset
from models.bookmark import Bookmark, BookmarkTag, PageContent
from models.change import Change
from models.folder import Folder, Placement
from models.job import Job
from models.tag import Tag
from models.token import Token
from models.user import User

__all__ = [
    "Asset",
    "Bookmark",
    "BookmarkTag",
    "Change",
    "Folder",
    "Job",
    "PageContent",
    "Placement",
    "Tag",
    "Token",
    "User",
]
