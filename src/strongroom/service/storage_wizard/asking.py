"""The makers of questions: a line of text, a choice, a secret, a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.errors import OperatorError
from strongroom.service.wizard.words import Choice, Question, QuestionKind, Raw, Upload
from strongroom.vault.secret import Secret

Answers = Mapping[str, Raw]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question.

    Attributes:
        key: Its name.
        question: How it is put, as things stand.
        check: Takes an answer, or raises ``OperatorError`` with words that help.
        is_asked: Whether it is asked as things stand.
    """

    key: str
    question: Callable[[Answers], Question]
    check: Callable[[Answers, Raw], Raw]
    is_asked: Callable[[Answers], bool]


def _always(_: Answers) -> bool:
    return True


def line(
    key: str,
    text: str,
    help: str,  # noqa: A002 - what the question calls it
    check: Callable[[Answers, str], str],
    *,
    default: str = "",
    is_asked: Callable[[Answers], bool] = _always,
) -> Asked:
    """Make a question for a line of text."""

    def checked(answers: Answers, raw: Raw) -> Raw:
        if not isinstance(raw, str) or not raw.strip():
            raise OperatorError("Nothing was entered.", hint="Enter it, or type help.")
        return check(answers, raw.strip())

    kind = QuestionKind.TEXT
    question = Question(key=key, text=text, help=help, kind=kind, default=default)
    return Asked(key=key, question=lambda _: question, check=checked, is_asked=is_asked)


def choice(
    key: str,
    text: str,
    help: str,  # noqa: A002 - see above
    offered: Callable[[Answers], Sequence[tuple[str, str]]],
    *,
    default: str = "",
    is_asked: Callable[[Answers], bool] = _always,
) -> Asked:
    """Make a question that offers some answers."""

    def question(answers: Answers) -> Question:
        choices = tuple(Choice(value=value, label=label) for value, label in offered(answers))
        kind = QuestionKind.CHOICE
        return Question(key=key, text=text, help=help, kind=kind, choices=choices, default=default)

    def checked(answers: Answers, raw: Raw) -> Raw:
        values = [value for value, _ in offered(answers)]
        if raw not in values:
            raise OperatorError(
                "This is none of the answers.", hint=f"Choose one of 1 to {len(values)}."
            )
        return raw

    return Asked(key=key, question=question, check=checked, is_asked=is_asked)


def secret(
    key: str,
    text: str,
    help: str,  # noqa: A002 - see above
    *,
    is_new: bool = False,
    is_asked: Callable[[Answers], bool] = _always,
) -> Asked:
    """Make a question for a password or the like."""

    def checked(_: Answers, raw: Raw) -> Raw:
        if not isinstance(raw, Secret) or not raw.reveal():
            raise OperatorError("Nothing was entered.", hint="Enter it, or type back.")
        return raw

    kind = QuestionKind.SECRET
    question = Question(key=key, text=text, help=help, kind=kind, is_new=is_new)
    return Asked(key=key, question=lambda _: question, check=checked, is_asked=is_asked)


def file(
    key: str,
    text: str,
    help: str,  # noqa: A002 - see above
    *,
    is_asked: Callable[[Answers], bool],
) -> Asked:
    """Make a question for a file."""

    def checked(_: Answers, raw: Raw) -> Raw:
        if not isinstance(raw, Upload):
            raise OperatorError("A file is needed here.", hint="Give its path.")
        return raw

    question = Question(key=key, text=text, help=help, kind=QuestionKind.FILE)
    return Asked(key=key, question=lambda _: question, check=checked, is_asked=is_asked)
