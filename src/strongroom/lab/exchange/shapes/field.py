"""One field of an item: its name in EWS, how it is read from a message and written into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from strongroom.content import tags
from strongroom.content.message import Attachment, FileTime, Properties, PropertyKey, Value
from strongroom.lab.estate.source import Overlay
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import times
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, element


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a client wants things written.

    Attributes:
        body_type: ``Best``, ``HTML`` or ``Text``.
        digits: Digits after the second.
        insists_on_mime: MIME was asked for by IncludeMimeContent, so an item that has none is an
            error; asked for as one property among others, it is left out.
    """

    call: Call
    body_type: str = "Best"
    digits: int = 0
    insists_on_mime: bool = False


@dataclass(slots=True)
class Draft:
    """What a client wants to be in an item, gathered before anything is changed.

    Attributes:
        properties: To be set; None removes one.
        recipients: By kind (To 1, Cc 2, Bcc 3): those that replace all of that kind.
        attachments: To be added.
        mime: The MIME that the item is to come from, or None.
        is_read: The wanted read flag, or None.
        is_associated: It is to be a hidden item; taken when it is created only.
    """

    properties: Overlay = field(default_factory=dict)
    recipients: dict[int, list[Properties]] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    mime: bytes | None = None
    is_read: bool | None = None
    is_associated: bool = False


Read = Callable[[View, Reading], str]
Write = Callable[[Draft, Element | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        uri: ``item:Subject``.
        element: Name of its element.
        read: Writes the element from a view; an empty string if there is nothing to tell.
        write: Takes an element (None: the field is to go) into a draft; None: read-only.
        append: Adds an element to what is there, for AppendToItemField; None: cannot.
        key: The one property behind it, for sorting and searching; None: computed.
    """

    uri: str
    element: str
    read: Read
    write: Write | None = None
    key: PropertyKey | None = None


def text_field(uri: str, key: PropertyKey) -> Field:
    """Make a field that is one string property."""
    name = _name(uri)

    def read(view: View, _reading: Reading) -> str:
        value = view.get(key)
        return element(name, value) if isinstance(value, str) else ""

    def write(draft: Draft, node: Element | None) -> None:
        draft.properties[key] = None if node is None else (node.text or "")

    return Field(uri=uri, element=name, read=read, write=write, key=key)


def boolean_field(uri: str, key: PropertyKey, *, default: bool | None = None) -> Field:
    """Make a field that is one boolean property; without a default it may be missing."""
    name = _name(uri)

    def read(view: View, _reading: Reading) -> str:
        value = view.get(key)
        flag = value if isinstance(value, bool) else default
        return "" if flag is None else boolean(name, flag=flag)

    def write(draft: Draft, node: Element | None) -> None:
        draft.properties[key] = None if node is None else as_boolean(node)

    return Field(uri=uri, element=name, read=read, write=write, key=key)


def number_field(uri: str, key: PropertyKey) -> Field:
    """Make a field that is one integer property."""
    name = _name(uri)

    def read(view: View, _reading: Reading) -> str:
        value = view.get(key)
        return element(name, str(int(value))) if isinstance(value, int) else ""

    def write(draft: Draft, node: Element | None) -> None:
        draft.properties[key] = None if node is None else int(node.text or "0")

    return Field(uri=uri, element=name, read=read, write=write, key=key)


def time_field(uri: str, *keys: PropertyKey) -> Field:
    """Make a field that is a time; it reads the first property that is there, writes all."""
    name = _name(uri)

    def read(view: View, reading: Reading) -> str:
        value = view.moment(*keys)
        return "" if value is None else element(name, times.written(value, reading.digits))

    def write(draft: Draft, node: Element | None) -> None:
        value = None if node is None else as_time(node)
        draft.properties.update(dict.fromkeys(keys, value))

    return Field(uri=uri, element=name, read=read, write=write, key=keys[0])


def choice_field(
    uri: str, key: PropertyKey, names: Mapping[int, str], *, default: int | None = None
) -> Field:
    """Make a field that is one of a few words, kept as a number."""
    name = _name(uri)
    numbers = {text: number for number, text in names.items()}

    def read(view: View, _reading: Reading) -> str:
        value = view.get(key)
        number = value if isinstance(value, int) and value in names else default
        return "" if number is None else element(name, names[number])

    def write(draft: Draft, node: Element | None) -> None:
        draft.properties[key] = None if node is None else numbers[node.text or ""]

    return Field(uri=uri, element=name, read=read, write=write, key=key)


def strings_field(uri: str, key: PropertyKey) -> Field:
    """Make a field that is a list of strings."""
    name = _name(uri)

    def read(view: View, _reading: Reading) -> str:
        value = view.get(key)
        if not isinstance(value, list) or not value:
            return ""
        inner = "".join(element("String", one) for one in value if isinstance(one, str))
        return f"<t:{name}>{inner}</t:{name}>"

    def write(draft: Draft, node: Element | None) -> None:
        values = [] if node is None else [one.text or "" for one in children(node)]
        draft.properties[key] = values or None

    return Field(uri=uri, element=name, read=read, write=write, key=key)


def computed_field(uri: str, read: Read, write: Write | None = None) -> Field:
    """Make a field that is more than one property, or none."""
    return Field(uri=uri, element=_name(uri), read=read, write=write)


def flag_bit_field(uri: str, bit: int) -> Field:
    """Make a read-only field that is one bit of the message flags."""
    name = _name(uri)

    def read(view: View, _reading: Reading) -> str:
        return boolean(name, flag=bool(view.flags & bit))

    return Field(uri=uri, element=name, read=read, key=tags.PidTagMessageFlags)


def boolean(name: str, *, flag: bool) -> str:
    """Write a boolean element."""
    return f"<t:{name}>{'true' if flag else 'false'}</t:{name}>"


def as_boolean(node: Element) -> bool:
    """Read a boolean element; the schema has checked its form."""
    return (node.text or "").strip() in {"true", "1"}


def as_time(node: Element) -> FileTime:
    """Read a time element.

    Raises:
        EwsError: ErrorInvalidPropertySet, for a time that the schema takes and a store does not.
    """
    try:
        return times.read(node.text or "")
    except ValueError as error:
        raise EwsError("ErrorInvalidPropertySet") from error


def integer(value: Value | None) -> int | None:
    """Give a value if it is an integer."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _name(uri: str) -> str:
    return uri.rpartition(":")[2]
