"""How every conversation ends: who may see the details, and the one moment when they are kept."""

from __future__ import annotations

from strongroom.errors import StrongroomError
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.steps import Crew, Move, Step, choice, chosen, problem, secret
from strongroom.service.wizard.trying import final_details
from strongroom.service.wizard.words import (
    Choice,
    Done,
    Notice,
    NoticeKind,
    Question,
    QuestionKind,
    Raw,
)

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

_CHOICES = (
    Choice(value="save", label="save the connection"),
    Choice(value="to:guard", label="change who may see its details"),
    Choice(value="to:kind", label="go through everything again"),
)
_NAME_CHOICE = Choice(value="to:name", label="give it another name")


def _choices(answers: Answers) -> tuple[Choice, ...]:
    return _CHOICES if answers.setting.name else (*_CHOICES, _NAME_CHOICE)


def _ask(answers: Answers) -> Question:
    error = answers.outcomes.get("save")
    told = [_summary(answers)]
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
        ("account", details.user),
        ("signs in by", details.auth),
        ("opens mailboxes by", details.access if details.user else ""),
        ("guarded by", "a password" if answers.is_("guard", "password") else "roles alone"),
    )
    lines = tuple(f"{label}: {value}" for label, value in shown if value)
    return Notice(
        kind=NoticeKind.NOTE, text=f"This will be the connection {answers.name}:", lines=lines
    )


def _decide(_: Answers, given: Given) -> Move:
    value = str(given.value)
    return Move(is_end=True) if value == "save" else Move(to=value.removeprefix("to:"))


def save(answers: Answers, crew: Crew) -> Done:
    """Keep the connection, whole."""
    details = final_details(answers)
    view = crew.connections.add(answers.name, details, password=answers.secret("guard_password"))
    return Done(
        view=view,
        details=details.without_secrets(),
        ca_file=_ca_file(answers),
        told=(Notice(kind=NoticeKind.DONE, text=f"Saved the connection {answers.name}."),),
    )


def _ca_file(answers: Answers) -> str:
    given = answers.given.get("ca_pem")
    return answers.setting.ca_file if given is None else given.shown


def _check(answers: Answers, raw: Raw) -> Given:
    return chosen(_choices(answers), raw)


SAVE = Step(key="save", ask=_ask, check=_check, decide=_decide, end=save)
ENDING = (GUARD, GUARD_PASSWORD, SAVE)
