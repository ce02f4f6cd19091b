"""Tables and their own vocabulary; a file a table."""

from models.asset import Asset
from models.bookmark import Bookmark, BookmarkTag, PageContent
from models.bundle import Bundle
from models.change import Change
from models.counter import Counter
from models.folder import Folder, FolderHash, FolderLink, Placement
from models.job import Job
from models.lock import SyncLock
from models.oauth import OAuthClient, OAuthGrant
from models.session import LoginFlow, Session
from models.tag import Tag
from models.token import Token
from models.user import User
from models.webhook import Delivery, Webhook

__all__ = [
    "Asset",
    "Bookmark",
    "BookmarkTag",
    "Bundle",
    "Change",
    "Counter",
    "Delivery",
    "Folder",
    "FolderHash",
    "FolderLink",
    "Job",
    "LoginFlow",
    "OAuthClient",
    "OAuthGrant",
    "PageContent",
    "Placement",
    "Session",
    "SyncLock",
    "Tag",
    "Token",
    "User",
    "Webhook",
]
