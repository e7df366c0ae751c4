"""SharePoint Online: registered here by an administrator, by hand, one person, or the old way."""

from __future__ import annotations

from dataclasses import replace

from strongroom.service.details import SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.kinds import check
from strongroom.service.wizard import checks
from strongroom.service.wizard.answers import Answers
from strongroom.service.wizard.ending import ENDING
from strongroom.service.wizard.legacy import APP_PASSWORD, PROOF, SIGN_IN_SERVER
from strongroom.service.wizard.online import (
    AFTER_SCRIPT,
    BY_HAND,
    CLOUD,
    PERSONS_SIGN_IN,
    RESTORE_CERTIFICATE,
    SIGN_IN,
    TENANT,
)
from strongroom.service.wizard.onprem import PASSWORD
from strongroom.service.wizard.registering import RESTORES, WISHES
from strongroom.service.wizard.steps import choice, text
from strongroom.service.wizard.trying import tried
from strongroom.service.wizard.words import Notice, NoticeKind


def _site(answers: Answers, typed: str) -> str:
    """Take the address of a site that is in the chosen cloud."""
    url = checks.site_url(answers, typed)
    check(
        ConnectionDetails(
            kind=SHAREPOINT_ONLINE,
            url=url,
            user="anybody",
            auth="legacy",
            cloud=answers.text("cloud") or "global",
            endpoints=answers.setting.endpoints,
        )
    )
    return url


URL = text(
    "url",
    "Address of the site?",
    help="As a browser shows it: https://example.sharepoint.com for the tenant's root, "
    "https://example.sharepoint.com/sites/team for one site. Others of the same tenant are reached "
    "through the same connection, as far as it may.",
    check=_site,
)

WAY = choice(
    "way",
    "Who signs in to it?",
    (
        ("automatic", "an application that is registered now: an administrator signs in once"),
        ("manual", "an application that is registered by hand, or was already"),
        ("person", "I do: it reaches what I may see"),
        ("legacy", "name and password, the old way (ended on 2026-05-01)"),
    ),
    default="automatic",
    help="Backups of sites need an application with a certificate. To register it here, an "
    "administrator signs in once, in a browser, through Microsoft Graph Command Line Tools "
    "(14d82eec-204b-4c2f-b7e8-296a70dab67e), an application of Microsoft's own; their sign-in is "
    "forgotten at once. Where a tenant blocks that, choose 'by hand': it offers a script.",
)


def _is_by_password(answers: Answers) -> bool:
    return answers.is_("way", "legacy")


def _ended(_: Answers) -> tuple[Notice, ...]:
    said = (
        "Microsoft switched this sign-in off for SharePoint Online on 2026-05-01, app passwords "
        "included. It is here for the few places where it still works; trying it shows whether it "
        "does."
    )
    return (Notice(kind=NoticeKind.WARNING, text=said),)


_ACCOUNT = text(
    "user",
    "Which account signs in?",
    help="Its user name in the tenant, such as backup@example.onmicrosoft.com.",
    check=checks.address,
    is_asked=_is_by_password,
    told=_ended,
)
_SIGN_IN_SERVER = replace(SIGN_IN_SERVER, is_asked=_is_by_password)
_PROOF = replace(PROOF, is_asked=_is_by_password)
_PASSWORD = replace(PASSWORD, is_asked=lambda answers: answers.is_("proof", "password"))

FLOW = (
    CLOUD,
    URL,
    TENANT,
    WAY,
    _ACCOUNT,
    _SIGN_IN_SERVER,
    _PROOF,
    _PASSWORD,
    APP_PASSWORD,
    PERSONS_SIGN_IN,
    *BY_HAND,
    RESTORES,
    *RESTORE_CERTIFICATE,
    *WISHES,
    *AFTER_SCRIPT,
    SIGN_IN,
    tried(
        ("url", "change the site or the tenant"),
        ("way", "change who signs in"),
        ("user", "change the account or its password"),
        ("auth", "change the certificate"),
        ("client_id", "change the application's id"),
    ),
    *ENDING,
)
