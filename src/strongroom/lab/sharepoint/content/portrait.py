"""A site collection described by meaning: what must be equal after it was restored elsewhere.

before = portrait(old)
… backed up, deleted, restored …
for one in differences(before, portrait(new)):
    print(one)

People stand by their names, lookups by what they show, lists by their address inside the site. No
id, number or address that belongs to one site alone is in it, so two sites can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_types import ContentType
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.navigation import Node
from strongroom.lab.sharepoint.content.portrait_items import Describer, items_of
from strongroom.lab.sharepoint.content.templates import MASTER_PAGES
from strongroom.lab.sharepoint.content.views import View
from strongroom.lab.sharepoint.content.webs import Web

Facts = dict[str, object]

_OF_ONE_LIST_ALONE = frozenset(
    {
        "ColName",
        "RowOrdinal",
        "ColName2",
        "RowOrdinal2",
        "SourceID",
        "Version",
        "WebId",
        "TextField",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was.

    Attributes:
        place: What it is and where, such as ``item Lists/Orders/Order 7``.
        fact: Which of its facts; empty: it is not there at all, or was not.
    """

    place: str
    fact: str = ""
    before: object = None
    after: object = None

    def __str__(self) -> str:
        if not self.fact:
            return f"{self.place}: {'is gone' if self.after is None else 'is new'}"
        return f"{self.place}: {self.fact}: {self.before!r} became {self.after!r}"


def portrait(collection: SiteCollection) -> dict[str, Facts]:
    """Describe everything in a site collection, by what it is and where.

    Hold ``collection.lock``.
    """
    describer = Describer(collection)
    found: dict[str, Facts] = {}
    for group in collection.principals.groups.values():
        found[f"group {group.title}"] = {
            "description": group.description,
            "owner": describer.principal(group.owner_id),
            "members": sorted(describer.principal(one) for one in group.members),
        }
    for role in collection.role_definitions.values():
        found[f"role {role.name}"] = {"mask": role.mask, "description": role.description}
    for web in collection.webs():
        found |= dict(_web(describer, web))
    return found


def differences(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> list[Difference]:
    """Say in what two portraits differ, in the order of the first."""
    found: list[Difference] = []
    for place in [*before, *(one for one in after if one not in before)]:
        old, new = before.get(place), after.get(place)
        if old is None or new is None:
            found.append(Difference(place=place, before=old, after=new))
            continue
        found += [
            Difference(place=place, fact=fact, before=old.get(fact), after=new.get(fact))
            for fact in [*old, *(one for one in new if one not in old)]
            if old.get(fact) != new.get(fact)
        ]
    return found


def _web(describer: Describer, web: Web) -> Iterator[tuple[str, Facts]]:
    place = describer.place(web.path) or "."
    yield (
        f"web {place}",
        {
            "title": web.title,
            "description": web.description,
            "language": web.language,
            "regional": asdict(web.regional),
            "features": sorted(web.features),
            "properties": dict(sorted(web.properties.items())),
            "welcome page": web.welcome_page,
            "logo": describer.place(web.logo_url),
            "theme": web.theme,
            "quick launch": [_node(describer, one) for one in web.navigation.quick_launch],
            "top bar": [_node(describer, one) for one in web.navigation.top],
            "custom actions": [_without_id(one) for one in web.custom_actions],
            "files": {
                one.name: (
                    describer.content(one.file.content),
                    sorted(
                        (p.zone_id, p.zone_index, p.title, p.xml, p.is_closed)
                        for p in one.file.web_parts
                    ),
                )
                for one in web.files.values()
            },
            **describer.permissions(web),
        },
    )
    for column in web.fields.values():
        yield f"site column {place}/{column.name}", _column(describer, column)
    for kind in web.content_types.values():
        yield f"content type {place}/{kind.name}", {**_content_type(kind), "id": kind.id}
    for one in web.lists.values():
        if not one.settings.is_hidden:
            yield from _list(describer, one)
        elif one.base_template == MASTER_PAGES:
            # Nobody made the gallery, but somebody may have put a layout into it.
            yield from items_of(describer, one)


def _list(describer: Describer, of: SpList) -> Iterator[tuple[str, Facts]]:
    place = describer.place(of.root_path)
    yield (
        f"list {place}",
        {
            "title": of.title,
            "template": of.base_template,
            "settings": asdict(of.settings),
            "properties": dict(sorted(of.root_properties.items())),
            "content types": [_content_type(one) for one in of.content_types.values()],
            "custom actions": [_without_id(one) for one in of.custom_actions],
            **describer.permissions(of),
        },
    )
    notes = [of.note_of(one) for one in of.fields.values()]
    for column in of.fields.values():
        if not column.is_from_base_type and column not in notes:
            yield f"column {place}/{column.name}", _column(describer, column, of.fields.values())
    for view in of.views.values():
        yield f"view {place}/{view.title}", _view(describer, view)
    yield from items_of(describer, of)


def _column(describer: Describer, column: Field, among: Iterable[Field] = ()) -> Facts:
    attributes = {
        key: value for key, value in column.attributes.items() if key not in _OF_ONE_LIST_ALONE
    }
    other = describer.collection.find_list(column.lookup_list)
    if other is not None:
        attributes["List"] = describer.place(other.root_path)
    through = attributes.get("FieldRef", "").strip("{}").casefold()
    for one in among:
        if one.id == through:
            attributes["FieldRef"] = one.name
    return {
        "id": column.id,
        "title": column.title,
        "type": column.type,
        "attributes": dict(sorted(attributes.items())),
        "inside": column.inner_xml,
    }


def _content_type(kind: ContentType) -> Facts:
    return {
        "name": kind.name,
        "group": kind.group,
        "description": kind.description,
        "columns": sorted((one.name, one.is_required, one.is_hidden) for one in kind.links),
    }


def _view(describer: Describer, view: View) -> Facts:
    return {
        "columns": list(view.fields),
        "query": view.query,
        "rows": view.row_limit,
        "is default": view.is_default,
        "kind": view.kind,
        "scope": view.scope,
        "formatter": view.formatter,
        "aggregations": view.aggregations,
        "owner": describer.principal(view.owner_id) if view.owner_id else "",
    }


def _node(describer: Describer, node: Node) -> Facts:
    return {
        "title": node.title,
        "url": describer.place(node.url),
        "below": [_node(describer, one) for one in node.children],
    }


def _without_id(action: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in action.items() if key != "Id"}
