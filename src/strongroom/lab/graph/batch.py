"""``$batch``: up to twenty questions in one request, and their answers in one.

The answers come in any order. A question that depends on one that failed is not asked.

Source:
    https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

import orjson

from strongroom.lab.graph.errors import GraphError
from strongroom.lab.https import Request, Response

QUESTIONS_MAX = 20
AT_ONCE = 4
"""Questions about mailboxes that a batch asks side by side."""

_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_TOLD = frozenset({"content-type", "location", "retry-after", "preference-applied"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request of a batch.

    Attributes:
        headers: Names in lower case.
        depends_on: Ids of those that must have gone well before.
    """

    id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    depends_on: tuple[str, ...]


def answer(
    request: Request,
    version: str,
    ask: Callable[[Request], Response],
    *,
    seed: str,
    at_once: int = 1,
) -> object:
    """Ask all questions of a batch.

    Args:
        request: The batch.
        version: ``v1.0`` or ``beta``: all questions are of one.
        ask: Answers one question.
        seed: Of the order of the answers.
        at_once: So many questions that depend on nothing are asked side by side.

    Raises:
        GraphError: 400, it is no batch.
    """
    questions = _questions(request.body)

    def told(question: Question) -> dict[str, object]:
        return _told(question, ask(_request(request, version, question)))

    if at_once > 1 and not any(question.depends_on for question in questions):
        with ThreadPoolExecutor(at_once) as pool:
            rows = list(pool.map(told, questions))
    else:
        rows = _in_order(questions, told)
    Random(seed).shuffle(rows)  # noqa: S311 - any order will do
    return {"responses": rows}


def _in_order(
    questions: list[Question], told: Callable[[Question], dict[str, object]]
) -> list[dict[str, object]]:
    answers: dict[str, dict[str, object]] = {}
    has_failed: set[str] = set()
    for question in questions:
        if has_failed & set(question.depends_on):
            answers[question.id] = _failed_dependency(question)
        else:
            answers[question.id] = told(question)
        if int(str(answers[question.id]["status"])) >= 400:
            has_failed.add(question.id)
    return list(answers.values())


def _questions(body: bytes) -> list[Question]:
    try:
        read = orjson.loads(body)
        rows = read["requests"]
        found = [_question(row) for row in rows]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise _malformed("Invalid batch payload format.") from error
    if not 0 < len(found) <= QUESTIONS_MAX:
        raise GraphError(
            400,
            "MaximumValueExceeded",
            f"Number of batch request steps exceeds the maximum value of {QUESTIONS_MAX}.",
        )
    seen: set[str] = set()
    for one in found:
        if one.id in seen or not set(one.depends_on) <= seen:
            raise _malformed("The ids of a batch must be unique, and depend on earlier ones.")
        seen.add(one.id)
    return found


def _question(row: Mapping[str, object]) -> Question:
    method, url = str(row["method"]).upper(), str(row["url"])
    if method not in _METHODS or "$batch" in url or "://" in url:
        raise ValueError("no question of a batch")
    headers, depends = row.get("headers") or {}, row.get("dependsOn") or []
    if not isinstance(headers, dict) or not isinstance(depends, list):
        raise TypeError("headers are an object and dependsOn a list")
    told = {str(name).casefold(): str(value) for name, value in headers.items()}
    return Question(
        id=str(row["id"]),
        method=method,
        url="/" + url.lstrip("/"),
        headers=told,
        body=_body(row.get("body"), told),
        depends_on=tuple(str(one) for one in depends),
    )


def _body(body: object, headers: Mapping[str, str]) -> bytes:
    if body is None:
        return b""
    if "content-type" not in headers:
        raise ValueError("a body needs a Content-Type")
    if "json" in headers["content-type"]:
        return orjson.dumps(body)
    try:
        return base64.b64decode(str(body), validate=True)
    except binascii.Error as error:
        raise ValueError("what is not JSON is written in base64") from error


def _request(outer: Request, version: str, question: Question) -> Request:
    # The token is that of the batch unless a question brings its own.
    headers = {**question.headers}
    headers.setdefault("authorization", outer.headers.get("authorization", ""))
    return Request(
        method=question.method,
        path=f"/graph/{version}{question.url}",
        headers=headers,
        body=question.body,
        connection=outer.connection,
    )


def _told(question: Question, response: Response) -> dict[str, object]:
    whole = _whole(response)
    if whole is None:
        return {"id": question.id, "status": 504, "headers": {}}
    headers = {name: value for name, value in response.headers if name.casefold() in _TOLD}
    row: dict[str, object] = {"id": question.id, "status": response.status, "headers": headers}
    if whole:
        is_json = "json" in headers.get("Content-Type", "")
        row["body"] = orjson.loads(whole) if is_json else base64.b64encode(whole).decode("ascii")
    return row


def _whole(response: Response) -> bytes | None:
    """Take an answer as its client would; None: it broke on the way."""
    whole = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    sending, came = response.sending, whole
    if sending is not None:
        if isinstance(response.body, bytes):
            came = b"".join(sending.pieces(whole))
        sending.end()
    is_broken = response.drops or response.cuts or len(came) < len(whole)
    return None if is_broken else whole


def _failed_dependency(question: Question) -> dict[str, object]:
    return {
        "id": question.id,
        "status": 424,
        "headers": {"Content-Type": "application/json"},
        "body": {
            "error": {
                "code": "FailedDependency",
                "message": "A request that this one depends on has failed.",
            }
        },
    }


def _malformed(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)
