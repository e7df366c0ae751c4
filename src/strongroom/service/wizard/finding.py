"""The search for an address's server: what was tried, what must be confirmed, what to do then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from strongroom.errors import OperatorError, StrongroomError
from strongroom.service.ports import FoundServer
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.steps import (
    NEXT,
    NO,
    YES,
    Crew,
    Move,
    Step,
    Work,
    chosen,
    problem,
)
from strongroom.service.wizard.words import (
    Choice,
    Notice,
    NoticeKind,
    Question,
    QuestionKind,
    Raw,
)

Doubt = tuple[str, tuple[str, ...]]
"""A question of the search, and all that speaks against a yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search came to.

    Attributes:
        found: The server, or None.
        error: Why there is none, or None.
        decided: What a person said to doubts so far.
        open: A doubt that nobody was asked about yet, or None.
    """

    found: FoundServer | None = None
    error: StrongroomError | None = None
    decided: Mapping[Doubt, bool] = field(default_factory=dict)
    open: Doubt | None = None


def _search(answers: Answers, crew: Crew, memory: object) -> Search:
    """Search once. A doubt that is new is answered with no, then asked, then searched again.

    So nobody has to wait inside a verb for a person, and a page can ask as well as a terminal.
    """
    decided = memory.decided if isinstance(memory, Search) else {}
    new: list[Doubt] = []

    def confirm(question: str, cautions: Sequence[str]) -> bool:
        doubt = (question, tuple(cautions))
        if doubt not in decided:
            new.append(doubt)
        return decided.get(doubt, False)

    crew.tell(Notice(kind=NoticeKind.NOTE, text="Looking for the server …"))
    found, error = None, None
    try:
        found = crew.connections.find(answers.details(), confirm)
    except StrongroomError as failed:
        error = failed
    return Search(found=found, error=error, decided=decided, open=new[0] if new else None)


def search_of(answers: Answers) -> Search | None:
    """Give the search that stands, if there was one for these answers."""
    search = answers.outcomes.get("found")
    return search if isinstance(search, Search) else None


_CONFIRM = (
    Choice(value=NO, label="no, that server is not ours"),
    Choice(value=YES, label="yes, it is ours: the password may go there"),
)
_ON_FAILURE = (
    Choice(value="manual", label="name the server myself"),
    Choice(value="again", label="look again"),
    Choice(value="address", label="give another address"),
    Choice(value="account", label="change the account or its password"),
    Choice(value="authority", label="say how servers prove their names (certificates)"),
)
_ON_SUCCESS = (
    Choice(value="use", label="use this server"),
    Choice(value="manual", label="name another server"),
    Choice(value="again", label="look again"),
)
_MOVES = {"manual": "finding", "address": "autodiscover", "account": "auth", "authority": "trust"}


def _ask(answers: Answers) -> Question:
    search = search_of(answers)
    assert search is not None
    if search.open is not None:
        doubt, cautions = search.open
        return Question(
            key="found",
            text=doubt,
            help="Whoever answers there gets the account's name and password. Say yes only if you "
            "know that your organisation uses this server; if in doubt, ask whoever runs your mail "
            "servers. With no, the search goes on elsewhere.",
            kind=QuestionKind.CHOICE,
            choices=_CONFIRM,
            default=NO,
            told=tuple(Notice(kind=NoticeKind.WARNING, text=one) for one in cautions),
        )
    return Question(
        key="found",
        text="What now?" if search.found is None else "Is that right?",
        help="The list above says where was looked, in order, and what came of it.",
        kind=QuestionKind.CHOICE,
        choices=_ON_FAILURE if search.found is None else _ON_SUCCESS,
        default="manual" if search.found is None else "use",
        told=_told(search),
    )


def _told(search: Search) -> tuple[Notice, ...]:
    if search.found is not None:
        return (
            Notice(
                kind=NoticeKind.NOTE, text="This was tried:", lines=tuple(search.found.attempts)
            ),
            Notice(kind=NoticeKind.DONE, text=f"Found: {search.found.server}"),
        )
    error = search.error
    assert error is not None
    return (problem(error.what, error.why, error.hint),)


def _check(answers: Answers, raw: Raw) -> Given:
    return chosen(_ask(answers).choices, raw)


def _decide(answers: Answers, given: Given) -> Move:
    search = search_of(answers)
    assert search is not None
    value = str(given.value)
    if search.open is not None:
        decided = {**search.decided, search.open: value == YES}
        return Move(is_again=True, memory=replace(search, decided=decided))
    if value == "again":
        return Move(is_again=True)
    if value == "use":
        return NEXT
    return Move(to=_MOVES[value])


def _basis(answers: Answers) -> object:
    try:
        return replace(answers.details(), access="")
    except OperatorError:
        return None


FOUND = Step(
    key="found",
    ask=_ask,
    check=_check,
    is_asked=lambda answers: answers.is_("finding", "automatic"),
    work=Work(do=_search, basis=_basis),
    decide=_decide,
)
