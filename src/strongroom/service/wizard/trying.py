"""Trying the details before they are kept: on a mailbox or site, and as often as is liked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from strongroom.errors import StrongroomError
from strongroom.service.connection_testing import ConnectionTest
from strongroom.service.details import ConnectionDetails
from strongroom.service.wizard import checks
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.finding import search_of
from strongroom.service.wizard.steps import (
    NEXT,
    Crew,
    Move,
    Step,
    Work,
    chosen,
    problem,
    text,
)
from strongroom.service.wizard.words import Choice, Notice, NoticeKind, Question, QuestionKind, Raw
from strongroom.words.capability import Capability, CapabilityOutcome

OPTIONAL_FIXES = frozenset({"trust", "mailbox"})
"""What may be gone back to although it was not answered."""

_GO_ON, _AGAIN = "go-on", "again"


def final_details(answers: Answers) -> ConnectionDetails:
    """Give what is to be kept: the answers, with the server that was found for them."""
    details = answers.details()
    search = search_of(answers)
    if details.autodiscover and search is not None and search.found is not None:
        return replace(details, server=search.found.server)
    return details


def signs_in_at_the_end(answers: Answers) -> bool:
    """Say whether somebody signs in as the last step: nothing can be tried before."""
    return answers.is_("way", "automatic", "person")


def mailbox(what_for: str) -> Step:
    """Make the step that asks for a mailbox to try."""
    return text(
        "mailbox",
        "Address of a mailbox to try it on? (Enter for none)",
        help=f"Somebody's mailbox that will be backed up: {what_for}. Nothing is changed in it, "
        "and nothing of it is kept or shown. Without one, only the sign-in is tried.",
        check=checks.address,
        is_optional=True,
        is_asked=lambda answers: not answers.is_("way", "person"),
    )


OUTSIDE = text(
    "outside",
    "Address of a mailbox that must stay shut to it? (Enter for none)",
    help="If the application was kept to some mailboxes (RBAC for Applications), name one that was "
    "not chosen: it is tried that it is refused. Exchange takes up to two hours to follow a "
    "change.",
    check=checks.address,
    is_optional=True,
    is_asked=lambda answers: answers.is_("way", "manual") and bool(answers.text("mailbox")),
)


def tried(*fixes: tuple[str, str]) -> Step:
    """Make the step that tries the details, and asks what to do then.

    Args:
        fixes: Steps to go back to, with what to call that.
    """

    def choices(answers: Answers) -> tuple[Choice, ...]:
        asked = answers.given.keys() | OPTIONAL_FIXES
        offered = [Choice(value=f"to:{key}", label=label) for key, label in fixes if key in asked]
        again = Choice(value=_AGAIN, label="try again")
        outcome = answers.outcomes.get("tried")
        if isinstance(outcome, ConnectionTest) and not missing(outcome):
            return (Choice(value=_GO_ON, label="go on"), again, *offered)
        go_on = Choice(value=_GO_ON, label="go on all the same, and put it right later")
        return (again, *offered, go_on)

    def ask(answers: Answers) -> Question:
        offered = choices(answers)
        return Question(
            key="tried",
            text="Go on?" if offered[0].value == _GO_ON else "What now?",
            help="Nothing is saved yet. What is missing can be granted now and tried again, or "
            "later: strongroom connection test NAME tries it at any time.",
            kind=QuestionKind.CHOICE,
            choices=offered,
            default=offered[0].value,
            told=told_of(answers.outcomes.get("tried")),
        )

    return Step(
        key="tried",
        ask=ask,
        check=lambda answers, raw: _checked(choices(answers), raw),
        is_asked=lambda answers: not signs_in_at_the_end(answers),
        work=Work(do=_try, basis=_basis),
        decide=_decide,
    )


def _checked(offered: tuple[Choice, ...], raw: Raw) -> Given:
    return chosen(offered, raw)


def _decide(_: Answers, given: Given) -> Move:
    value = str(given.value)
    if value == _AGAIN:
        return Move(is_again=True)
    return NEXT if value == _GO_ON else Move(to=value.removeprefix("to:"))


def _try(answers: Answers, crew: Crew, _: object) -> object:
    crew.tell(Notice(kind=NoticeKind.NOTE, text="Trying it …"))
    mailbox, outside = (answers.text(key) or None for key in ("mailbox", "outside"))
    return crew.connections.probe(final_details(answers), mailbox, outside)


def _basis(answers: Answers) -> object:
    return (final_details(answers), answers.text("mailbox"), answers.text("outside"))


def missing(test: ConnectionTest) -> bool:
    """Say whether a test found something missing."""
    return any(one.outcome is CapabilityOutcome.MISSING for one in test.capabilities)


def told_of(outcome: object) -> tuple[Notice, ...]:
    """Tell what a test came to: facts, then each capability, what is missing with its remedy."""
    if isinstance(outcome, StrongroomError):
        return (problem(outcome.what, outcome.why, outcome.hint),)
    if not isinstance(outcome, ConnectionTest):
        return ()
    facts = dict(outcome.facts)
    warning = facts.pop("warning", None)
    lines = tuple(f"{name}: {value}" for name, value in facts.items() if value not in {None, ""})
    told = [Notice(kind=NoticeKind.DONE, text="The sign-in works.", lines=lines)]
    lacking = [one for one in outcome.capabilities if one.outcome is CapabilityOutcome.MISSING]
    others = tuple(
        f"{one.name}: {one.outcome}. {one.detail}"
        for one in outcome.capabilities
        if one not in lacking
    )
    if others:
        told.append(Notice(kind=NoticeKind.DONE, text="What jobs will need:", lines=others))
    if warning:
        told.append(Notice(kind=NoticeKind.WARNING, text=str(warning)))
    return (*told, *_lacks(lacking))


def _lacks(lacking: Sequence[Capability]) -> Iterator[Notice]:
    """Tell what is missing, and the exact step that grants it, once for all that it grants."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in lacking:
        alike.setdefault((one.detail, one.remedy), []).append(one.name)
    for (detail, remedy), names in alike.items():
        yield Notice(
            kind=NoticeKind.PROBLEM,
            text=f"{', '.join(names)}: missing. {detail}",
            lines=("To grant it:",) if remedy else (),
            commands=(remedy,) if remedy else (),
        )
