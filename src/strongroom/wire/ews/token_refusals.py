"""Why EWS does not take a token, out of the header in which it says so.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/instrumenting-client-requests-for-ews-and-rest-in-exchange
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

HEADER = "x-ms-diagnostics"
_NUMBER = re.compile(r"\s*(\d{7})\s*;")


class TokenRefusal(NamedTuple):
    """Why, and what to do now."""

    why: str
    hint: str


_PERMISSION = TokenRefusal(
    "The token holds no permission for EWS.",
    "Entra admin center, App registrations, the application, API permissions, Add a permission,"
    " APIs my organization uses, Office 365 Exchange Online: full_access_as_app for an application,"
    " EWS.AccessAsUser.All for a person; then press 'Grant admin consent'.",
)
_AGAIN = "Sign in again on this connection; for an application, check its certificate or secret."
_REFUSALS: Mapping[str, TokenRefusal] = {
    "2000000": TokenRefusal("The token is not signed by the tenant's own authority.", _AGAIN),
    "2000001": TokenRefusal("The token is damaged, revoked, or against a policy.", _AGAIN),
    "2000002": TokenRefusal("The token has expired.", "Check this machine's clock."),
    "2000003": TokenRefusal(
        "The token is made out to another service.",
        "Check the connection's cloud, and that its endpoint 'ews' is Exchange Online's.",
    ),
    "2000004": TokenRefusal(
        "The token is of another tenant.", "Check the connection's tenant (--tenant)."
    ),
    "2000005": TokenRefusal(
        "Who signed in has no mailbox here.",
        "Sign in as somebody with a mailbox in Exchange Online, or as an application.",
    ),
    "2000006": TokenRefusal(
        "The application is not known there.",
        "Entra admin center, Enterprise applications: check that it is there and enabled.",
    ),
    "2000008": _PERMISSION,
}


def token_refusal(header: str) -> TokenRefusal | None:
    """Read the header; None if it says nothing that we know of.

    Args:
        header: As sent, ``2000008;reason="…";error_category="invalid_grant"``. Only its number is
            looked at: the rest may repeat parts of the token.
    """
    found = _NUMBER.match(header)
    return _REFUSALS.get(found[1]) if found else None
