"""What ``_api`` cannot write, by the client object model: one request, several small changes.

A request names objects by the way to them (``ObjectPaths``) and says what is done with each
(``Actions``), in order. The answer is JSON, and its status is 200 also where the server refused:
then its first member says so. What was done before the refusal stays done.

Source:
    [MS-CSOM] SharePoint Client Query Protocol, 2.2.3 (request and response), 2.2.4 (types)
    [MS-CSOMSPT] SharePoint Client-Side Object Model Protocol, 3.2.5 (names of types and members)
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson

from strongroom.errors import OutcomeUnknown, TransientError
from strongroom.wire.sharepoint.csom_query import Query
from strongroom.wire.sharepoint.digests import REFUSED
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api

_ACCESS_DENIED = -2147024891
_CODE = re.compile(r"[A-Za-z][A-Za-z.]{0,120}")


def carry_out_once(rest: RestConnection, web: str, query: Query) -> list[Any]:
    """Have a request carried out that must not be twice; give all that it tells.

    Raises:
        OutcomeUnknown: it may have been carried out.
        StrongroomError: as ``carry_out``.
    """
    question = replace(_question(web, query), is_write=True)

    def sent() -> tuple[Answer, SiteDenied | SiteRefused | None]:
        answer = rest.again(lambda patience: rest.once(question, patience))
        try:
            return answer, refusal_in(answer)
        except TransientError as error:
            # It was sent and answered: that nothing happened is the one thing this does not say.
            raise OutcomeUnknown(error.what) from error

    answer, refused = sent()
    if isinstance(refused, SiteRefused) and refused.code.startswith(REFUSED):
        rest.forget_digest(question)
        answer, refused = sent()
    if refused is not None:
        raise refused
    told: list[Any] = orjson.loads(answer.body)
    return told


def carry_out(rest: RestConnection, web: str, query: Query) -> None:
    """Have a request carried out. Every one here sets values, so to do it twice is to do it once.

    Args:
        rest: The connection.
        web: Path of the web.
        query: What is to be done.

    Raises:
        SiteDenied: it lacks a right, or the site allows no scripts.
        SiteRefused: the server's no; what stood before that in the request may have been done.
        TransientError: the budget is used up.
        StrongroomError: as ``RestConnection.get``.
    """
    question = _question(web, query)
    refused = refusal_in(rest.read(question))
    if isinstance(refused, SiteRefused) and refused.code.startswith(REFUSED):
        rest.forget_digest(question)
        refused = refusal_in(rest.read(question))
    if refused is not None:
        raise refused


def asked(rest: RestConnection, web: str, query: Query) -> dict[int, Any]:
    """Have a request answered that changes nothing; give the answers by their numbers.

    Raises:
        As ``carry_out``.
    """
    question = _question(web, query)
    answer = rest.read(question)
    refused = refusal_in(answer)
    if isinstance(refused, SiteRefused) and refused.code.startswith(REFUSED):
        rest.forget_digest(question)
        answer = rest.read(question)
        refused = refusal_in(answer)
    if refused is not None:
        raise refused
    told = orjson.loads(answer.body)
    pairs = zip(told[1::2], told[2::2], strict=False)
    return {number: found for number, found in pairs if isinstance(number, int)}


def refusal_in(answer: Answer) -> SiteDenied | SiteRefused | None:
    """Read whether an answer is a no. Of its text only the code is kept.

    Raises:
        TransientError: it is no answer to such a request.
    """
    try:
        told = orjson.loads(answer.body)
    except (orjson.JSONDecodeError, RecursionError):
        told = None
    first = told[0] if isinstance(told, list) and told else None
    if not isinstance(first, dict) or "ErrorInfo" not in first:
        raise TransientError("The answer to a change cannot be read.") from None
    error = first["ErrorInfo"]
    return None if error is None else _no(error)


def _no(error: object) -> SiteDenied | SiteRefused:
    told = error if isinstance(error, dict) else {}
    number, kind = told.get("ErrorCode"), told.get("ErrorTypeName")
    kind = kind if isinstance(kind, str) and _CODE.fullmatch(kind) else ""
    number = number if isinstance(number, int) else -1
    code = f"{number}, {kind}" if kind else str(number)
    if number == _ACCESS_DENIED:
        return SiteDenied(
            "The server does not let this be changed.",
            status=403,
            code=code,
            why=f"A right is missing, or the site allows no custom scripts. {code}.",
        )
    return SiteRefused("The server refused a change.", status=400, code=code, why=f"{code}.")


def _question(web: str, query: Query) -> Question:
    return Question(
        target=f"{api(web).removesuffix('/_api')}/_vti_bin/client.svc/ProcessQuery",
        call=Call.WRITE,
        method="POST",
        body=query.body(),
        headers={"Content-Type": "text/xml; charset=utf-8", "Accept": "application/json"},
    )
