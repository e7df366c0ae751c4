"""A request of the client object model in the making: ways to objects, and what is done with them.

Source:
    [MS-CSOM] SharePoint Client Query Protocol, 2.2.3 (request), 2.2.4 (types)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
_CONTEXT = "{3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a}"
"""``SP.RequestContext``: what everything else is reached from."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which properties of an object are to be told.

    Attributes:
        names: Those with a value.
        within: Those that are objects, and what of them.
        each: Those that are collections, and what of everything in them.
    """

    names: tuple[str, ...] = ()
    within: Mapping[str, Wanted] = field(default_factory=dict)
    each: Mapping[str, Wanted] = field(default_factory=dict)


@dataclass(slots=True)
class Query:
    """One request in the making.

    Attributes:
        web: The web that is asked.
    """

    web: Thing = field(init=False)
    _context: Thing = field(init=False)
    _numbers: Any = field(default_factory=lambda: count(1))
    _paths: list[str] = field(default_factory=list)
    _actions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._context = Thing(self._number())
        self._paths.append(
            f'<StaticProperty Id="{self._context.number}" TypeId="{_CONTEXT}" Name="Current" />',
        )
        self.web = self.property(self._context, "Web")

    def site(self) -> Thing:
        """Name the site collection that the web is in."""
        return self.property(self._context, "Site")

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

    def made(self, type_id: str) -> Thing:
        """Have an object made that lives as long as the request."""
        number = self._number()
        self._paths.append(f'<Constructor Id="{number}" TypeId="{type_id}" />')
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

    def load(self, of: Thing, wanted: Wanted, *, each: Wanted | None = None) -> int:
        """Have several properties told; give the number of that answer.

        Args:
            of: An object; of one that is not there nothing is told.
            wanted: Its properties.
            each: Of a collection, those of everything in it.
        """
        number = self._number()
        self._actions.append(
            f'<Query Id="{number}" ObjectPathId="{of.number}">{_asked(wanted, each)}</Query>'
        )
        return number

    def body(self) -> bytes:
        """Write the request."""
        return (
            f'<Request xmlns="{NAMESPACE}" SchemaVersion="15.0.0.0" LibraryVersion="15.0.0.0"'
            f' ApplicationName="Strongroom"><Actions>{"".join(self._actions)}</Actions>'
            f"<ObjectPaths>{''.join(self._paths)}</ObjectPaths></Request>"
        ).encode()

    def _number(self) -> int:
        return int(next(self._numbers))


def _asked(wanted: Wanted, each: Wanted | None = None) -> str:
    asked = f'<Query SelectAllProperties="false">{_properties(wanted)}</Query>'
    if each is None:
        return asked
    return (
        f'{asked}<ChildItemQuery SelectAllProperties="false">{_properties(each)}</ChildItemQuery>'
    )


def _properties(wanted: Wanted) -> str:
    told = [f'<Property Name="{name}" ScalarProperty="true" />' for name in wanted.names]
    for name, one in wanted.within.items():
        told.append(f'<Property Name="{name}">{_asked(one)}</Property>')
    for name, one in wanted.each.items():
        inner = _asked(Wanted(), one)
        told.append(f'<Property Name="{name}">{inner}</Property>')
    return f"<Properties>{''.join(told)}</Properties>"


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
