"""``POST /bookmarks/:id/summarize``: what a bookmark is about (BK section 5.12)."""

from __future__ import annotations

from rest_compat.bkmark.allowances import SUMMARIZE
from rest_compat.bkmark.calls import Call, Nothing, handles
from rest_compat.bkmark.codec import Bookmark, Styled, encode_bookmark, style_of
from schema.resolvers import summaries


@handles(scopes=("bookmarks:write",), query=Styled, answer=Bookmark, allowance=SUMMARIZE)
async def summarize(call: Call[Styled, Nothing]) -> Bookmark:
    """Summarise a bookmark's page, or its text."""
    async with summaries.giving_back(call.ctx):
        row = await summaries.summarize(call.ctx, await call.target("bookmark"), counted=True)
    return encode_bookmark(row, style_of(call.request, call.query))
