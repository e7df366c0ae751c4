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
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson

from strongroom.errors import OutcomeUnknown, TransientError
from strongroom.wire.sharepoint.digests import REFUSED
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
_CONTEXT = "{3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a}"
"""``SP.RequestContext``: what everything else is reached from."""
_ACCESS_DENIED = -2147024891
_CODE = re.compile(r"[A-Za-z][A-Za-z.]{0,120}")
# What XML 1.0 has no way to say.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the server's, by the number that this request gives it."""

    number: int


@dataclass(frozen=True, slots=True)
class Int32:
    """A whole number that is kept as one; others are converted to what a property wants."""

    value: int


@dataclass(frozen=True, slots=True)
class Guid:
    """An id of something."""

    text: str


@dataclass(frozen=True, slots=True)
class Enum:
    """One of the values that a type names, by its number."""

    value: int


Value = str | bool | int | Int32 | Guid | Enum | Thing | None


@dataclass(slots=True)
class Query:
    """One request in the making.

    Attributes:
        web: The web that is asked.
    """

    web: Thing = field(init=False)
    _numbers: Any = field(default_factory=lambda: count(1))
    _paths: list[str] = field(default_factory=list)
    _actions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = self._number()
        self._paths.append(
            f'<StaticProperty Id="{context}" TypeId="{_CONTEXT}" Name="Current" />',
        )
        self.web = self.property(Thing(context), "Web")

    def property(self, of: Thing, name: str) -> Thing:
        """Name an object that another one has."""
        number = self._number()
        self._paths.append(f'<Property Id="{number}" ParentId="{of.number}" Name="{name}" />')
        return Thing(number)

    def static(self, type_id: str, name: str) -> Thing:
        """Name an object that a method of a type gives."""
        number = self._number()
        self._paths.append(f'<StaticMethod Id="{number}" TypeId="{type_id}" Name="{name}" />')
        return Thing(number)

    def ask(self, of: Thing) -> int:
        """Have it told whether there is such an object; give the number of that answer."""
        number = self._number()
        self._actions.append(f'<ObjectPath Id="{number}" ObjectPathId="{of.number}" />')
        return number

    def found(self, of: Thing, name: str, *given: Value) -> Thing:
        """Name an object that a method of another one gives."""
        number = self._number()
        self._paths.append(
            f'<Method Id="{number}" ParentId="{of.number}" Name="{name}">{_given(given)}</Method>'
        )
        return Thing(number)

    def call(self, of: Thing, name: str, *given: Value) -> None:
        """Have a method carried out."""
        self._actions.append(
            f'<Method Name="{name}" Id="{self._number()}" ObjectPathId="{of.number}">'
            f"{_given(given)}</Method>"
        )

    def set(self, of: Thing, name: str, value: Value) -> None:
        """Set a property. It is kept once ``Update`` is called."""
        self._actions.append(
            f'<SetProperty Id="{self._number()}" ObjectPathId="{of.number}" Name={quoteattr(name)}>'
            f"{_parameter(value)}</SetProperty>"
        )

    def read(self, of: Thing, name: str) -> None:
        """Ask for one property of an object."""
        self._actions.append(
            f'<Query Id="{self._number()}" ObjectPathId="{of.number}"><Query'
            f' SelectAllProperties="false"><Properties><Property Name={quoteattr(name)}'
            ' ScalarProperty="true" /></Properties></Query></Query>'
        )

    def body(self) -> bytes:
        """Write the request."""
        return (
            f'<Request xmlns="{NAMESPACE}" SchemaVersion="15.0.0.0" LibraryVersion="15.0.0.0"'
            f' ApplicationName="Strongroom"><Actions>{"".join(self._actions)}</Actions>'
            f"<ObjectPaths>{''.join(self._paths)}</ObjectPaths></Request>"
        ).encode()

    def _number(self) -> int:
        return int(next(self._numbers))


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


def _given(values: Sequence[Value]) -> str:
    inner = "".join(map(_parameter, values))
    return f"<Parameters>{inner}</Parameters>" if inner else ""


def _parameter(value: Value) -> str:  # noqa: PLR0911 - one for each type
    match value:
        case None:
            return '<Parameter Type="Null" />'
        case Thing(number):
            return f'<Parameter ObjectPathId="{number}" />'
        case bool():
            return f'<Parameter Type="Boolean">{str(value).lower()}</Parameter>'
        case Guid(text):
            return f'<Parameter Type="Guid">{{{_text(text)}}}</Parameter>'
        case Enum(number) | Int32(number):
            return f'<Parameter Type="{type(value).__name__}">{number}</Parameter>'
        case int():
            return f'<Parameter Type="Number">{value}</Parameter>'
        case _:
            return f'<Parameter Type="String">{_text(str(value))}</Parameter>'


def _text(value: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value), {"\r": "&#13;"})
