"""Many small questions in one request: ``$batch``, twenty at the most.

Each counts by itself for the limits of its mailbox, and Outlook answers four of them at a time;
what is saved are round trips.

Source:
    https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson

from strongroom.errors import OperatorError, SignInEnded, StrongroomError, TransientError
from strongroom.pace.patience import Patience
from strongroom.wire.graph.answers import Row
from strongroom.wire.graph.faults import error_of
from strongroom.wire.graph.mailbox.at_once import AT_ONCE_MAX
from strongroom.wire.graph.mailbox.line import MOVED, PREFER_IDS, MailboxLine
from strongroom.wire.graph.mailbox.question import Question, json_body, written
from strongroom.wire.graph.pacing import told_by_answer
from strongroom.wire.graph.refusals import refusal
from strongroom.wire.http import HttpAnswer

QUESTIONS_MAX = 20
KIND = "POST $batch"


class Asked:
    """One question of a batch.

    Args:
        path: Below the version, its parts quoted.
        query: OData options and their values.
        prefer: What its answer should be like.
    """

    def __init__(
        self, path: str, query: Mapping[str, str] | None = None, *, prefer: tuple[str, ...] = ()
    ) -> None:
        self.url = f"/{path}{written(query)}"
        self.prefer = (PREFER_IDS, *prefer)

    @classmethod
    def by_link(cls, line: MailboxLine, link: str, *, prefer: tuple[str, ...] = ()) -> Asked:
        """Ask for where a link leads that an earlier answer gave.

        Raises:
            ForbiddenOrigin: it leads where the token may not go.
        """
        made = cls("", prefer=prefer)
        made.url = line.within(link).removeprefix(line.target("").rstrip("/"))
        return made


def ask_all(line: MailboxLine, questions: Sequence[Asked]) -> Iterator[Row | StrongroomError]:
    """Ask many questions that change nothing; give each one's answer, or Graph's no, in order.

    What time may heal is asked again, and no more than that.

    Raises:
        TransientError: the budget is used up.
        SignInEnded: the token is not taken.
    """
    for start in range(0, len(questions), QUESTIONS_MAX):
        yield from _Batch(line, questions[start : start + QUESTIONS_MAX]).ask()


class _Batch:
    """Twenty questions at the most, and which of them have an answer."""

    def __init__(self, line: MailboxLine, questions: Sequence[Asked]) -> None:
        self._line = line
        self._questions = questions
        self._answers: dict[int, Row | StrongroomError] = {}
        self._elsewhere: dict[int, str] = {}

    def ask(self) -> list[Row | StrongroomError]:
        self._line.again(self._attempt)
        for number, link in self._elsewhere.items():
            self._answers[number] = self._followed(link)
        return [self._answers[number] for number in range(len(self._questions))]

    def _followed(self, link: str) -> Row | StrongroomError:
        """Ask elsewhere in Graph: a folder may lie in another part of its archive."""
        prefer = self._questions[0].prefer
        try:
            return self._line.ask(Question("GET", self._line.within(link), KIND, prefer=prefer))
        except OperatorError as error:
            if isinstance(error, SignInEnded):
                raise
            return error

    def _attempt(self, patience: Patience) -> None:
        left = [n for n in range(len(self._questions)) if n not in self._answers]
        requests = [
            {
                "id": str(number),
                "method": "GET",
                "url": self._questions[number].url,
                "headers": {"Prefer": ", ".join(self._questions[number].prefer)},
            }
            for number in left
        ]
        question = Question(
            "POST",
            self._line.target("$batch"),
            KIND,
            json_body({"requests": requests}),
            items=len(left),
            at_once=min(len(left), AT_ONCE_MAX),
            requests=len(left),
        )
        answer = self._line.once(question, patience)
        told = answer.get("responses")
        refused: TransientError | None = None
        for one in told if isinstance(told, list) else ():
            refused = self._take(one, left) or refused
        if any(number not in self._answers for number in left):
            raise refused or TransientError("Microsoft Graph left a question of a batch out.")

    def _take(self, told: object, left: Sequence[int]) -> TransientError | None:
        """Take one answer in; give the refusal that time may heal, if it is one."""
        number = _number(told)
        if not isinstance(told, dict) or number not in left or number in self._answers:
            return None
        status = told.get("status")
        body = told.get("body")
        if isinstance(status, int) and 200 <= status < 300 and isinstance(body, dict):
            self._answers[number] = body
            return None
        if status in MOVED and (link := _headers(told).get("location")):
            self._elsewhere[number] = link
            self._answers[number] = TransientError("It lies elsewhere.")
            return None
        error = self._refused(status if isinstance(status, int) else 500, told, body)
        if isinstance(error, SignInEnded):
            raise error
        if not isinstance(error, TransientError):
            self._answers[number] = error
            return None
        return error

    def _refused(self, status: int, told: Row, body: object) -> StrongroomError:
        headers = _headers(told)
        answer = HttpAnswer(
            status=status,
            headers=headers,
            header_values={name: (value,) for name, value in headers.items()},
            body=orjson.dumps(body),
            round_trip_s=0.0,
        )
        line = self._line
        error = refusal(answer, user=line.transport.sign_in.user, clock=line.clock)
        if isinstance(error, TransientError):
            fault = error_of(body) if isinstance(body, dict) else error_of({})
            line.lane.rest(told_by_answer(status, answer.header, fault, line.clock.now()))
            line.transport.meter.add(throttled=int(error.is_throttle))
        return error


def _headers(told: Row) -> dict[str, str]:
    given = told.get("headers")
    named = given.items() if isinstance(given, dict) else ()
    return {str(name).lower(): str(value) for name, value in named}


def _number(told: object) -> int:
    """Read which question an answer is for; -1 if it does not say."""
    name = told.get("id") if isinstance(told, dict) else None
    return int(name) if isinstance(name, str) and name.isdecimal() and len(name) < 4 else -1
