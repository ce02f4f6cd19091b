"""The viewer: account, preferences, tokens."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry

from models.rows import TokenRow, UserRow
from schema import preferences as stored
from schema.execution.fields import attribute, computed, global_id
from schema.execution.rows import Rows
from schema.resolvers import accounts, tokens
from schema.types.arguments import Info, meaning
from schema.types.node import Node
from schema.types.scope import Scope, needs


@strawberry.enum(description="What a token was made for. All but feed keys open any API, as far as their scopes go.")
class TokenKind(Enum):
    """The words of models/token.py."""

    PERSONAL = strawberry.enum_value("personal", description="Made by its owner or an operator.")
    APP_PASSWORD = strawberry.enum_value("app-password", description="Stands in for a password in an app.")
    OAUTH_ACCESS = strawberry.enum_value("oauth-access", description="Given to an app by OAuth.")
    OAUTH_REFRESH = strawberry.enum_value("oauth-refresh", description="With which an app gets its next token.")
    FEED = strawberry.enum_value("feed", description="The key in the addresses of the feeds; it opens nothing else.")


@strawberry.enum(description="Light or dark.")
class Theme(Enum):
    """The choices of schema/preferences.py."""

    AUTO = strawberry.enum_value("auto", description="As the system says.")
    LIGHT = strawberry.enum_value("light", description="Light.")
    DARK = strawberry.enum_value("dark", description="Dark.")


@strawberry.enum(description="How dates of bookmarks are shown.")
class DateDisplay(Enum):
    """The choices of schema/preferences.py."""

    RELATIVE = strawberry.enum_value("relative", description="As two weeks ago.")
    ABSOLUTE = strawberry.enum_value("absolute", description="As a date.")
    HIDDEN = strawberry.enum_value("hidden", description="Not at all.")


@strawberry.enum(description="Where links open.")
class LinkTarget(Enum):
    """The choices of schema/preferences.py."""

    NEW_TAB = strawberry.enum_value("_blank", description="In a new tab.")
    SAME_TAB = strawberry.enum_value("_self", description="In the same tab.")


@strawberry.enum(description="Whether the Internet Archive is asked to keep pages.")
class WebArchive(Enum):
    """The choices of schema/preferences.py."""

    DISABLED = strawberry.enum_value("disabled", description="It is not.")
    ENABLED = strawberry.enum_value("enabled", description="It is.")


@strawberry.enum(description="Whether a word of a search also finds a tag of that name.")
class TagSearch(Enum):
    """The choices of schema/preferences.py."""

    STRICT = strawberry.enum_value("strict", description="Only `#word` finds tags.")
    LAX = strawberry.enum_value("lax", description="`word` finds tags too.")


@strawberry.enum(description="What the search page sorts by.")
class SearchSort(Enum):
    """The choices of schema/preferences.py."""

    ADDED_ASC = strawberry.enum_value("added_asc", description="First saved first.")
    ADDED_DESC = strawberry.enum_value("added_desc", description="Last saved first.")
    MODIFIED_ASC = strawberry.enum_value("modified_asc", description="First changed first.")
    MODIFIED_DESC = strawberry.enum_value("modified_desc", description="Last changed first.")
    TITLE_ASC = strawberry.enum_value("title_asc", description="By title.")
    TITLE_DESC = strawberry.enum_value("title_desc", description="By title, backwards.")


@strawberry.enum(description="A filter of the search page.")
class SearchSwitch(Enum):
    """The choices of schema/preferences.py."""

    OFF = strawberry.enum_value("off", description="Does not filter.")
    YES = strawberry.enum_value("yes", description="Only those that are.")
    NO = strawberry.enum_value("no", description="Only those that are not.")


@strawberry.type(description="How the search page starts; null is the server's own choice.")
class SearchPreferences:
    """The part of the preferences that is about searching."""

    sort: SearchSort | None = strawberry.field(description="What it sorts by.")
    shared: SearchSwitch | None = strawberry.field(description="Whether it shows shared bookmarks only.")
    unread: SearchSwitch | None = strawberry.field(description="Whether it shows unread bookmarks only.")


@strawberry.type(description="What an account prefers.")
class Preferences:
    """GraphQL's words for schema.preferences.Preferences and the two switches beside them."""

    theme: Theme = strawberry.field(description="Light or dark.")
    bookmark_date_display: DateDisplay = strawberry.field(description="How dates of bookmarks are shown.")
    bookmark_link_target: LinkTarget = strawberry.field(description="Where links open.")
    web_archive_integration: WebArchive = strawberry.field(
        description="Whether the Internet Archive is asked to keep pages."
    )
    tag_search: TagSearch = strawberry.field(description="Whether a word of a search also finds a tag of that name.")
    enable_sharing: bool = strawberry.field(description="Whether public bookmarks are shared with other users.")
    enable_public_sharing: bool = strawberry.field(
        description="Whether they are shared with the whole world too. Needs `enableSharing`."
    )
    enable_favicons: bool = strawberry.field(description="Whether icons of sites are fetched.")
    enable_preview_images: bool = strawberry.field(description="Whether preview images are fetched.")
    display_url: bool = strawberry.field(description="Whether lists show addresses.")
    permanent_notes: bool = strawberry.field(description="Whether lists show notes without a click.")
    automatic_snapshots: bool = strawberry.field(
        description="Whether a snapshot is taken of every new bookmark's page, where the server takes any."
    )
    search_preferences: SearchPreferences = strawberry.field(description="How the search page starts.")


@strawberry.type(description="A credential, without its secret.")
class Token(Node):
    """GraphQL's words for a TokenRow."""

    id: strawberry.ID = computed(lambda row: global_id("Token", row.id), description="Global id.")
    database_id: int = attribute("id", description="The number that the shell shows.")
    uid: UUID = strawberry.field(description="The id at the Bkmark door, a UUIDv7.")
    name: str = strawberry.field(description="What its owner calls it.")
    prefix: str = strawberry.field(description="The first characters of the secret, to recognise it by.")
    kind: TokenKind = computed(lambda row: TokenKind(row.kind), description="What it was made for.")
    scopes: list[Scope] = computed(lambda row: [Scope(scope) for scope in row.scopes], description="What it may do.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends; null if never.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to about ten minutes.")

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, TokenRow))


@strawberry.type(description="Your account.")
class User(Node):
    """GraphQL's words for a UserRow; nobody sees another's."""

    id: strawberry.ID = computed(lambda row: global_id("User", row.id), description="Global id.")
    database_id: int = attribute("id", description="The number of the account.")
    uid: UUID = strawberry.field(description="The id at the Bkmark door, a UUIDv7.")
    username: str = strawberry.field(description="The name to sign in with.")
    is_admin: bool = strawberry.field(description="Whether the account may run the server.")
    created_at: datetime = strawberry.field(description="When the account was made.")

    @strawberry.field(graphql_type=list[Scope], description="What the credential of this request may do.")
    def scopes(self, info: Info) -> list[Scope]:
        """The viewer's scopes, in the order of the enum."""
        return [scope for scope in Scope if meaning(scope) in info.context.viewer.scopes]

    @strawberry.field(
        graphql_type=Preferences | None,
        description="Your preferences.",
        directives=[needs("account")],
    )
    async def preferences(self, info: Info) -> Preferences:
        """The viewer's preferences."""
        return encode_preferences(info.context.user, await accounts.preferences(info.context))

    @strawberry.field(
        graphql_type=str | None,
        description="Your auto-tagging rules, one a line.",
        directives=[needs("account")],
    )
    def auto_tagging_rules(self, info: Info) -> str:
        """The viewer's rules."""
        info.context.allow("account")
        return info.context.user.auto_tagging_rules

    @strawberry.field(
        graphql_type=list[Token] | None,
        description="Your tokens, without their secrets.",
        directives=[needs("account")],
    )
    async def tokens(self, info: Info) -> list[TokenRow]:
        """The viewer's tokens."""
        return Rows(await tokens.find(info.context))

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, UserRow))


def encode_preferences(user: UserRow, known: stored.Preferences) -> Preferences:
    """The account's preferences in GraphQL's enums."""
    search = known.search_preferences
    return Preferences(
        theme=Theme(known.theme),
        bookmark_date_display=DateDisplay(known.bookmark_date_display),
        bookmark_link_target=LinkTarget(known.bookmark_link_target),
        web_archive_integration=WebArchive(known.web_archive_integration),
        tag_search=TagSearch(known.tag_search),
        enable_sharing=user.enable_sharing,
        enable_public_sharing=user.enable_public_sharing,
        enable_favicons=known.enable_favicons,
        enable_preview_images=known.enable_preview_images,
        display_url=known.display_url,
        permanent_notes=known.permanent_notes,
        automatic_snapshots=known.automatic_snapshots,
        search_preferences=SearchPreferences(
            sort=SearchSort(search["sort"]) if "sort" in search else None,
            shared=SearchSwitch(search["shared"]) if "shared" in search else None,
            unread=SearchSwitch(search["unread"]) if "unread" in search else None,
        ),
    )
