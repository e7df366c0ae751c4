"""Items as EWS shows them: what a client asks for, written in the schema's order."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.content.message import PropertyKey
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.schema import element_order
from strongroom.lab.exchange.shapes import extended
from strongroom.lab.exchange.shapes.catalogue import (
    BY_URI,
    NOT_IN_LISTS,
    base_fields,
    fields_of,
)
from strongroom.lab.exchange.shapes.field import Field, Reading
from strongroom.lab.exchange.shapes.item_fields import item_id_xml
from strongroom.lab.exchange.shapes.view import View, type_of_element
from strongroom.lab.exchange.xml import Element, children, find, is_true, name_of, text_of


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to write for one kind of element: fields, and the place of extended properties."""

    before: tuple[Field, ...]
    after: tuple[Field, ...]


class ItemShape:
    """What a client wants to know of each item."""

    def __init__(self, node: Element | None, call: Call, *, in_list: bool = False) -> None:
        includes_mime = is_true(text_of(node, "t:IncludeMimeContent"))
        self._reading = Reading(
            call=call,
            insists_on_mime=includes_mime,
            body_type=text_of(node, "t:BodyType") or "Best",
            digits=call.quirks.fraction_digits,
        )
        self._base = text_of(node, "t:BaseShape") or "IdOnly"
        self._in_list = in_list
        self._more: list[str] = []
        self._extended: list[tuple[PropertyKey, str]] = []
        self._plans: dict[str, _Plan] = {}
        if includes_mime:
            self._more.append("item:MimeContent")
        more = None if node is None else find(node, "t:AdditionalProperties")
        for path in children(more) if more is not None else ():
            self._add(path)

    def xml(self, view: View | StoredItem) -> str:
        """Write the whole element of an item."""
        shown = View.of_item(view) if isinstance(view, StoredItem) else view
        element = shown.element
        plan = self._plans.get(element)
        if plan is None:
            plan = self._plans[element] = self._plan(element)
        reading = self._reading
        if reading.call.corrupts_first_item:
            reading.call.corrupts_first_item = False
            raise EwsError("ErrorItemCorrupt")
        parts = [one.read(shown, reading) for one in plan.before]
        for key, opening in self._extended:
            value = shown.get(key)
            if value is not None:
                parts.append(extended.property_xml(opening, value, reading.digits))
        parts += [one.read(shown, reading) for one in plan.after]
        return f"<t:{element}>{''.join(parts)}</t:{element}>"

    def _add(self, path: Element) -> None:
        if name_of(path) == "ExtendedFieldURI":
            self._extended.append((extended.key_of(path), extended.opening_of(path)))
        elif name_of(path) == "FieldURI":
            self._more.append(str(path.get("FieldURI")))
        else:
            self._more.append(_dictionary(str(path.get("FieldURI"))))

    def _plan(self, element: str) -> _Plan:
        order = element_order(type_of_element(element))
        known = fields_of(element)
        wanted = {one.element: one for one in base_fields(element, self._base)}
        for uri in self._more:
            name = uri.rpartition(":")[2]
            one = known.get(name) or BY_URI.get(uri)
            if one is not None and one.element in order:
                wanted.setdefault(one.element, one)
        if self._in_list:
            wanted = {name: one for name, one in wanted.items() if one.uri not in NOT_IN_LISTS}
        ordered = sorted(wanted.values(), key=lambda one: order[one.element])
        middle = order["ExtendedProperty"]
        return _Plan(
            before=tuple(one for one in ordered if order[one.element] < middle),
            after=tuple(one for one in ordered if order[one.element] > middle),
        )


def short_xml(view: View | StoredItem) -> str:
    """Write an item with nothing but its id."""
    shown = View.of_item(view) if isinstance(view, StoredItem) else view
    return f"<t:{shown.element}>{item_id_xml(shown)}</t:{shown.element}>"


def _dictionary(uri: str) -> str:
    """Say which whole field an indexed one belongs to (``contacts:EmailAddress``)."""
    group, _, name = uri.partition(":")
    return {
        "EmailAddress": "contacts:EmailAddresses",
        "PhoneNumber": "contacts:PhoneNumbers",
        "ImAddress": "contacts:ImAddresses",
        "PhysicalAddress": "contacts:PhysicalAddresses",
    }.get(name, f"{group}:{name}")
