"""Several questions at once where the server takes that, one by one where it does not."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.errors import AccessDenied, OperatorError, OutcomeUnknown, TransientError
from strongroom.pace.patience import Patience, TooMuchAtOnce
from strongroom.wire.origins import Origin
from strongroom.wire.sharepoint.batch import QUESTIONS_MAX, NotReadable, Part, composed, parts_of
from strongroom.wire.sharepoint.odata import LIGHT
from strongroom.wire.sharepoint.pacing import resource_units, told_by_answer
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused, refusal

No = SiteDenied | SiteRefused
"""One thing's no, among answers to others."""

_FAILURES_MAX = 2
"""So often may a server fail at the same questions together before they are asked in halves."""


class _TooMany(Exception):
    """The server cannot answer these questions together, or one of them at all."""


def has_batch(rest: RestConnection) -> bool:
    """Say whether the server takes several questions in one request, by what it told so far.

    SharePoint Server 2013 does not; a server that hides its version is asked one by one as well.
    """
    major = rest.facts.version.partition(".")[0]
    return major.isdigit() and int(major) >= 16


def ask_each(rest: RestConnection, site: str, questions: Sequence[Question]) -> list[Answer | No]:
    """Ask questions that change nothing; the answers stand in their order.

    Args:
        rest: The connection.
        site: Path of the web that they are about.
        questions: As many as there are.

    Raises:
        TransientError: the budget is used up.
        StrongroomError: the server's no to the whole.
    """
    if len(questions) < 2 or not has_batch(rest):
        return [_alone(rest, question) for question in questions]
    found: list[Answer | No] = []
    for start in range(0, len(questions), QUESTIONS_MAX):
        found += _together(rest, site, questions[start : start + QUESTIONS_MAX])
    return found


def write_each(rest: RestConnection, site: str, questions: Sequence[Question]) -> list[Answer | No]:
    """Send up to a hundred changes in one request, once; what is refused takes nothing else along.

    Raises:
        OutcomeUnknown: each of them may have happened or not.
        TransientError: certainly none did.
        StrongroomError: the server's no to the whole.
    """
    answer = rest.write(_batch(rest, site, questions, is_write=True))
    try:
        parts = _parts(rest, answer, len(questions))
    except TransientError as error:
        # It was sent and answered: that certainly nothing happened is the one thing this is not.
        raise OutcomeUnknown(error.what) from error
    judged = [_judged(rest, part) for part in parts]
    # Inside, a busy server is one more no: whoever asked looks at its status, and sends it again.
    return [
        SiteRefused(one.what, status=part.status, code="", why=one.why)
        if isinstance(one, TransientError)
        else one
        for one, part in zip(judged, parts, strict=True)
    ]


def _alone(rest: RestConnection, question: Question) -> Answer | No:
    try:
        return rest.read(question)
    except (SiteRefused, SiteDenied) as error:
        if isinstance(error, SiteDenied) and error.status == 401:
            raise
        return error


def _together(rest: RestConnection, site: str, questions: Sequence[Question]) -> list[Answer | No]:
    """Ask in one request, and once more for whatever of it time may heal.

    Where the server refuses all of them together, or fails at them again and again, halves are
    asked: a question that it cannot digest must not take others along.
    """
    if len(questions) == 1:
        return [_alone(rest, questions[0])]
    found: dict[int, Answer | No] = {}
    failures = 0

    def attempt(patience: Patience) -> None:
        nonlocal failures
        waiting = [number for number in range(len(questions)) if number not in found]
        question = _batch(rest, site, [questions[number] for number in waiting])
        try:
            answer = rest.once(question, patience)
        except TransientError as error:
            failures += not error.is_throttle
            if failures >= _FAILURES_MAX or isinstance(error, TooMuchAtOnce):
                raise _TooMany from error
            raise
        except OperatorError as error:
            if is_about_each(error):
                raise
            raise _TooMany from error
        trouble: TransientError | None = None
        parts = _parts(rest, answer, len(waiting))
        for number, part in zip(waiting, parts, strict=True):
            judged = _judged(rest, part)
            if isinstance(judged, TransientError):
                trouble = judged
            else:
                found[number] = judged
        if trouble is not None:
            raise trouble

    try:
        rest.again(attempt)
    except _TooMany:
        waiting = [number for number in range(len(questions)) if number not in found]
        half = len(waiting) // 2
        for some in filter(None, (waiting[:half], waiting[half:])):
            answers = _together(rest, site, [questions[number] for number in some])
            found.update(zip(some, answers, strict=True))
    return [found[number] for number in range(len(questions))]


def is_about_each(error: OperatorError) -> bool:
    """Say whether a no to questions sent together would be the no to each: a missing right or site.

    Others are about the whole: it is too large, or something in it cannot be read.
    """
    return isinstance(error, AccessDenied) or (
        isinstance(error, SiteRefused) and error.status in {404, 410}
    )


def _batch(
    rest: RestConnection, site: str, questions: Sequence[Question], *, is_write: bool = False
) -> Question:
    boundary = f"batch_{rest.draw()}"
    body = composed(
        questions, origin=str(Origin.of(rest.transport.url)), boundary=boundary, accept=LIGHT
    )
    dearest = max(questions, key=lambda one: resource_units(one.call))
    return Question(
        target=f"{site.rstrip('/')}/_api/$batch",
        call=dearest.call,
        count=len(questions),
        method="POST",
        body=body,
        headers={"Content-Type": f"multipart/mixed; boundary={boundary}", "Accept": "*/*"},
        is_write=is_write,
        bytes_max=PAGE_BYTES_MAX,
    )


def _parts(rest: RestConnection, answer: Answer, count: int) -> list[Part]:
    try:
        return parts_of(answer.body, count)
    except NotReadable:
        # Not "from" it: what the server sent is not repeated.
        raise TransientError(
            f"{rest.transport.host} gave an answer to several questions that cannot be read."
        ) from None


def _judged(rest: RestConnection, part: Part) -> Answer | No | TransientError:
    url = rest.transport.url
    if 200 <= part.status < 300:
        return Answer(status=part.status, body=part.body, url=url, etag=part.header("ETag"))
    no = refusal(part, part.body, url=url, user=rest.user, clock=rest.clock)
    if isinstance(no, TransientError):
        told = told_by_answer(part.status, part.header, rest.clock.now(), body=part.body)
        rest.lane.rest(told)
        return no
    if isinstance(no, SiteDenied | SiteRefused):
        return no
    raise no
