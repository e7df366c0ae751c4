"""How every conversation ends: who may see the details, and the one moment when they are kept."""

from __future__ import annotations

from strongroom.errors import StrongroomError
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.saving import save, try_afterwards
from strongroom.service.wizard.steps import Move, Step, choice, chosen, problem, secret
from strongroom.service.wizard.trying import final_details, signs_in_at_the_end
from strongroom.service.wizard.words import Choice, Notice, NoticeKind, Question, QuestionKind, Raw

GUARD = choice(
    "guard",
    "Is a password to guard the connection's details?",
    (
        ("roles", "no: administrators may see and change them"),
        ("password", "yes: whoever sees, changes or uses them gives it"),
    ),
    default="roles",
    help="Backups run without it either way, and nobody ever sees the account's password again. "
    "With a password of its own, other administrators need it before they look at this "
    "connection, change it, or put a job on it. If it is lost, the connection's secrets have to be "
    "entered again; backups are not affected.",
)

GUARD_PASSWORD = secret(
    "guard_password",
    "Password that guards the connection?",
    help="Any text; it is asked twice, and kept nowhere in clear.",
    is_new=True,
    is_asked=lambda answers: answers.is_("guard", "password"),
)

_FROM_THE_START = Choice(value="to:kind", label="go through everything again")
_NAME = Choice(value="to:name", label="give it another name")
_GUARD = Choice(value="to:guard", label="change who may see its details")
_WAY = Choice(value="to:way", label="change who signs in")


def _choices(answers: Answers) -> tuple[Choice, ...]:
    is_signing_in = signs_in_at_the_end(answers)
    label = "sign in now, and save the connection" if is_signing_in else "save the connection"
    offered = [Choice(value="save", label=label), _GUARD, _FROM_THE_START]
    if is_signing_in:
        offered.append(_WAY)
    if not answers.setting.name:
        offered.append(_NAME)
    return tuple(offered)


def _ask(answers: Answers) -> Question:
    error = answers.outcomes.get("save")
    told = [_summary(answers), *_what_happens(answers)]
    if isinstance(error, StrongroomError):
        told.append(problem(error.what, error.why, error.hint))
    return Question(
        key="save",
        text="Save it?",
        help="Until you save it nothing is kept but your answers, without passwords, so that you "
        "can go on another time.",
        kind=QuestionKind.CHOICE,
        choices=_choices(answers),
        default="save",
        told=tuple(told),
    )


def _summary(answers: Answers) -> Notice:
    details = final_details(answers)
    shown = (
        ("kind", details.kind),
        ("server", details.server),
        ("address", details.url),
        ("tenant", details.tenant),
        ("application", details.client_id),
        ("application that restores", details.restore_client_id),
        ("account", details.user),
        ("signs in by", details.auth),
        ("opens mailboxes by", details.access if details.server else ""),
        ("only these mailboxes", answers.text("mailboxes")),
        ("only these sites", answers.text("sites")),
        ("guarded by", "a password" if answers.is_("guard", "password") else "roles alone"),
    )
    lines = tuple(f"{label}: {value}" for label, value in shown if value)
    return Notice(
        kind=NoticeKind.NOTE, text=f"This will be the connection {answers.name}:", lines=lines
    )


def _what_happens(answers: Answers) -> tuple[Notice, ...]:
    if answers.is_("way", "automatic"):
        said = (
            "Next, an administrator signs in (Privileged Role Administrator or Global "
            "Administrator), through Microsoft Graph Command Line Tools, an application of "
            "Microsoft's own. It asks for the right to register applications and to consent for "
            "them. What is made is shown; the sign-in is forgotten."
        )
        return (Notice(kind=NoticeKind.NOTE, text=said),)
    if answers.is_("way", "person"):
        said = (
            "Next, you sign in. The connection then reaches what you reach yourself: your own "
            "mailbox, or the sites that you may see. For everybody's, register an application."
        )
        return (Notice(kind=NoticeKind.NOTE, text=said),)
    return ()


def _check(answers: Answers, raw: Raw) -> Given:
    return chosen(_choices(answers), raw)


def _decide(_: Answers, given: Given) -> Move:
    value = str(given.value)
    return Move(is_end=True) if value == "save" else Move(to=value.removeprefix("to:"))


SAVE = Step(key="save", ask=_ask, check=_check, decide=_decide, end=save, afterwards=try_afterwards)
ENDING = (GUARD, GUARD_PASSWORD, SAVE)
