"""Exchange Online: registered here by an administrator, by hand, or one person's own mailbox."""

from __future__ import annotations

from strongroom.service.wizard.ending import ENDING
from strongroom.service.wizard.online import (
    AFTER_SCRIPT,
    BY_HAND,
    CLOUD,
    PERSONS_SIGN_IN,
    RESTORE_CERTIFICATE,
    SIGN_IN,
    TENANT,
)
from strongroom.service.wizard.registering import RESTORES, WISHES
from strongroom.service.wizard.steps import choice
from strongroom.service.wizard.trying import OUTSIDE, mailbox, tried

WAY = choice(
    "way",
    "Who signs in to it?",
    (
        ("automatic", "an application that is registered now: an administrator signs in once"),
        ("manual", "an application that is registered by hand, or was already"),
        ("person", "I do, for my own mailbox alone"),
    ),
    default="automatic",
    help="Backups of many mailboxes need an application with a certificate. To register it here, "
    "an administrator signs in once, in a browser, through Microsoft Graph Command Line Tools "
    "(14d82eec-204b-4c2f-b7e8-296a70dab67e), an application of Microsoft's own; their sign-in is "
    "forgotten at once. Where a tenant blocks that, choose 'by hand': it offers a script. A person "
    "who signs in reaches their own mailbox only, and is asked again whenever Microsoft wants it.",
)

FLOW = (
    CLOUD,
    TENANT,
    WAY,
    PERSONS_SIGN_IN,
    *BY_HAND,
    RESTORES,
    *RESTORE_CERTIFICATE,
    *WISHES,
    *AFTER_SCRIPT,
    SIGN_IN,
    mailbox("the application's rights are tried on it"),
    OUTSIDE,
    tried(
        ("cloud", "change the cloud or the tenant"),
        ("way", "change who signs in"),
        ("auth", "change the certificate or the secret"),
        ("client_id", "change the application's id"),
        ("mailbox", "try another mailbox"),
    ),
    *ENDING,
)
