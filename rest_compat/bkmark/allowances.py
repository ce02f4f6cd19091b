"""What may be done how often (BK section 4.1), on one page."""

from __future__ import annotations

from functools import lru_cache

from schema.ports import Allowance
from schema.resolvers import summaries

MINUTE, HOUR, DAY = 60, 3600, 86_400

TOKEN = Allowance("token", 60, MINUTE)  # POST /oauth/token, by client id
CONSENT = Allowance("consent", 20, MINUTE)  # POST /oauth/authorize, by user
REVOKE = Allowance("revoke", 30, MINUTE)  # POST /oauth/revoke, by client id
INTROSPECT = Allowance("introspect", 600, MINUTE)  # ours: a program's own server may ask with each of its requests
IMPORT = Allowance("import", 5, HOUR)  # these by user; the three imports are counted apart
IMPORT_POCKET = Allowance("import-pocket", 5, HOUR)
IMPORT_RAINDROP = Allowance("import-raindrop", 5, HOUR)
SUMMARIZE = summaries.SUMMARIZE  # 10 a day, which GraphQL takes from as well


@lru_cache(maxsize=1)  # a setting, asked for with every request
def ceiling(tries: int) -> Allowance:
    """All requests of a user together, so many a minute."""
    return Allowance("all", tries, MINUTE)
