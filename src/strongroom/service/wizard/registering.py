"""What an application is to be registered for, and the script that does it elsewhere."""

from __future__ import annotations

from strongroom.errors import StrongroomError
from strongroom.service.details import EXCHANGE_ONLINE, SHAREPOINT_ONLINE
from strongroom.service.registration import RegistrationWish
from strongroom.service.wizard import checks
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.steps import (
    NEXT,
    Crew,
    Move,
    Step,
    Work,
    choice,
    chosen,
    problem,
    text,
)
from strongroom.service.wizard.words import (
    Choice,
    Notice,
    NoticeKind,
    Question,
    QuestionKind,
    Raw,
)


def is_by_script(answers: Answers) -> bool:
    """Say whether a script is to be shown."""
    return answers.is_("way", "manual") and answers.is_("registered", "script")


def is_registering(answers: Answers) -> bool:
    """Say whether an application is made, here or by a script."""
    return answers.is_("way", "automatic") or is_by_script(answers)


def _asks_restores(answers: Answers) -> bool:
    is_by_certificate = answers.is_("way", "manual") and answers.is_("auth", "certificate")
    return is_registering(answers) or is_by_certificate


RESTORES = choice(
    "restores",
    "What is it for?",
    (
        ("none", "backup: it may read, and nothing else"),
        ("separate", "backup and restore: a second application may write"),
    ),
    default="none",
    help="The application that backs up can change nothing in your tenant. For restores a second "
    "one is used, which may write, and which signs in only while somebody restores. It can be "
    "added later too, with strongroom connection edit.",
    is_asked=_asks_restores,
)


def _ews_ends(_: Answers) -> tuple[Notice, ...]:
    said = (
        "Microsoft switches EWS off for Exchange Online: tenant by tenant since 2026-10-01, and "
        "for good on 2027-04-01. Until then an administrator can keep it on for an application."
    )
    return (Notice(kind=NoticeKind.WARNING, text=said),)


EWS = choice(
    "ews",
    "May it use EWS?",
    (
        ("yes", "yes: mailboxes are read over EWS while it lasts; it knows only the right to all"),
        ("no", "no: mailboxes are read over Microsoft Graph, with narrow rights"),
    ),
    default="no",
    help="Graph is the way that stays. It lists no hidden items (views, forms, Outlook's own "
    "rules), tells nobody's rights to folders, and has no public folders; EWS does, until it ends. "
    "Mailboxes of Microsoft 365 groups are reached by neither. "
    "A connection can go over from one to the other later (strongroom connection edit), and reads "
    "nothing twice.",
    is_asked=lambda answers: is_registering(answers) and answers.is_("kind", EXCHANGE_ONLINE),
    told=_ews_ends,
)

SCOPE = choice(
    "scope",
    "Which mailboxes?",
    (("all", "all mailboxes"), ("some", "only some")),
    default="all",
    help="For only some, Exchange itself keeps the application to them (RBAC for Applications): no "
    "right over all mailboxes is granted at all. Exchange takes up to two hours to follow.",
    is_asked=lambda answers: is_registering(answers) and answers.is_("kind", EXCHANGE_ONLINE),
)

MAILBOXES = text(
    "mailboxes",
    "Addresses of the mailboxes?",
    help="With commas between them. Nothing else can be reached, whatever jobs ask for.",
    check=checks.addresses,
    is_asked=lambda answers: is_registering(answers) and answers.is_("scope", "some"),
)

SITE_SCOPE = choice(
    "site_scope",
    "Which sites?",
    (("all", "all sites"), ("some", "only some (Sites.Selected)")),
    default="all",
    help="For only some, the application is let in to each of them by name, and no right over all "
    "sites is granted.",
    is_asked=lambda answers: is_registering(answers) and answers.is_("kind", SHAREPOINT_ONLINE),
)

SITES = text(
    "sites",
    "Addresses of the sites?",
    help="Whole addresses, as a browser shows them, with commas between them: "
    "https://example.sharepoint.com/sites/team.",
    check=checks.site_urls,
    default=lambda answers: answers.text("url"),
    is_asked=lambda answers: is_registering(answers) and answers.is_("site_scope", "some"),
)

PERMISSIONS = choice(
    "permissions",
    "Is it to keep permissions too?",
    (
        ("no", "no: it may read sites; backups say that permissions are missing"),
        ("yes", "yes: it gets full control, without which SharePoint shows none"),
    ),
    default="no",
    help="Who may do what in a site is shown to full control alone (Sites.FullControl.All, or "
    "fullcontrol on the chosen sites). Strongroom reads by it, but whoever steals its certificate "
    "could write. Without it a site is kept whole but for its permissions, and ledgers say so.",
    is_asked=lambda answers: is_registering(answers) and answers.is_("kind", SHAREPOINT_ONLINE),
)

WISHES = (EWS, SCOPE, MAILBOXES, SITE_SCOPE, SITES, PERMISSIONS)


def wish_of(answers: Answers) -> RegistrationWish:
    """Say what is to be registered."""
    return RegistrationWish(
        can_restore=answers.is_("restores", "separate"),
        uses_ews=answers.is_("ews", "yes"),
        sees_permissions=answers.is_("permissions", "yes"),
        mailboxes=checks.split(answers.text("mailboxes")),
        sites=checks.split(answers.text("sites")),
        sign_in=answers.text("sign_in") or "browser",
        name=f"Strongroom {answers.name}",
    )


_AFTER = (
    Choice(value="done", label="it was run, and printed the id"),
    Choice(value="to:restores", label="change what it registers"),
    Choice(value="to:way", label="do it another way"),
)


def _ask(answers: Answers) -> Question:
    outcome = answers.outcomes.get("script")
    if isinstance(outcome, StrongroomError):
        told = (problem(outcome.what, outcome.why, outcome.hint),)
    else:
        said = (
            "Let an administrator of the tenant run this in PowerShell. There is no secret in it. "
            "You may quit meanwhile: your answers are kept."
        )
        told = (Notice(kind=NoticeKind.NOTE, text=said, commands=(str(outcome),)),)
    return Question(
        key="script",
        text="Was the script run?",
        help="A Privileged Role Administrator or Global Administrator can run it, for instance in "
        "Azure Cloud Shell. At its end it prints the application's id, which is asked next.",
        kind=QuestionKind.CHOICE,
        choices=_AFTER,
        default="done",
        told=told,
    )


def _check(_: Answers, raw: Raw) -> Given:
    return chosen(_AFTER, raw)


def _decide(_: Answers, given: Given) -> Move:
    value = str(given.value)
    return NEXT if value == "done" else Move(to=value.removeprefix("to:"))


def _write(answers: Answers, crew: Crew, _: object) -> object:
    return crew.connections.registration_script(answers.details(), wish_of(answers))


SCRIPT_STEP = Step(
    key="script",
    ask=_ask,
    check=_check,
    is_asked=is_by_script,
    work=Work(do=_write, basis=lambda answers: (answers.details(), wish_of(answers))),
    decide=_decide,
)
