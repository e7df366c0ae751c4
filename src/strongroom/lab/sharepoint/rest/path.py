"""Addresses below ``/_api``: segments with arguments, and names for long arguments.

web/lists(guid'0b9e…')/items(1)/versions
web/GetFileByServerRelativePath(decodedurl='/sites/a/Shared Documents/O''Neil.docx')/$value
web/siteusers/getbyloginname(@v)?@v='i:0%23.f|membership|ann@lab.example'

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/determine-sharepoint-rest-service-endpoint-uris
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote

from strongroom.lab.sharepoint.rest.errors import bad_query

Literal = str | int | float | bool | uuid.UUID | datetime | None

PATH_CHARACTERS_MAX = 8192
_SEGMENTS_MAX = 40
_DIGITS_MAX = 40

_TEXT = re.compile(r"'((?:[^']|'')*)'")
_GUID = re.compile(r"guid'([^']*)'", re.IGNORECASE)
_TIME = re.compile(r"datetime'([^']*)'", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(\.\d+)?[lLmMdDfF]?(?![\w.])")
_WORD = re.compile(r"(true|false|null)(?![\w.])", re.IGNORECASE)
_ALIAS = re.compile(r"@[A-Za-z_]\w*")
_NAME = re.compile(r"[^(/]+")
_PARAMETER = re.compile(r"\s*([A-Za-z_]\w*)\s*=")
_WORDS: Mapping[str, Literal] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One step of an address.

    Attributes:
        name: As it was written.
        args: What stands in brackets without a name.
        named: What stands there with one; names in small letters.
    """

    name: str
    args: tuple[Literal, ...] = ()
    named: Mapping[str, Literal] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name in small letters: SharePoint reads them so."""
        return self.name.casefold()


def segments_of(path: str, query: Mapping[str, str] | None = None) -> tuple[Segment, ...]:
    """Read what stands behind ``/_api/``.

    It is decoded as a whole before quotes are looked for, as the real one does: a quote stays a
    quote however it was encoded, and has to be doubled either way.

    Args:
        path: As it was sent, percent-encoded.
        query: The query, for parameters that are named by an alias (``@v``).

    Raises:
        ApiError: 400, it is no such address.
    """
    if len(path) > PATH_CHARACTERS_MAX:
        raise bad_query("The request URL is too long.")
    text = unquote(path).strip("/")
    found: list[Segment] = []
    place = 0
    while place < len(text):
        segment, place = _segment(text, place, query or {})
        found.append(segment)
        if len(found) > _SEGMENTS_MAX:
            raise bad_query("The expression has too many segments.")
    return tuple(found)


def literal_at(text: str, place: int, query: Mapping[str, str]) -> tuple[Literal, int]:
    """Read one value and say where it ends.

    Raises:
        ApiError: 400, there is none.
    """
    for pattern, read in (
        (_GUID, lambda hit: guid(hit[1])),
        (_TIME, lambda hit: time(hit[1])),
        (_TEXT, lambda hit: hit[1].replace("''", "'")),
        (_WORD, lambda hit: _WORDS[hit[1].casefold()]),
        (_NUMBER, lambda hit: _number(hit[0])),
        (_ALIAS, lambda hit: _aliased(hit[0], query)),
    ):
        hit = pattern.match(text, place)
        if hit is not None:
            return read(hit), hit.end()
    raise bad_query(f'The expression "{text[place : place + 80]}" is not valid.')


def guid(text: str) -> uuid.UUID:
    """Read an id, with braces or without.

    Raises:
        ApiError: 400, it is none.
    """
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise bad_query(f"The GUID '{text[:80]}' is not valid.") from error


def time(text: str) -> datetime:
    """Read a time of OData; one without a zone is UTC.

    Raises:
        ApiError: 400, it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_query(f"The DateTime '{text[:80]}' is not valid.") from error
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _segment(text: str, place: int, query: Mapping[str, str]) -> tuple[Segment, int]:
    named_at = _NAME.match(text, place)
    if named_at is None:
        raise bad_query(f'The expression "{text[:80]}" is not valid.')
    name, place = named_at[0], named_at.end()
    args: list[Literal] = []
    named: dict[str, Literal] = {}
    if text[place : place + 1] == "(":
        place = _arguments(text, place + 1, query, args, named)
    if place < len(text) and text[place] != "/":
        raise bad_query(f'The expression "{text[:80]}" is not valid.')
    return Segment(name=name, args=tuple(args), named=named), place + 1


def _arguments(
    text: str,
    place: int,
    query: Mapping[str, str],
    args: list[Literal],
    named: dict[str, Literal],
) -> int:
    while True:
        place = _after_spaces(text, place)
        if text[place : place + 1] == ")":
            return place + 1
        parameter = _PARAMETER.match(text, place)
        if parameter is not None:
            start = _after_spaces(text, parameter.end())
            named[parameter[1].casefold()], place = literal_at(text, start, query)
        else:
            value, place = literal_at(text, place, query)
            args.append(value)
        place = _after_spaces(text, place)
        if text[place : place + 1] == ",":
            place += 1
        elif text[place : place + 1] != ")":
            raise bad_query(f'The expression "{text[:80]}" is not valid.')


def _after_spaces(text: str, place: int) -> int:
    while text[place : place + 1] == " ":
        place += 1
    return place


def _number(text: str) -> int | float:
    digits = text.rstrip("lLmMdDfF")
    if len(digits) > _DIGITS_MAX:
        raise bad_query("The number is too long.")
    return float(digits) if "." in digits else int(digits)


def _aliased(name: str, query: Mapping[str, str]) -> Literal:
    wanted = name.casefold()
    for key, value in query.items():
        if key.casefold() == wanted and not value.startswith("@"):
            return literal_at(value.strip(), 0, {})[0]
    raise bad_query(f"The parameter '{name}' has no value.")
