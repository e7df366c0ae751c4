"""Sending what is to be written: once, and again only where nothing can have happened."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.errors import ItemError, OutcomeUnknown, TransientError
from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.each import has_batch, write_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused

No = SiteDenied | SiteRefused
BATCH_MAX = 100
ROUNDS = 6
_BUSY = frozenset({429, 503})
_PERMANENT = frozenset({400, 403, 404, 405, 409, 501})


def send(rest: RestConnection, question: Question) -> Answer:
    """Write one thing. A busy server is asked again, since it did nothing.

    Raises:
        OutcomeUnknown: it may have happened; look before writing again.
        TransientError: it certainly did not, and the budget is used up.
        SiteDenied, SiteRefused: the server's no.
    """
    if isinstance(question.body, Body):  # can be read once only
        return rest.write(question)
    return rest.again(lambda patience: rest.once(question, patience))


def send_each(rest: RestConnection, web: str, questions: Sequence[Question]) -> list[Answer | No]:
    """Write several things that do not need each other, in as few requests as the server lets us.

    Raises:
        OutcomeUnknown: some may have happened.
        TransientError: certainly none did.
    """
    found: dict[int, Answer | No] = {}
    waiting = list(range(len(questions)))
    size = BATCH_MAX if has_batch(rest) else 1
    for _ in range(ROUNDS):
        for start in range(0, len(waiting), size):
            some = waiting[start : start + size]
            try:
                answers = _together(rest, web, [questions[number] for number in some])
            except TransientError as error:
                if not found:
                    raise
                raise unknown(error) from error
            found.update(zip(some, answers, strict=True))
        waiting = [number for number in waiting if _is_busy(found[number])]
        if not waiting:
            break
    return [found[number] for number in range(len(questions))]


def _together(rest: RestConnection, web: str, questions: Sequence[Question]) -> list[Answer | No]:
    if len(questions) == 1:
        return [_alone(rest, questions[0])]
    return rest.again(lambda _: write_each(rest, web, questions))


def _alone(rest: RestConnection, question: Question) -> Answer | No:
    try:
        return send(rest, question)
    except (SiteRefused, SiteDenied) as error:
        if isinstance(error, SiteDenied) and error.status == 401:
            raise
        return error


def _is_busy(answer: Answer | No) -> bool:
    return not isinstance(answer, Answer) and answer.status in _BUSY


def unknown(error: TransientError) -> OutcomeUnknown:
    """Say that of several requests some were carried out and the rest were not."""
    return OutcomeUnknown("The server went out of order in the middle of writing.", why=error.what)


def as_item_error(error: No, what: str) -> ItemError:
    """Make the server's no the fate of one thing."""
    return ItemError(
        what,
        code=error.code or f"HTTP {error.status}",
        is_permanent=error.status in _PERMANENT,
        why=error.why,
        hint=error.hint if isinstance(error, SiteDenied) else "",
    )
