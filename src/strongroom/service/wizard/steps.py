"""A step: one question, when it is asked, what its answers must be, and what is done for it.

A flow is a tuple of steps, in the order in which they are asked. Each decides from the answers
before it whether it is asked at all, so going back and answering differently needs no other rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from strongroom.errors import OperatorError
from strongroom.service.ports import Prompt
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.verbs import ConnectionVerbs
from strongroom.service.wizard.words import (
    Choice,
    Done,
    Notice,
    NoticeKind,
    Question,
    QuestionKind,
    Raw,
    Upload,
)
from strongroom.vault.secret import Secret

YES, NO = "yes", "no"
NONE = "-"
"""Answers an optional question with nothing, where an empty answer would keep what was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who does the work of steps.

    Attributes:
        connections: The verbs.
        tell: Told what takes a while, as it begins.
        prompt: Shows a person where to sign in.
    """

    connections: ConnectionVerbs
    tell: Callable[[Notice], None]
    prompt: Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where an answer leads.

    Attributes:
        to: Key of the step to go to, which is asked then in any case; empty: the next one.
        is_again: The step's work is done once more, and the step stays.
        memory: What the work is told of its last time, when it is done once more.
        is_end: The step makes the connection.
    """

    to: str = ""
    is_again: bool = False
    memory: object = None
    is_end: bool = False


NEXT = Move()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done when a step is reached, once for each set of answers that it rests on.

    Attributes:
        do: Does it; told what ``Move.memory`` says. Raises ``StrongroomError``; the error is then
            the outcome.
        basis: What it rests on; where that changes, the outcome is forgotten.
    """

    do: Callable[[Answers, Crew, object], object]
    basis: Callable[[Answers], object]


def _always(_: Answers) -> bool:
    return True


def _go_on(_: Answers, __: Given) -> Move:
    return NEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step (see above).

    Attributes:
        key: Its name. Where that is a field of the details, the answer fills the field.
        ask: Puts the question.
        check: Takes an answer, or raises ``OperatorError`` with words that help.
        is_asked: Whether it is asked as things stand.
        work: What is done when it is reached. Its answer is then no answer to remember.
        decide: Where an answer leads.
        end: Makes the connection; called where a move says so.
        afterwards: Tells more once it is made; it stays, whatever comes of this.
    """

    key: str
    ask: Callable[[Answers], Question]
    check: Callable[[Answers, Raw], Given]
    is_asked: Callable[[Answers], bool] = _always
    work: Work | None = None
    decide: Callable[[Answers, Given], Move] = _go_on
    end: Callable[[Answers, Crew], Done] | None = None
    afterwards: Callable[[Answers, Crew], Sequence[Notice]] = lambda _, __: ()


def choice(
    key: str,
    text: str,
    choices: Sequence[tuple[str, str]],
    *,
    help: str,  # noqa: A002 - what the question calls it
    default: str = "",
    is_asked: Callable[[Answers], bool] = _always,
    told: Callable[[Answers], Sequence[Notice]] = lambda _: (),
) -> Step:
    """Make a step that offers some answers."""
    offered = tuple(Choice(value=value, label=label) for value, label in choices)

    def ask(answers: Answers) -> Question:
        return Question(
            key=key,
            text=text,
            help=help,
            kind=QuestionKind.CHOICE,
            choices=offered,
            default=default,
            told=tuple(told(answers)),
        )

    return Step(key=key, ask=ask, check=lambda _, raw: chosen(offered, raw), is_asked=is_asked)


def text(
    key: str,
    question: str | Callable[[Answers], str],
    *,
    help: str,  # noqa: A002 - see above
    check: Callable[[Answers, str], str],
    default: Callable[[Answers], str] = lambda _: "",
    is_optional: bool = False,
    is_asked: Callable[[Answers], bool] = _always,
    told: Callable[[Answers], Sequence[Notice]] = lambda _: (),
) -> Step:
    """Make a step that asks for a line of text."""

    def ask(answers: Answers) -> Question:
        return Question(
            key=key,
            text=question if isinstance(question, str) else question(answers),
            help=help,
            kind=QuestionKind.TEXT,
            default=default(answers),
            is_optional=is_optional,
            told=tuple(told(answers)),
        )

    def checked(answers: Answers, raw: Raw) -> Given:
        line = as_text(raw)
        is_none = is_optional and line in {"", NONE}
        return Given(value="" if is_none else check(answers, line))

    return Step(key=key, ask=ask, check=checked, is_asked=is_asked)


def secret(
    key: str,
    question: str | Callable[[Answers], str],
    *,
    help: str,  # noqa: A002 - see above
    is_new: bool = False,
    is_asked: Callable[[Answers], bool] = _always,
    told: Callable[[Answers], Sequence[Notice]] = lambda _: (),
) -> Step:
    """Make a step that asks for a password or the like."""

    def ask(answers: Answers) -> Question:
        return Question(
            key=key,
            text=question if isinstance(question, str) else question(answers),
            help=help,
            kind=QuestionKind.SECRET,
            is_new=is_new,
            told=tuple(told(answers)),
        )

    def check(_: Answers, raw: Raw) -> Given:
        if not isinstance(raw, Secret) or not raw.reveal():
            raise OperatorError("Nothing was entered.", hint="Enter it, or type back.")
        return Given(value=raw)

    return Step(key=key, ask=ask, check=check, is_asked=is_asked)


def file(
    key: str,
    question: str,
    *,
    help: str,  # noqa: A002 - see above
    check: Callable[[Answers, Upload], Given],
    is_asked: Callable[[Answers], bool] = _always,
    told: Callable[[Answers], Sequence[Notice]] = lambda _: (),
) -> Step:
    """Make a step that asks for a file."""

    def ask(answers: Answers) -> Question:
        return Question(
            key=key,
            text=question,
            help=help,
            kind=QuestionKind.FILE,
            told=tuple(told(answers)),
        )

    def checked(answers: Answers, raw: Raw) -> Given:
        if not isinstance(raw, Upload):
            raise OperatorError("A file is needed here.", hint="Give its path.")
        return check(answers, raw)

    return Step(key=key, ask=ask, check=checked, is_asked=is_asked)


def chosen(offered: Sequence[Choice], raw: Raw) -> Given:
    """Take one of the choices.

    Raises:
        OperatorError: it is none of them.
    """
    if raw not in [one.value for one in offered] or not isinstance(raw, str):
        raise OperatorError(
            "This is none of the answers.", hint=f"Choose one of 1 to {len(offered)}."
        )
    return Given(value=raw)


def as_text(raw: Raw) -> str:
    """Take a line of text, without blanks around it.

    Raises:
        OperatorError: it is something else.
    """
    if not isinstance(raw, str):
        raise OperatorError("A line of text is needed here.")
    return raw.strip()


def problem(what: str, why: str, hint: str) -> Notice:
    """Say what did not work, why, and what to do now."""
    return Notice(
        kind=NoticeKind.PROBLEM, text=what, lines=tuple(line for line in (why, hint) if line)
    )
