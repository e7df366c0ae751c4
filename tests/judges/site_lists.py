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
from tests.judges.site_webs import Column

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
        fields: Its columns, by the name that items' properties have.
        kinds, views: Its content types and views, as the client gives them.
        types: Names of its content types, by their id.
        items: Its items, once they were read.
        servers_own: Names of columns that the server made itself, beside those of managed metadata.
        tells_versions: The server knows what the client asks of the versions of items.
        web_parts: Those of its classic pages, by the page's number.
    """

    context: ClientContext
    thing: List
    place: str
    fields: dict[str, Column] = field(default_factory=dict)
    kinds: list[Any] = field(default_factory=list)
    views: list[Any] = field(default_factory=list)
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
        found.fields = {o.item_name: o for o in site_webs.find_columns(one.fields)}
        found.servers_own = _notes(found.fields.values())
        found.kinds = list(one.content_types.expand(["FieldLinks"]).get().execute_query())
        for kind in found.kinds:
            found.types[kind.properties["StringId"].casefold()] = kind.properties["Name"]
        found.views = list(one.views.expand(["ViewFields"]).get().execute_query())
        for view in found.views:
            names.learn(view.properties["Id"], f"view {place}/{view.properties['Title']}")
        yield found


def _notes(columns: Iterable[Column]) -> set[str]:
    """Name the hidden columns that servers keep beside those of managed metadata."""
    named = {one.schema["ID"].casefold(): one.name for one in columns}
    found = (named.get(one.schema.get("TextField", "").casefold()) for one in columns)
    return {name for name in found if name}


def read(one: ReadList, names: Names) -> site_webs.Told:
    """Tell all that a list says of itself."""
    said = one.thing.properties
    for name in _SETTINGS:
        yield ("list", one.place, name), names.value(said.get(name))
    yield from site_webs.columns(one.place, one.fields.values(), names)
    yield from site_webs.content_types(
        one.place, one.kinds, names, is_copy=True, left_out=one.servers_own
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
    for view in one.views:
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
