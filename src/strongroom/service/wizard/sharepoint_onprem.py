"""SharePoint Server: its address, a way to sign in, an account; a try; saved."""

from __future__ import annotations

from strongroom.service.wizard import checks
from strongroom.service.wizard.ending import ENDING
from strongroom.service.wizard.legacy import APP_PASSWORD, PROOF, SIGN_IN_SERVER
from strongroom.service.wizard.onprem import ACCOUNT, PASSWORD, PROOF_OF_SERVER
from strongroom.service.wizard.steps import choice, text
from strongroom.service.wizard.trying import tried

URL = text(
    "url",
    "Address of the site?",
    help="As a browser shows it: https://sites.example.com for the root of a farm, "
    "https://sites.example.com/sites/team for one site collection. What lies below it is reached "
    "too, as far as the account may.",
    check=checks.site_url,
)

AUTH = choice(
    "auth",
    "How does the account sign in?",
    (
        ("ntlm", "NTLM (Windows sign-in; what most farms offer)"),
        ("kerberos", "Kerberos (Windows sign-in; where NTLM is switched off)"),
        ("forms", "Forms (the page with user name and password of the farm itself)"),
        ("legacy", "claims by a federation server (AD FS), with user name and password"),
    ),
    default="ntlm",
    help="Central Administration shows it: Application Management, Manage web applications, "
    "Authentication Providers.",
)

FLOW = (
    URL,
    AUTH,
    SIGN_IN_SERVER,
    ACCOUNT,
    *PROOF_OF_SERVER,
    PROOF,
    PASSWORD,
    APP_PASSWORD,
    tried(
        ("url", "change the address"),
        ("auth", "change how the account signs in, the account or the password"),
        ("sign_in_server", "say where the account's organisation signs it in"),
        ("trust", "say how the server proves its name (certificates)"),
    ),
    *ENDING,
)
