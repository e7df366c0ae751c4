"""Exchange Server: found by an address, or named; an account; a try; saved."""

from __future__ import annotations

from strongroom.service.wizard import checks
from strongroom.service.wizard.ending import ENDING
from strongroom.service.wizard.finding import FOUND
from strongroom.service.wizard.onprem import ACCOUNT, PASSWORD, PROOF_OF_SERVER
from strongroom.service.wizard.steps import choice, text
from strongroom.service.wizard.trying import mailbox, tried

FINDING = choice(
    "finding",
    "How is the server found?",
    (
        ("automatic", "look it up by an e-mail address (Autodiscover)"),
        ("manual", "I name the server"),
    ),
    default="automatic",
    help="Looking it up asks the directory, the DNS and the web servers of the address's own "
    "domain, as Outlook does. You see all that was tried, and are asked before any other "
    "organisation's server is believed. Name the server if you know it, or if it has no "
    "Autodiscover.",
)

ADDRESS = text(
    "autodiscover",
    "An e-mail address of a mailbox on that server?",
    help="Any mailbox will do, the backup account's own too. Its domain says where to look.",
    check=checks.address,
    is_asked=lambda answers: answers.is_("finding", "automatic"),
)

LOOKUP = choice(
    "lookup",
    "Where is looked?",
    (
        ("usual", "in the usual places: the address's domain and its DNS"),
        ("server", "at a server that I name first, then in the usual places"),
        ("dns", "in Active Directory first (the DNS says which domain controller)"),
        ("directory", "in Active Directory first, at a domain controller that I name"),
    ),
    default="usual",
    help="Inside the organisation's own network, Active Directory knows best. It is asked by LDAP "
    "under TLS, with the account that you name next. A server that you name is asked first; if it "
    "knows nothing of the address, the search goes on.",
    is_asked=lambda answers: answers.is_("finding", "automatic"),
)

ASKED_FIRST = text(
    "server",
    "Which server is asked first?",
    help="Its name (mail.example.com), or its address (https://mail.example.com).",
    check=checks.server,
    is_asked=lambda answers: answers.is_("lookup", "server"),
)

CONTROLLER = text(
    "directory",
    "Which domain controller?",
    help="Its full name (dc1.corp.example.com): its certificate carries that. nltest /dsgetdc: "
    "shows one on Windows.",
    check=checks.host_name,
    is_asked=lambda answers: answers.is_("lookup", "directory"),
)

SERVER = text(
    "server",
    "Which server?",
    help="The name that Outlook on the web has in its address (mail.example.com), an IP address, "
    "or the whole address of EWS. Get-WebServicesVirtualDirectory | fl *Url in the Exchange "
    "Management Shell shows it. By an IP address the server can rarely prove who it is, because "
    "its certificate carries names.",
    check=checks.server,
    is_asked=lambda answers: answers.is_("finding", "manual"),
)

AUTH = choice(
    "auth",
    "How does the account sign in?",
    (
        ("ntlm", "NTLM (Windows sign-in; what most servers offer)"),
        ("kerberos", "Kerberos (Windows sign-in; where NTLM is switched off)"),
        ("basic", "Basic (name and password as they are, inside TLS)"),
    ),
    default="ntlm",
    help="Get-WebServicesVirtualDirectory | fl *Authentication in the Exchange Management Shell "
    "shows what the server takes. Basic is off unless somebody switched it on.",
)

ACCESS = choice(
    "access",
    "How does the account open other people's mailboxes?",
    (
        ("impersonation", "impersonation (role ApplicationImpersonation; recommended)"),
        ("delegate", "delegate access (Full Access was given on each mailbox)"),
    ),
    default="impersonation",
    help="For impersonation, an administrator runs: New-ManagementRoleAssignment -Role "
    "ApplicationImpersonation -User ACCOUNT. It can be narrowed to some mailboxes with "
    "-CustomRecipientWriteScope. Each mailbox then has a budget of its own, so backups are "
    "quicker too.",
)

FLOW = (
    FINDING,
    ADDRESS,
    LOOKUP,
    ASKED_FIRST,
    CONTROLLER,
    SERVER,
    AUTH,
    ACCOUNT,
    *PROOF_OF_SERVER,
    PASSWORD,
    FOUND,
    ACCESS,
    mailbox("impersonation and export are tried on it"),
    tried(
        ("finding", "name another server, or look it up again"),
        ("auth", "change how the account signs in, the account or the password"),
        ("trust", "say how the server proves its name (certificates)"),
        ("access", "change how mailboxes are opened"),
        ("mailbox", "try another mailbox"),
    ),
    *ENDING,
)
