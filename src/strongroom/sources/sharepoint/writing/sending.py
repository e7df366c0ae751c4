"""Sending what is to be written: once, and again only where nothing can have happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from strongroom.errors import ItemError, OperatorError, OutcomeUnknown, TransientError
from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.each import has_batch, is_about_each, write_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused

No = SiteDenied | SiteRefused
BATCH_MAX = 100
ROUNDS = 6
_FAILURES_ALONE, _FAILURES_UNTRIED = 2, 3
_SERVERS_FAULT = 500
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

    What it refuses as a whole goes in halves. Where it fails without saying what happened, nothing
    is sent again before somebody has looked; what is sent then goes in smaller batches, down to one
    by one. The one that it fails at alone, and again, is that one's failure.

    Raises:
        OutcomeUnknown: some may have happened.
        TransientError: certainly none did.
    """
    found: dict[int, Answer | No] = {}
    waiting = list(range(len(questions)))
    for _ in range(ROUNDS):
        at = 0
        while at < len(waiting):
            size = rest.bearing.most_at_once if has_batch(rest) else 1
            some = waiting[at : at + min(size, BATCH_MAX)]
            try:
                answers = _together(rest, web, [questions[number] for number in some])
            except TransientError as error:
                if not found:
                    raise
                raise unknown(error) from error
            found.update(zip(some, answers, strict=True))
            at += len(some)
        waiting = [number for number in waiting if _is_busy(found[number])]
        if not waiting:
            break
    return [found[number] for number in range(len(questions))]


def _together(rest: RestConnection, web: str, questions: Sequence[Question]) -> list[Answer | No]:
    if len(questions) == 1:
        return [_alone(rest, questions[0])]
    try:
        answers = rest.again(lambda _: write_each(rest, web, questions))
    except OutcomeUnknown:
        rest.bearing.failed_at(len(questions))
        raise
    except OperatorError as error:
        if is_about_each(error):
            raise
        if isinstance(error, SiteRefused) and error.status >= _SERVERS_FAULT:
            # Some may have happened before it failed.
            rest.bearing.failed_at(len(questions))
            raise OutcomeUnknown(error.what, why=error.why) from error
        return _in_halves(rest, web, questions)
    rest.bearing.bore(len(questions))
    return answers


def _in_halves(rest: RestConnection, web: str, questions: Sequence[Question]) -> list[Answer | No]:
    """Send what was refused as a whole, which did nothing, in two requests."""
    half = len(questions) // 2
    first = _together(rest, web, questions[:half])
    try:
        return [*first, *_together(rest, web, questions[half:])]
    except TransientError as error:
        raise unknown(error) from error


def _alone(rest: RestConnection, question: Question) -> Answer | No:
    try:
        answer = send(rest, question)
    except (SiteRefused, SiteDenied) as error:
        if isinstance(error, SiteDenied) and error.status == 401:
            raise
        return error
    except OutcomeUnknown as error:
        # Where nothing was sent together before, nothing speaks against this one until it fails.
        enough = _FAILURES_ALONE if rest.bearing.most_at_once == 1 else _FAILURES_UNTRIED
        if rest.bearing.failed_alone(question) < enough:
            raise
        return SiteRefused(
            "The server fails at this, each time.", status=500, code="no-answer", why=error.what
        )
    rest.bearing.took(question)
    return answer


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


@contextmanager
def about(what: str) -> Iterator[None]:
    """Make a server's no to one place the fate of what goes there."""
    try:
        yield
    except (SiteRefused, SiteDenied) as error:
        if error.status == 401:
            raise
        raise as_item_error(error, what) from error
