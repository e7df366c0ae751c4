"""Tokens: what EWS lets in by OAuth, and how it says no.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/instrumenting-client-requests-for-ews-and-rest-in-exchange
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.words import Account
from strongroom.lab.https import Request, Response
from strongroom.lab.sign_in.words import Entered, Rules

EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"

_DIAGNOSTICS = {
    "signature": (2000000, "The token has an invalid signature.", "invalid_signature"),
    "malformed": (2000001, "The token is malformed.", "invalid_token"),
    "revoked": (2000001, "The token was revoked.", "invalid_token"),
    "context": (2000001, "The token does not satisfy a policy.", "invalid_token"),
    "expired": (2000002, "The token has expired.", "token_expired"),
    "audience": (2000003, "The audience claim value is invalid.", "invalid_resource"),
    "user": (2000005, "The user of the token has no mailbox.", "invalid_user"),
    "grant": (2000008, "The token contains no permissions that are needed.", "invalid_grant"),
}


class GoodToken(Protocol):
    """What a token says, once it was found good."""

    @property
    def app_id(self) -> str:
        """The application's id."""

    @property
    def upn(self) -> str | None:
        """The user; None for an application that acts by itself."""

    @property
    def scopes(self) -> Collection[str]:
        """What the user let the application do."""

    @property
    def roles(self) -> Collection[str]:
        """What an administrator let the application do by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What Exchange itself lets a token do, whatever the tenant consented to.

    Attributes:
        is_open: EWS is switched on, and this application is on the list of those that may use it.
        is_permitted: An application holds a right to EWS at all.
        mailboxes: Whom an application may act as, addresses in small letters; None: everybody.
    """

    is_open: bool = True
    is_permitted: bool = True
    mailboxes: frozenset[str] | None = None


def by_roles(token: GoodToken) -> Allowance:
    """Let in whoever holds the permission for the whole tenant."""
    return Allowance(is_permitted="full_access_as_app" in token.roles)


@runtime_checkable
class BadToken(Protocol):
    """What is wrong with a token."""

    @property
    def code(self) -> str:
        """A key of the table above."""

    @property
    def claims(self) -> str:
        """JSON that the next token must satisfy; empty without a challenge."""


class BearerScheme:
    """Bearer tokens.

    Args:
        estate: Whose mailboxes.
        judge: Says what a token is worth, given the audience that it must be made for.
        audience: This server's own address, ``https://host``.
        authority: Who makes tokens, for the challenge.
        allowance: What Exchange lets a good token do.
    """

    name = "Bearer"

    def __init__(
        self,
        estate: Estate,
        judge: Callable[[str, str], GoodToken | BadToken],
        *,
        audience: str,
        authority: str,
        allowance: Callable[[GoodToken], Allowance] = by_roles,
    ) -> None:
        self._estate = estate
        self._judge = judge
        self._audience = audience
        self._authority = authority
        self._allowance = allowance

    def offers(self) -> list[tuple[str, str]]:
        """As the interface says."""
        return [("WWW-Authenticate", self._challenge())]

    def judge(self, credentials: str, request: Request, rules: Rules) -> Entered | Response | None:  # noqa: ARG002
        """As the interface says."""
        token = self._judge(credentials, self._audience)
        if isinstance(token, BadToken):
            return self._no(token.code, token.claims)
        allowed = self._allowance(token)
        if token.upn is None and not allowed.is_permitted:
            return self._no("grant")
        if token.upn is not None and "EWS.AccessAsUser.All" not in token.scopes:
            return self._no("grant")
        if not allowed.is_open:
            # Seen without a body, and without a word about why.
            return Response(status=403)
        if token.upn is None:
            # An application is nobody: it reads as whomever it impersonates.
            application = Account(
                user=token.app_id,
                address=None,
                may_impersonate=True,
                impersonates_only=allowed.mailboxes,
                must_impersonate=True,
            )
            return Entered(account=application)
        account = self._estate.account(token.upn)
        return self._no("user") if account is None else Entered(account=account)

    def _no(self, code: str, claims: str = "") -> Response:
        number, reason, category = _DIAGNOSTICS[code]
        told = f'{number};reason="{reason}";error_category="{category}"'
        if claims:
            encoded = base64.b64encode(claims.encode()).decode("ascii")
            challenge = self._challenge(f'error="insufficient_claims", claims="{encoded}"')
        else:
            challenge = self._challenge('error="invalid_token"')
        return Response(
            status=401, headers=[("WWW-Authenticate", challenge), ("x-ms-diagnostics", told)]
        )

    def _challenge(self, more: str = "") -> str:
        parts = [
            f'Bearer client_id="{EXCHANGE_ONLINE}"',
            'trusted_issuers="00000001-0000-0000-c000-000000000000@*"',
            'token_types="app_asserted_user_v1 service_asserted_app_v1"',
            f'authorization_uri="{self._authority}/common/oauth2/authorize"',
        ]
        return ", ".join([*parts, more] if more else parts)
