"""Sign-ins of SharePoint that end in cookies, or go through Windows, by a connection's details."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.compose.sign_ins import sign_in_of
from strongroom.errors import OperatorError
from strongroom.service.details import ConnectionDetails
from strongroom.wire.entra.clouds import endpoints_of
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import Origin, Origins
from strongroom.wire.sharepoint import (
    SignInServer,
    ask_sign_in_server,
    claims_sign_in,
    forms_sign_in,
    legacy_sign_in,
)
from strongroom.wire.sign_in import ConnectionSignIn, SignIn

_BY_WINDOWS = {"ntlm", "kerberos"}

Http = Callable[[], HttpClient]
"""Opens a client; whoever gave it closes it."""


def farm_sign_in(details: ConnectionDetails, http: Http) -> SignIn | ConnectionSignIn:
    """Make ready to prove who we are to a farm of one's own.

    Raises:
        OperatorError: this way is for another kind of server, or lacks something.
    """
    if details.auth in _BY_WINDOWS:
        return sign_in_of(details)
    if details.auth == "forms":
        return forms_sign_in(
            http(),
            Origins.of([details.url]),
            site=details.url,
            user=details.user,
            password=details.secret("password").reveal(),
        )
    if details.auth == "legacy":
        client = http()
        server = SignInServer.of(details.sign_in_server or _unnamed(details, client))
        return claims_sign_in(
            client,
            Origins.of([details.url, server.url]),
            site=details.url,
            server=server,
            user=details.user,
            password=_password(details),
        )
    raise OperatorError(
        f"A SharePoint Server knows no sign-in by {details.auth}.",
        hint="It is ntlm, kerberos, forms or legacy.",
    )


def legacy_online(details: ConnectionDetails, http: Http) -> SignIn:
    """Make ready for Online's old sign-in, which Microsoft has ended nearly everywhere.

    Raises:
        OperatorError: it lacks something.
    """
    authority = str(Origin.of(endpoints_of(details.cloud, details.endpoints).authority))
    own = details.sign_in_server
    return legacy_sign_in(
        http(),
        Origins.of([authority, details.url, *([own] if own else [])]),
        authority=authority,
        site=details.url,
        user=details.user,
        password=_password(details),
        sign_in_server=own,
    )


def _password(details: ConnectionDetails) -> str:
    return (details.app_password or details.secret("password")).reveal()


def _unnamed(details: ConnectionDetails, http: HttpClient) -> str:
    """Refuse, and tell which sign-in server the farm names: a person decides about it.

    Raises:
        OperatorError: always.
    """
    told = ask_sign_in_server(http, site=details.url)
    what = "The connection does not say where its account signs in."
    if told:
        raise OperatorError(
            what,
            why=f"The farm sends people to {told}, and no password goes where an answer points.",
            hint=f"If that is your organisation's sign-in server, add --sign-in-server '{told}'",
        )
    raise OperatorError(
        what,
        why="The farm sends people to no sign-in server on another host.",
        hint="Choose ntlm, kerberos or forms (--auth), or name the server: --sign-in-server"
        " 'https://sts.example/adfs/ls/?wtrealm=urn:sharepoint:portal'",
    )
