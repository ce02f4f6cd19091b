"""``/.well-known/oauth-authorization-server``: what programs can find out by themselves (RFC 8414)."""

from __future__ import annotations

from aiohttp import web

from rest_compat.bkmark.calls import respond
from rest_compat.house import base_of
from schema.resolvers.oauth_clients import GRANTABLE

SECRETS = ["client_secret_basic", "client_secret_post"]


async def show(request: web.Request) -> web.Response:
    """Describe the authorization server. ``issuer`` is what ``iss`` of the authorization answer says (RFC 9207)."""
    base = base_of(request)
    return respond(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "token_endpoint_auth_methods_supported": [*SECRETS, "none"],
            "revocation_endpoint": f"{base}/oauth/revoke",
            "revocation_endpoint_auth_methods_supported": [*SECRETS, "none"],
            "introspection_endpoint": f"{base}/oauth/introspect",
            "introspection_endpoint_auth_methods_supported": SECRETS,
            "scopes_supported": list(GRANTABLE),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
    )
