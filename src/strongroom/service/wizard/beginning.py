"""How every conversation begins: of which kind it is, and what it is called."""

from __future__ import annotations

from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
)
from strongroom.service.wizard import checks
from strongroom.service.wizard.steps import choice, text

KIND = choice(
    "kind",
    "What is to be connected?",
    (
        (EXCHANGE_ONPREM, "an Exchange Server of your own (2013 to SE)"),
        (EXCHANGE_ONLINE, "Exchange Online (Microsoft 365)"),
        (SHAREPOINT_ONPREM, "a SharePoint Server of your own (2013 to SE)"),
        (SHAREPOINT_ONLINE, "SharePoint Online (Microsoft 365)"),
    ),
    help="Mailboxes are Exchange, sites and documents are SharePoint. 'Online' is what Microsoft "
    "runs for you; 'of your own' is a server in your organisation. For several of them, make "
    "several connections.",
)

NAME = text(
    "name",
    "What is the connection to be called?",
    help="A short name of your own, such as office. You type it in other commands, and it stays: "
    "letters, digits, blanks and . _ @ + - may be in it.",
    check=checks.connection_name,
    is_asked=lambda answers: not answers.setting.name,
)

BEGINNING = (KIND, NAME)
