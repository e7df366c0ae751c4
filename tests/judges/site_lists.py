"""What lists and libraries say of themselves: settings, columns, content types, views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from office365.sharepoint.client_context import ClientContext
from office365.sharepoint.lists.list import List

from strongroom.words.json import Json
from tests.judges import site_webs
from tests.judges.site_meaning import Names

_SETTINGS = (
    "Title", "Description", "BaseTemplate", "BaseType", "Hidden", "ItemCount", "EnableVersioning",
    "EnableMinorVersions", "MajorVersionLimit", "MajorWithMinorVersionsLimit", "ForceCheckout",
    "EnableModeration", "DraftVersionVisibility", "ContentTypesEnabled", "EnableAttachments",
    "EnableFolderCreation", "NoCrawl", "OnQuickLaunch", "HasUniqueRoleAssignments",
    "ParserDisabled", "IrmEnabled", "ValidationFormula", "ValidationMessage", "ReadSecurity",
    "WriteSecurity",
    "ListExperienceOptions", "Direction", "ImageUrl", "DefaultDisplayFormUrl", "DefaultEditFormUrl",
    "DefaultNewFormUrl", "DocumentTemplateUrl", "DisableCommenting", "DisableGridEditing",
)  # fmt: skip
"""Settings. ``Created`` and the dates of the last change are the server's own."""

_ON_ASKING = ("HasUniqueRoleAssignments", "ValidationFormula", "ValidationMessage", "OnQuickLaunch")
_VIEW = (
    "ViewQuery", "RowLimit", "Paged", "DefaultView", "Hidden", "PersonalView", "Scope", "ViewType",
    "CustomFormatter", "Aggregations", "JSLink",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class ReadList:
    """A list, and what was found out about it so far.

    Attributes:
        place: Where it is, seen from the root of the collection.
        fields: Its columns as the client gives them, by the name that items' properties have.
        types: Names of its content types, by their id.
        items: Its items, once they were read.
        servers_own: Names of columns that the server made itself, beside those of managed metadata.
        tells_versions: The server knows what the client asks of the versions of items.
        web_parts: Those of its classic pages, by the page's number.
    """

    context: ClientContext
    thing: List
    place: str
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)
    servers_own: set[str] = field(default_factory=set)
    tells_versions: bool = True
    web_parts: dict[int, list[Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id, in small letters."""
        return str(self.thing.properties["Id"]).casefold()

    @property
    def is_library(self) -> bool:
        """Its items are files."""
        return bool(self.thing.properties["BaseType"] == 1)


def find(
    context: ClientContext, names: Names, web: str, *, reads_hidden: bool
) -> Iterator[ReadList]:
    """Find the lists of a web, and note what their ids mean."""
    asked = context.web.lists.select(["*", *_ON_ASKING]).expand(["RootFolder"])
    for one in asked.get().execute_query():
        said = one.properties
        place = names.inside(one.root_folder.properties["ServerRelativeUrl"])
        names.learn(said["Id"], f"list {place}")
        if said["Hidden"] and not reads_hidden:
            continue
        found = ReadList(context=context, thing=one, place=place)
        for column in one.fields.get().execute_query():
            told = column.properties
            found.fields[told["EntityPropertyName"]] = told
        found.servers_own = _notes(found.fields.values())
        for kind in one.content_types.get().execute_query():
            found.types[kind.properties["StringId"].casefold()] = kind.properties["Name"]
        for view in one.views.get().execute_query():
            names.learn(view.properties["Id"], f"view {place}/{view.properties['Title']}")
        yield found


def _notes(columns: Iterable[dict[str, Any]]) -> set[str]:
    by_id = {one["Id"].casefold(): one for one in columns}
    kept_in = (site_webs.schema(one["SchemaXml"]).get("TextField", "") for one in by_id.values())
    found = (by_id.get(one.strip("{}").casefold()) for one in kept_in if one)
    return {one["InternalName"] for one in found if one}


def read(one: ReadList, names: Names) -> site_webs.Told:
    """Tell all that a list says of itself."""
    said = one.thing.properties
    for name in _SETTINGS:
        yield ("list", one.place, name), names.value(said.get(name))
    yield from site_webs.columns(one.place, one.thing.fields, names)
    yield from site_webs.content_types(
        one.place, one.thing.content_types, names, is_copy=True, left_out=one.servers_own
    )
    yield from _views(one, names)
    yield from site_webs.custom_actions(one.place, one.thing.user_custom_actions, names)
    yield from _root_folder(one, names)
    if said["HasUniqueRoleAssignments"]:
        yield from site_webs.permissions(one.place, one.thing, names)


def _root_folder(one: ReadList, names: Names) -> site_webs.Told:
    """Tell its property bag, and which content types its New menu shows.

    The client has no property for the one, and takes the other for a single id.
    """
    place = f"web/lists(guid'{one.id}')/RootFolder"
    request = one.context.pending_request()
    for name, value in request.execute_request(f"{place}/Properties").json()["d"].items():
        if not name.startswith(site_webs.OWN_PROPERTIES):
            yield ("list property", one.place, name), names.value(value)
    asked = request.execute_request(f"{place}?$select=UniqueContentTypeOrder").json()["d"]
    order = (asked["UniqueContentTypeOrder"] or {}).get("results", ())
    numbers = [row["StringValue"] for row in order]
    told: list[Json] = [one.types.get(number.casefold(), number) for number in numbers]
    yield ("list", one.place, "order of types"), told or None


def _views(one: ReadList, names: Names) -> site_webs.Told:
    seen: dict[str, int] = {}
    for view in one.thing.views.expand(["ViewFields"]).get().execute_query():
        said = view.properties
        count = seen[said["Title"]] = seen.get(said["Title"], 0) + 1
        where = ("view", one.place, said["Title"] if count == 1 else f"{said['Title']} #{count}")
        for name in _VIEW:
            yield (*where, name), names.value(said.get(name))
        yield (*where, "page"), names.text(said["ServerRelativeUrl"])
        yield (*where, "columns"), _view_fields(view, names)


def _view_fields(view: Any, names: Names) -> Json:
    found = names.value(view.view_fields)
    return found.get("Items") if isinstance(found, dict) else found
