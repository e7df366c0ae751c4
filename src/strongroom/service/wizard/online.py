"""Steps that Microsoft's cloud has in common: the tenant, and who signs in to it."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.errors import OperatorError
from strongroom.service.details import EXCHANGE_ONLINE
from strongroom.service.wizard import certificates, checks
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.registering import SCRIPT_STEP, is_by_script
from strongroom.service.wizard.steps import Step, choice, chosen, secret, text
from strongroom.service.wizard.words import (
    Choice,
    Notice,
    NoticeKind,
    Question,
    QuestionKind,
    Raw,
)

AUTOMATIC, MANUAL, PERSON, LEGACY = "automatic", "manual", "person", "legacy"

CLOUD = choice(
    "cloud",
    "Which of Microsoft's clouds?",
    (
        ("global", "the usual one (also Government GCC)"),
        ("gcc-high", "US Government GCC High"),
        ("dod", "US Department of Defense"),
        ("china", "China, run by 21Vianet"),
    ),
    default="global",
    help="If you have never heard of the others, it is the usual one. Look at the address where "
    "you sign in: login.microsoftonline.com is the usual one, .us is GCC High or DoD, .cn is "
    "China.",
)

TENANT = text(
    "tenant",
    "Which tenant?",
    help="One of its domains, such as example.onmicrosoft.com, or its id: Entra admin center "
    "(entra.microsoft.com), Overview, Tenant ID.",
    check=checks.tenant,
)

SIGN_IN = choice(
    "sign_in",
    "How does the administrator sign in?",
    (
        ("browser", "in a browser on this machine"),
        ("device-code", "on another device, with a code that is shown here"),
    ),
    default="browser",
    help="Both ask for the password and the second factor on Microsoft's own page, never here. "
    "Many tenants block codes for other devices, since people are tricked into entering them; the "
    "browser is safer.",
    is_asked=lambda answers: answers.is_("way", AUTOMATIC),
)

PERSONS_SIGN_IN = choice(
    "auth",
    "How do you sign in?",
    (
        ("browser", "in a browser on this machine"),
        ("device-code", "on another device, with a code that is shown here"),
    ),
    default="browser",
    help="Both ask for the password and the second factor on Microsoft's own page, never here. The "
    "sign-in is kept sealed and renews itself; when it ends, backups pause and say so, and "
    "strongroom connection sign-in NAME begins it anew.",
    is_asked=lambda answers: answers.is_("way", PERSON),
)


def _is_by_hand(answers: Answers) -> bool:
    return answers.is_("way", MANUAL)


REGISTERED = choice(
    "registered",
    "Is the application registered already?",
    (
        ("yes", "yes: I have its id, and its certificate or secret"),
        ("script", "no: show me a script for an administrator to run"),
    ),
    default="yes",
    help="An application is registered in the Entra admin center under App registrations. The "
    "script does the same in PowerShell, with exactly the rights that are needed; whoever runs it "
    "signs in there, and nothing but ids comes back.",
    is_asked=_is_by_hand,
)


def _offered(answers: Answers) -> tuple[Choice, ...]:
    certificate = Choice(value="certificate", label="by a certificate (safer)")
    if is_by_script(answers):
        return (certificate,)
    return (certificate, Choice(value="client-secret", label="by a client secret"))


def _ask_auth(answers: Answers) -> Question:
    return Question(
        key="auth",
        text="How does the application prove itself?",
        help="With a certificate, the secret part never leaves this machine. A client secret is a "
        "password that the portal makes; it ends on a date, and backups with it.",
        kind=QuestionKind.CHOICE,
        choices=_offered(answers),
        default="certificate",
    )


def _check_auth(answers: Answers, raw: Raw) -> Given:
    given = chosen(_offered(answers), raw)
    if given.value == "client-secret" and not answers.is_("kind", EXCHANGE_ONLINE):
        raise OperatorError(
            "SharePoint Online takes no application that signs in by a secret.",
            why="It answers such tokens with 'Unsupported app only token'.",
            hint="Choose a certificate, and upload its public part to the same application.",
        )
    return given


APPLICATIONS_SIGN_IN = Step(key="auth", ask=_ask_auth, check=_check_auth, is_asked=_is_by_hand)

CERTIFICATE = certificates.application(
    "certificate",
    "File with the application's certificate and private key?",
    is_asked=lambda answers: _is_by_hand(answers) and answers.is_("auth", "certificate"),
)


def _secret_ends(_: Answers) -> Sequence[Notice]:
    said = (
        "A client secret ends on the date that the portal shows beside it, after two years at "
        "most. Backups pause on that day until a new one is given. A certificate would be safer."
    )
    return (Notice(kind=NoticeKind.WARNING, text=said),)


CLIENT_SECRET = secret(
    "client_secret",
    "Client secret of the application?",
    help="Its 'Value', which the portal shows only once, when it is made (Certificates & secrets); "
    "not the 'Secret ID'. It is not shown as you type.",
    is_asked=lambda answers: _is_by_hand(answers) and answers.is_("auth", "client-secret"),
    told=_secret_ends,
)

CLIENT_ID = text(
    "client_id",
    "Application (client) ID?",
    help="Entra admin center, App registrations, the application, Overview: 'Application (client) "
    "ID'; or what the script printed. Where a person signs in, the application must be a public "
    "client (Authentication: platform 'Mobile and desktop applications' with the redirect "
    "http://localhost; 'Allow public client flows' for codes on other devices).",
    check=checks.client_id,
    is_asked=lambda answers: answers.is_("way", MANUAL, PERSON),
)


def _has_restore(answers: Answers) -> bool:
    is_certain = answers.is_("auth", "certificate") and answers.is_("restores", "separate")
    return _is_by_hand(answers) and is_certain


RESTORE_CERTIFICATE = certificates.application(
    "restore_certificate",
    "File with the certificate and private key of the application that restores?",
    is_asked=_has_restore,
)

RESTORE_CLIENT_ID = text(
    "restore_client_id",
    "Application (client) ID of the application that restores?",
    help="A second application that may write; only restores sign in as it. It has an id of its "
    "own, beside that of the one that backs up.",
    check=checks.client_id,
    is_asked=_has_restore,
)

BY_HAND = (REGISTERED, APPLICATIONS_SIGN_IN, *CERTIFICATE, CLIENT_SECRET)
AFTER_SCRIPT = (SCRIPT_STEP, CLIENT_ID, RESTORE_CLIENT_ID)
