"""Other people's APIs, no opinions of its own. A new dialect is one more name in ``DIALECTS``."""

from rest_compat.bkmark.oauth.routes import OAUTH
from rest_compat.bkmark.routes import BKMARK
from rest_compat.dialect import Dialect
from rest_compat.linkding.feed_routes import FEEDS
from rest_compat.linkding.routes import LINKDING
from rest_compat.nextcloud.routes import NEXTCLOUD

DIALECTS: tuple[Dialect, ...] = (BKMARK, LINKDING, NEXTCLOUD)  # /api/v1 before /api
SERVED: tuple[Dialect, ...] = (*DIALECTS, OAUTH, FEEDS)  # with what is no door to bookmarks
