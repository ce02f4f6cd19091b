"""Links to folders: whoever knows the token reads the folder and what is below it, without an account (NC-13.5)."""

from __future__ import annotations

import re
from dataclasses import replace

from models import FolderLink
from models.queries import accounts
from models.queries import folders as queries
from schema.context import Context, Viewer
from schema.errors import NotFound, Unauthenticated
from schema.operation import reads, writes
from schema.ports import Allowance, Ports
from schema.resolvers.saving import unit_of
from schema.resolvers.tokens import ALPHABET

LENGTH = 7  # letters and digits, as clients know them; wrong ones are counted, for they are few
TRIES = Allowance("folder link by address", 30, 300)

_TOKEN = re.compile(f"[A-Za-z0-9]{{{LENGTH}}}")


@reads("groups")
async def get(ctx: Context, folder_id: int) -> str:
    """The token of the link to a live folder. Raises NotFound for the folder, and for a link that there is not."""
    await _check(ctx, folder_id)
    link = await FolderLink.get_or_none(folder_id=folder_id)
    if link is None:
        raise NotFound("link")
    return link.token


@writes("groups")
async def make(ctx: Context, folder_id: int) -> str:
    """Make a link to a live folder, or find the one that there is; its token. Raises NotFound for the folder."""
    unit = unit_of(ctx)
    await _check(ctx, folder_id)
    link = await FolderLink.get_or_none(folder_id=folder_id)
    if link is None:
        token = _make_token(ctx.ports)
        while await FolderLink.exists(token=token):
            token = _make_token(ctx.ports)
        link = await FolderLink.create(folder_id=folder_id, token=token, created_at=unit.now)
        unit.record("link", link.id, "create")
    return link.token


@writes("groups")
async def remove(ctx: Context, folder_id: int) -> None:
    """Make the token of a folder worthless at once. Raises NotFound for the folder and for the link."""
    unit = unit_of(ctx)
    await _check(ctx, folder_id)
    link = await FolderLink.get_or_none(folder_id=folder_id)
    if link is None:
        raise NotFound("link")
    await FolderLink.filter(id=link.id).delete()
    unit.record("link", link.id, "delete")


def is_token(text: str) -> bool:
    """Whether the text looks like a link's token; no other credential is as short."""
    return _TOKEN.fullmatch(text) is not None


async def believe(ports: Ports, token: str, *, address: str = "") -> Viewer:
    """What the token lets somebody see; ``address`` is where it came from. Three short reads at the most.

    A link is worthless while its folder is in the trash, and its owner deactivated. Raises Unauthenticated for such
    and for unknown ones, and RateLimited after thirty of them from one address in five minutes.
    """
    if not is_token(token):
        raise Unauthenticated("unknown")
    await ports.throttle.take(TRIES, address)
    link = await FolderLink.get_or_none(token=token, folder__deleted_at=None).select_related("folder")
    user = None if link is None else await accounts.user(link.folder.owner_id)
    if link is None or user is None or not user.is_active:
        raise Unauthenticated("unknown")
    await ports.throttle.give_back(TRIES, address)  # this one; who knows one link may not guess others for ever
    return Viewer(replace(user, root_folder_id=link.folder_id), branch=link.folder_id)


async def _check(ctx: Context, folder_id: int) -> None:
    if await queries.one(ctx.owner_id, folder_id) is None:
        raise NotFound("folder")


def _make_token(ports: Ports) -> str:
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in ports.clock.secret(LENGTH))
