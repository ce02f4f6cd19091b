"""Accounts: made by operators, changed by their owners."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models import Folder, LoginFlow, Session, User
from models.queries import accounts as queries
from models.rows import UserRow
from schema.context import Context
from schema.errors import Conflict, Fault, Invalid, NotFound, Unauthenticated
from schema.operation import gated, reads, writes, writing
from schema.ports import Allowance, Ports
from schema.preferences import Preferences
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import check_texts

USERNAME = re.compile(r"[\w.@+-]{1,150}", re.ASCII)
PASSWORD_LENGTH = 8
RULES_LENGTH = 100_000
OLD_PASSWORDS = Allowance("old password", 10, 300)
SHARING = ("enable_sharing", "enable_public_sharing")


async def create(ports: Ports, username: str, password: str, *, admin: bool = False) -> UserRow:
    """Make an account with its root folder; an operator's act, so without a gate.

    Raises Invalid for a name that is not made of letters, digits and ``_.@+-`` (1 to 150), for a password under
    eight characters, and Conflict for a name that is taken.
    """
    if not USERNAME.fullmatch(username):
        raise Invalid(Fault(("username",), "username"))
    check_password(password)
    hashed = await ports.passwords.hash(password)  # slow, so before the transaction
    now = ports.clock.now()
    try:
        async with in_transaction("default"):
            user = await User.create(
                uid=ports.clock.uuid(), username=username, password_hash=hashed, is_admin=admin, created_at=now
            )
            await Folder.create(uid=ports.clock.uuid(), owner_id=user.id, created_at=now, updated_at=now)
    except IntegrityError:
        raise Conflict("user", "username") from None
    row = await queries.user(user.id)
    if row is None:
        raise NotFound("user")
    return row


async def is_empty() -> bool:
    """Whether there is no account at all: a server that starts for the first time."""
    return not await User.exists()


async def by_name(username: str) -> UserRow:
    """The account of that exact name; an operator's question. Raises NotFound."""
    row = await queries.user_by_name(username)
    if row is None:
        raise NotFound("user")
    return row


async def everybody() -> list[UserRow]:
    """All accounts by id; an operator's question."""
    return await queries.users()


async def remove(username: str) -> None:
    """Delete an account and everything it owns; an operator's act. Raises NotFound."""
    row = await by_name(username)
    async with in_transaction("default"):
        await User.filter(id=row.id).select_for_update(no_key=True).only("id").first()
        # All folders side by side: a cascade down a deep tree would be longer than SQLite follows.
        await Folder.filter(owner_id=row.id, parent_id__not_isnull=True).update(parent_id=row.root_folder_id)
        await User.filter(id=row.id).delete()


async def set_password(ports: Ports, user_id: int, password: str) -> None:
    """Give the account another password, and sign out every browser. Raises Invalid for one under eight characters."""
    check_password(password)
    hashed = await ports.passwords.hash(password)
    async with in_transaction("default"):
        await User.filter(id=user_id).update(password_hash=hashed)
        await _sign_out(user_id)


async def believe_password(ports: Ports, username: str, password: str) -> UserRow:
    """The account that name and password open.

    Raises Unauthenticated, after as long for an unknown name as for a wrong password.
    """
    stored = await User.get_or_none(username=username) if USERNAME.fullmatch(username) else None
    hashed = stored.password_hash if stored else ""
    if not await ports.passwords.verify(hashed, password) or stored is None:
        raise Unauthenticated("unknown")
    if not stored.is_active:
        raise Unauthenticated("inactive")
    return await by_name(username)


@gated("account")
async def change_password(ctx: Context, old: str, new: str) -> None:
    """Change the viewer's own password, and sign out every browser but the one that asks; tokens stay.

    Raises Invalid when the old one is not it, or the new one is too short; RateLimited after ten wrong ones in five
    minutes.
    """
    check_password(new, "new_password")
    await ctx.ports.throttle.take(OLD_PASSWORDS, str(ctx.owner_id))
    stored = await User.get(id=ctx.owner_id)
    if not await ctx.ports.passwords.verify(stored.password_hash, old):
        raise Invalid(Fault(("old_password",), "wrong"))
    await ctx.ports.throttle.clear(OLD_PASSWORDS, str(ctx.owner_id))
    hashed = await ctx.ports.passwords.hash(new)
    async with writing(ctx) as unit:
        await User.filter(id=ctx.owner_id).update(password_hash=hashed)
        await _sign_out(ctx.owner_id, but=ctx.viewer.session_id)
        unit.record("user", ctx.owner_id, "update")


@reads("account")
async def preferences(ctx: Context) -> Preferences:
    """The viewer's preferences."""
    return Preferences.load(ctx.user.preferences)


@writes("account")
async def set_preferences(ctx: Context, changes: dict[str, Any]) -> UserRow:
    """Change preferences by their names, the two sharing switches among them.

    Raises Invalid for an unknown name or a value that is not one of its choices; then nothing changes.
    """
    unit = unit_of(ctx)
    sharing = {name: value for name, value in changes.items() if name in SHARING}
    faults = [Fault((name,), "boolean") for name, value in sharing.items() if not isinstance(value, bool)]
    if faults:
        raise Invalid(*faults)
    rest = {name: value for name, value in changes.items() if name not in SHARING}
    stored = await User.get(id=ctx.owner_id)
    wanted = Preferences.load(stored.preferences).changed(rest)
    await User.filter(id=ctx.owner_id).update(preferences=asdict(wanted), **sharing)
    unit.record("user", ctx.owner_id, "update", {"preferences": stored.preferences})
    return await _refresh(ctx)


@writes("account")
async def set_auto_tagging_rules(ctx: Context, rules: str) -> UserRow:
    """Replace the auto-tagging rules, one a line (LD-AUTO-3). Raises Invalid for bad or too long text."""
    check_rules(rules)
    await User.filter(id=ctx.owner_id).update(auto_tagging_rules=rules)
    unit_of(ctx).record("user", ctx.owner_id, "update", {"auto_tagging_rules": ctx.user.auto_tagging_rules})
    return await _refresh(ctx)


def check_rules(rules: str) -> None:
    """Pass a text that auto-tagging rules can be. Raises Invalid for bad or too long text."""
    check_texts((("rules", rules),))
    if len(rules) > RULES_LENGTH:
        raise Invalid(Fault(("rules",), "too_long", RULES_LENGTH))


def check_password(password: str, path: str = "password") -> None:
    """Pass a password of eight characters or more. Raises Invalid."""
    check_texts(((path, password),))
    if len(password) < PASSWORD_LENGTH:
        raise Invalid(Fault((path,), "too_short", PASSWORD_LENGTH))


async def _sign_out(user_id: int, *, but: int | None = None) -> None:
    """Whoever came in by the old password is out, and so is what they have let in and not yet fetched."""
    sessions = Session.filter(owner_id=user_id)
    await (sessions if but is None else sessions.exclude(id=but)).delete()
    await LoginFlow.filter(owner_id=user_id).delete()


async def _refresh(ctx: Context) -> UserRow:
    """The account as it is now, and for the rest of this request."""
    row = await queries.user(ctx.owner_id)
    if row is None:
        raise NotFound("user")
    ctx.user.preferences = row.preferences
    ctx.user.auto_tagging_rules = row.auto_tagging_rules
    ctx.user.enable_sharing = row.enable_sharing
    ctx.user.enable_public_sharing = row.enable_public_sharing
    return row
