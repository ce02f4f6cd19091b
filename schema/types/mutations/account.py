"""Changing the viewer's own account: preferences, password, tokens."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Annotated, Any

import strawberry

from models.rows import TokenRow, UserRow
from schema.ids import Kind, id_of
from schema.paths import under
from schema.resolvers import accounts, tokens
from schema.types.account import Token, User
from schema.types.arguments import Info, meaning
from schema.types.inputs import PasswordChange, PreferencesPatch, SearchPreferencesInput, TokenDraft
from schema.types.scope import all_need


@strawberry.type(description="A new token.")
class TokenCreated:
    """The outcome of createToken."""

    token: TokenRow = strawberry.field(graphql_type=Token, description="The token as lists show it.")
    secret: str = strawberry.field(description="What to send as a credential. It is shown this once and never again.")


@strawberry.type(description="The token is worthless from now on.")
class TokenRevoked:
    """The outcome of revokeToken."""

    revoked_id: strawberry.ID = strawberry.field(description="The id it had.")


@strawberry.type(description="Your account was changed.")
class AccountChanged:
    """The outcome of changes to the account."""

    user: UserRow = strawberry.field(graphql_type=User, description="Your account as it is now.")


@all_need("account")
@strawberry.type
class AccountMutations:
    """The fields of Mutation that change the viewer's account."""

    @strawberry.mutation(description="Make a token. It can do no more than the credential that asks.")
    async def create_token(
        self, info: Info, input: Annotated[TokenDraft, strawberry.argument(description="The token to be.")]
    ) -> TokenCreated:
        """Create."""
        scopes = None if input.scopes is None else [meaning(scope) for scope in input.scopes]
        with under("input"):
            made = await tokens.create(
                info.context, input.name, scopes=scopes, format=meaning(input.format), expires_at=input.expires_at
            )
        return TokenCreated(token=made.token, secret=made.secret)

    @strawberry.mutation(description="Make a token worthless at once.")
    async def revoke_token(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id of a token of yours.")],
    ) -> TokenRevoked:
        """Revoke."""
        await tokens.revoke(info.context, id_of(id, Kind.TOKEN))
        return TokenRevoked(revoked_id=id)

    @strawberry.mutation(description="Change preferences; what the patch leaves out stays.")
    async def set_preferences(
        self, info: Info, input: Annotated[PreferencesPatch, strawberry.argument(description="The changes.")]
    ) -> AccountChanged:
        """Change preferences."""
        with under("input"):
            return AccountChanged(user=await accounts.set_preferences(info.context, decode_preferences(input)))

    @strawberry.mutation(description="Replace your auto-tagging rules.")
    async def set_auto_tagging_rules(
        self,
        info: Info,
        rules: Annotated[
            str,
            strawberry.argument(
                description="One rule a line: part of an address, then the tags for addresses that match it."
            ),
        ],
    ) -> AccountChanged:
        """Replace the rules."""
        return AccountChanged(user=await accounts.set_auto_tagging_rules(info.context, rules))

    @strawberry.mutation(description="Change your password. Tokens stay as they are; other browsers are signed out.")
    async def change_password(
        self, info: Info, input: Annotated[PasswordChange, strawberry.argument(description="Both passwords.")]
    ) -> AccountChanged:
        """Change the password."""
        with under("input"):
            await accounts.change_password(info.context, input.old_password, input.new_password)
        return AccountChanged(user=info.context.user)


def decode_preferences(patch: PreferencesPatch) -> dict[str, Any]:
    """The preferences that the patch gives, by their stored names and in their stored words."""
    sent = {one.name: getattr(patch, one.name) for one in fields(patch)}
    return {name: _plain(some.value) for name, some in sent.items() if some is not None}


def _plain(value: object) -> Any:
    if isinstance(value, SearchPreferencesInput):
        chosen = {one.name: getattr(value, one.name) for one in fields(value)}
        return {name: meaning(choice) for name, choice in chosen.items() if choice is not None}
    return meaning(value) if isinstance(value, Enum) else value
