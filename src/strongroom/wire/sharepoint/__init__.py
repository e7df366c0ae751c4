"""SharePoint: how to sign in where neither tokens nor Windows will do, and a look at a site.

Tokens and Windows sign-ins are those of ``wire.sign_in``; here are the ways that end in cookies.
"""

from __future__ import annotations

from strongroom.wire.sharepoint.claims import SignInServer, ask_sign_in_server, claims_sign_in
from strongroom.wire.sharepoint.cookies import CookieSignIn
from strongroom.wire.sharepoint.forms import forms_sign_in
from strongroom.wire.sharepoint.legacy import APP_PASSWORD_WARNING, legacy_sign_in
from strongroom.wire.sharepoint.retired import ENDED_ON, LegacyRetired

__all__ = [
    "APP_PASSWORD_WARNING",
    "ENDED_ON",
    "CookieSignIn",
    "LegacyRetired",
    "SignInServer",
    "ask_sign_in_server",
    "claims_sign_in",
    "forms_sign_in",
    "legacy_sign_in",
]
