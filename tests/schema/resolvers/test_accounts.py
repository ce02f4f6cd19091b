"""Accounts and preferences."""

from __future__ import annotations

import pytest

from models import Bookmark, Folder, User
from schema.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from schema.resolvers import accounts, tokens
from tests.factories import PASSWORD, Person, make_bookmark, make_token


@pytest.mark.parametrize("name", ["", "a b", "a:b", "ä", "x" * 151, "a/b", "a\0"])
async def test_a_name_is_letters_digits_and_five_signs(name, database, ports):
    """Basic credentials split at the first colon (design)."""
    with pytest.raises(Invalid):
        await accounts.create(ports, name, PASSWORD)

    assert await accounts.is_empty()


async def test_a_taken_name_is_a_conflict(ann, ports):
    with pytest.raises(Conflict):
        await accounts.create(ports, "ann", PASSWORD)

    assert 1 == await User.all().count()


async def test_an_account_has_a_root_folder(ann):
    root = await Folder.get(owner_id=ann.user.id)

    assert root.parent_id is None


async def test_a_password_opens_its_account_only(ann, ben, ports):
    assert "ann" == (await accounts.believe_password(ports, "ann", PASSWORD)).username
    for name, password in (("ann", "wrong"), ("nobody", PASSWORD), ("x" * 1000, PASSWORD), ("ann", "")):
        with pytest.raises(Unauthenticated):
            await accounts.believe_password(ports, name, password)


async def test_a_deactivated_account_is_shut(ann, ports):
    await User.filter(id=ann.user.id).update(is_active=False)
    with pytest.raises(Unauthenticated) as by_password:
        await accounts.believe_password(ports, "ann", PASSWORD)
    with pytest.raises(Unauthenticated) as by_token:
        await tokens.believe(ports, ann.secret)

    assert "inactive" == by_password.value.reason == by_token.value.reason


async def test_changing_a_password_needs_the_old_one(ann, ports):
    with pytest.raises(Invalid):
        await accounts.change_password(await ann.ctx(), "wrong", "another password")
    with pytest.raises(Invalid):
        await accounts.change_password(await ann.ctx(), PASSWORD, "short")
    await accounts.change_password(await ann.ctx(), PASSWORD, "another password")

    assert "ann" == (await accounts.believe_password(ports, "ann", "another password")).username
    with pytest.raises(Unauthenticated):
        await accounts.believe_password(ports, "ann", PASSWORD)


async def test_removing_an_account_takes_all_it_owns_and_nothing_else(ann, ben, ports):
    await make_bookmark(ann, tag_names=["x"])
    kept = await make_bookmark(ben, tag_names=["x"])
    await accounts.remove("ann")

    assert [kept.id] == await Bookmark.all().values_list("id", flat=True)
    assert ["ben"] == [user.username for user in await accounts.everybody()]
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, ann.secret)
    with pytest.raises(NotFound):
        await accounts.remove("ann")


async def test_preferences_are_checked_all_or_none(ann):
    ctx = await ann.ctx()
    with pytest.raises(Invalid) as refusal:
        await accounts.set_preferences(
            ctx,
            {"theme": "dark", "tag_search": "loose", "enable_favicons": "yes", "colour": "red", "enable_sharing": True},
        )

    assert {("tag_search",): "choice", ("enable_favicons",): "boolean", ("colour",): "unknown"} == {
        fault.path: fault.rule for fault in refusal.value.faults
    }
    assert "auto" == (await accounts.preferences(await ann.ctx())).theme


async def test_preferences_change_one_at_a_time(ann):
    await accounts.set_preferences(await ann.ctx(), {"theme": "dark"})
    user = await accounts.set_preferences(
        await ann.ctx(), {"enable_sharing": True, "search_preferences": {"sort": "title_asc", "unread": "yes"}}
    )
    preferences = await accounts.preferences(await ann.ctx())

    assert user.enable_sharing
    assert ("dark", {"sort": "title_asc", "unread": "yes"}) == (preferences.theme, preferences.search_preferences)


@pytest.mark.parametrize("value", [[], {"sort": "up"}, {"order": "x"}, "x", {"sort": ["title_asc"]}])
async def test_search_preferences_that_nobody_knows_are_refused(value, ann):
    with pytest.raises(Invalid):
        await accounts.set_preferences(await ann.ctx(), {"search_preferences": value})


async def test_rules_hold_for_the_same_request(ann):
    ctx = await ann.ctx()
    await accounts.set_auto_tagging_rules(ctx, "docs.example docs")

    assert "docs.example docs" == ctx.user.auto_tagging_rules
    assert ["docs"] == (await make_bookmark(ann, url="https://docs.example/x")).tag_names


async def test_an_account_scope_is_needed(ann, ports):
    narrow = Person(ports, ann.user, await make_token(ann, "bookmarks:read", "bookmarks:write"))
    with pytest.raises(Forbidden) as refusal:
        await accounts.set_preferences(await narrow.ctx(), {"theme": "dark"})

    assert "account" == refusal.value.needs
