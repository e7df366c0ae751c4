"""How a kind of thing is told: a table of its properties, neighbours and methods.

A table says all that ``/_api`` knows of one type, so that reading an entity file top to bottom
shows what a question about it is answered with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.rest.errors import missing
from strongroom.lab.sharepoint.rest.path import Literal
from strongroom.lab.sharepoint.rights import Level

if TYPE_CHECKING:
    from strongroom.lab.sharepoint.rest.call import Call
    from strongroom.lab.sharepoint.rest.options import Options

T = TypeVar("T")
_DIGITS = 19

Row = dict[str, object]
Body = Mapping[str, Any]
"""A JSON object that was sent, without its ``__metadata``."""


class Complex(dict[str, object]):
    """A value with parts and a type, but no address: ``SP.ChangeToken``."""

    def __init__(self, kind: str, parts: Mapping[str, object]) -> None:
        super().__init__(parts)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing with an address below ``/_api``.

    Attributes:
        path: ``Web/Lists(guid'…')``.
    """

    kind: Kind[Any]
    thing: Any
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some things of a collection, and the query by which there are more; None: no more."""

    things: Sequence[Any]
    next_query: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Things of one kind with an address.

    Attributes:
        things: Gives all of them, when they are wanted.
        find: Gives one by what stands in brackets; None: there is none.
        page: Chooses rows in a way of its own; None: the common one.
        methods: What can be asked of it; names in small letters.
        create: Makes one more of it.
        item_path: Where one of them is found.
        kind_of: Says of what kind one is, where not all are of the same.
    """

    kind: Kind[Any]
    path: str
    things: Callable[[], Sequence[Any]]
    find: Callable[[Literal], Any] | None = None
    page: Callable[[Call, Options], Page] | None = None
    methods: Mapping[str, Method[Any]] = field(default_factory=dict)
    create: Callable[[Call, Body], Any] | None = None
    item_path: Callable[[Any], str]
    kind_of: Callable[[Any], Kind[Any]] | None = None

    def entity(self, thing: object) -> Entity:
        """Give one of its things an address."""
        kind = self.kind if self.kind_of is None else self.kind_of(thing)
        return Entity(kind, thing, self.item_path(thing))


@dataclass(frozen=True, slots=True)
class Value:
    """Something without an address: of a property, or what a method gives back.

    Attributes:
        name: Of the property or method; verbose answers wrap it in that.
        kind: Of a list's members, if it has none: ``Edm.String``.
    """

    name: str
    value: object
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """What a method without a result gives back, by its name."""

    name: str


Target = Entity | Collection | Value | None
Result = Entity | Collection | Value | Nothing | Response | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """What a method is given: in brackets, and in the body if it is the last one.

    Attributes:
        path: Of the thing that is asked.
    """

    args: tuple[Literal, ...] = ()
    named: Mapping[str, Literal] = field(default_factory=dict)
    body: Body = field(default_factory=dict)
    path: str = ""

    def get(self, name: str, place: int = -1) -> object:
        """Give a parameter by its name, else by its place; None: it was not given."""
        wanted = name.casefold()
        if wanted in self.named:
            return self.named[wanted]
        for key, value in self.body.items():
            if key.casefold() == wanted:
                return cast("object", value)
        return self.args[place] if 0 <= place < len(self.args) else None

    def text(self, name: str, place: int = -1, default: str | None = None) -> str:
        """Give a parameter that is text, or anything that can be written as one.

        Raises:
            ApiError: 400, it was not given and has no default.
        """
        value = self.get(name, place)
        if value is None and default is None:
            raise missing(name)
        return str(default if value is None else value)

    def number(self, name: str, place: int = -1, default: int | None = None) -> int:
        """Give a parameter that is a whole number; texts of digits are.

        Raises:
            ApiError: 400, it is none, or was not given and has no default.
        """
        value = self.get(name, place)
        if value is None and default is None:
            raise missing(name)
        value = default if value is None else value
        if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < _DIGITS:
            return int(value)
        if not isinstance(value, int):
            raise missing(name)
        return int(value)

    def flag(self, name: str, place: int = -1, *, default: bool = False) -> bool:
        """Give a parameter that is yes or no."""
        value = self.get(name, place)
        if isinstance(value, str):
            return value.casefold() == "true"
        return default if value is None else bool(value)

    def part(self, name: str) -> Body:
        """Give a parameter that is an object; empty: it was not given."""
        value = self.get(name)
        return value if isinstance(value, Mapping) else {}

    def parts(self, name: str) -> Sequence[Body]:
        """Give a parameter that is a list of objects; empty: it was not given."""
        value = self.get(name)
        rows = value if isinstance(value, list) else []
        return [one for one in rows if isinstance(one, Mapping)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(Generic[T]):
    """A method.

    Attributes:
        run: Does it.
        is_post: It is asked by POST.
        needs: What the visitor must be allowed to do there.
        since: The first profile that has it.
        takes_bytes: What is sent is a file's content, whatever ``Content-Type`` calls it: clients
            leave theirs at JSON.
    """

    run: Callable[[Call, T, Args], Result]
    is_post: bool = False
    needs: Level = Level.READ
    since: str = "2013"
    takes_bytes: bool = False


Getter = Callable[["Call", T], object]
Link = Callable[["Call", T, str], Target]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """A type.

    Attributes:
        name: ``SP.List``.
        values: Properties that every answer has.
        more: Properties that only those get who ask for them by name.
        links: Neighbours; they get the address that they have.
        methods: Names in small letters.
        etag: Version, in quotes.
        named: The type of one thing, where not all have the same.
        columns: Properties that one thing has by itself: the columns of a list item.
        column: One that is there only for those who ask for it, with its right name; None: it is
            not there at all.
        column_link: A neighbour that one thing has by itself: a lookup.
        update, remove: How it is changed and deleted.
        needs: What one must be allowed to do there in order to change it.
        content: Its bytes: ``$value``.
        put: Takes other bytes.
        since: Properties and links that older servers have not got.
    """

    name: str
    values: Mapping[str, Getter[T]] = field(default_factory=dict)
    more: Mapping[str, Getter[T]] = field(default_factory=dict)
    links: Mapping[str, Link[T]] = field(default_factory=dict)
    methods: Mapping[str, Method[T]] = field(default_factory=dict)
    etag: Callable[[Call, T], str] | None = None
    named: Callable[[T], str] | None = None
    columns: Callable[[Call, T], Mapping[str, object]] | None = None
    column: Callable[[Call, T, str], tuple[str, object] | None] | None = None
    column_link: Callable[[Call, T, str], Target] | None = None
    update: Callable[[Call, T, Body], None] | None = None
    remove: Callable[[Call, T], None] | None = None
    put: Callable[[Call, T, bytes], None] | None = None
    needs: Level = Level.FULL
    content: Callable[[Call, T], Response] | None = None
    since: Mapping[str, str] = field(default_factory=dict)
