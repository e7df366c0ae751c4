"""What webs say of themselves: settings, people, roles, columns, content types, navigation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from office365.sharepoint.client_context import ClientContext
from office365.sharepoint.webs.web import Web

from strongroom.words.json import Json
from tests.judges.site_meaning import Names, plain

Told = Iterator[tuple[tuple[str, ...], Json]]

_WEB = (
    "Title", "Description", "Language", "WebTemplate", "Configuration", "MasterUrl",
    "CustomMasterUrl", "AlternateCssUrl", "SiteLogoUrl", "QuickLaunchEnabled", "TreeViewEnabled",
    "HasUniqueRoleAssignments", "NoCrawl", "IsMultilingual", "FooterEnabled", "HeaderLayout",
    "HorizontalQuickLaunch", "MegaMenuEnabled", "CommentsOnSitePagesDisabled", "SearchScope",
)  # fmt: skip
OWN_PROPERTIES = ("vti_", "__", "odata", "disabledhelp", "OData__x005f", "_")
"""Beginnings of names that servers write into a property bag for themselves."""

_LIMITED_ACCESS = 1
_UNSTABLE_SCHEMA = frozenset(
    {"ColName", "ColName2", "RowOrdinal", "RowOrdinal2", "SourceID", "Version", "WebId"}
)
"""Where a column lies in the database, and where it was made: a server's own business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column.

    Attributes:
        name: Internal name.
        item_name: What items call it.
        schema: Of its XML.
    """

    name: str
    item_name: str
    schema: Mapping[str, str]

    @property
    def kind(self) -> str:
        """``TypeAsString``."""
        return self.schema["Type"]

    def is_set(self, name: str) -> bool:
        """Say whether an attribute is ``TRUE``."""
        return self.schema.get(name, "").upper() == "TRUE"


def learn_people(context: ClientContext, names: Names) -> None:
    """Note who stands behind the numbers of users and groups."""
    for one in context.web.site_users.get().execute_query():
        names.people[one.properties["Id"]] = names.name_of(one.properties["LoginName"])
    for one in context.web.site_groups.get().execute_query():
        names.people[one.properties["Id"]] = f"group {names.text(one.properties['Title'])}"


def read_collection(context: ClientContext, names: Names) -> Told:
    """Tell what belongs to the whole collection: groups, roles, administrators."""
    groups = context.web.site_groups.expand(["Users", "Owner"]).get().execute_query()
    for group in groups:
        said = group.properties
        place = ("group", said["Title"])
        for name in ("Description", "AllowMembersEditMembership", "AllowRequestToJoinLeave",
                     "AutoAcceptRequestToJoinLeave", "OnlyAllowMembersViewMembership"):  # fmt: skip
            yield (*place, name), names.value(said.get(name))
        yield (*place, "owner"), names.person(plain(said["Owner"])["Id"])
        yield (*place, "members"), sorted(names.person(one.properties["Id"]) for one in group.users)
    for role in context.web.role_definitions.get().execute_query():
        said = role.properties
        yield (
            ("role", said["Name"]),
            {
                "permissions": plain(said["BasePermissions"]),
                "description": said.get("Description"),
                "hidden": said.get("Hidden"),
                "order": said.get("Order"),
            },
        )
    admins = [one.properties for one in context.web.site_users.get().execute_query()]
    yield (
        ("collection", "administrators"),
        sorted(names.person(one["Id"]) for one in admins if one.get("IsSiteAdmin")),
    )
    for one in context.site.features.get().execute_query():
        yield ("feature", "«collection»", one.properties["DefinitionId"]), True
    yield from custom_actions("«collection»", context.site.user_custom_actions, names)
    for name in ("AssociatedOwnerGroup", "AssociatedMemberGroup", "AssociatedVisitorGroup"):
        found = plain(context.web.select([name]).expand([name]).get().execute_query().properties)
        told = found.get(name) if isinstance(found, dict) else None
        yield ("collection", name), told.get("Title") if isinstance(told, dict) else None


def read_web(web: Web, context: ClientContext, names: Names) -> Told:
    """Tell all that a web says of itself."""
    said = web.properties
    place = names.inside(said["ServerRelativeUrl"])
    for name in _WEB:
        yield ("web", place, name), names.value(said.get(name))
    folder = context.web.root_folder.get().execute_query()
    yield ("web", place, "welcome page"), folder.properties.get("WelcomePage")
    regional = context.web.regional_settings.expand(["TimeZone"]).get().execute_query()
    for name, value in regional.properties.items():
        if name == "TimeZone":
            yield ("regional", place, name), plain(value)["Id"]
        else:
            yield ("regional", place, name), names.value(value)
    for name, value in context.web.all_properties.get().execute_query().properties.items():
        if not name.startswith(OWN_PROPERTIES):
            yield ("property", place, name), names.value(value)
    for one in context.web.features.get().execute_query():
        yield ("feature", place, one.properties["DefinitionId"]), True
    yield from custom_actions(place, context.web.user_custom_actions, names)
    yield from columns(place, find_columns(context.web.fields), names)
    kinds = context.web.content_types.expand(["FieldLinks"]).get().execute_query()
    yield from content_types(place, kinds, names, is_copy=False)
    yield from _navigation(place, context, names)
    if said["HasUniqueRoleAssignments"]:
        yield from permissions(place, context.web, names)


def find_columns(fields: Any) -> list[Column]:
    """Read columns."""
    asked = fields.select(["InternalName", "EntityPropertyName", "SchemaXml"])
    return [
        Column(
            name=one.properties["InternalName"],
            item_name=one.properties["EntityPropertyName"],
            schema=schema(one.properties["SchemaXml"]),
        )
        for one in asked.get().execute_query()
    ]


def columns(place: str, found: Iterable[Column], names: Names) -> Told:
    """Tell columns, by what their XML says.

    Beside a managed metadata column lies a hidden one, which the server makes and names itself.
    """
    notes = {one.schema.get("TextField") for one in found}
    for one in found:
        if one.schema["ID"] not in notes:
            for key, value in one.schema.items():
                if key != "TextField":
                    yield ("column", place, one.name, key), names.text(value)


def schema(xml: str) -> dict[str, str]:
    """Read the XML of a column: its attributes, and what stands inside."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    said = {
        str(key): str(value) for key, value in root.attrib.items() if key not in _UNSTABLE_SCHEMA
    }
    inner = "".join(etree.tostring(one, encoding="unicode").strip() for one in root)
    return {**said, "inside": inner} if inner else said


def content_types(
    place: str, found: Iterable[Any], names: Names, *, is_copy: bool, left_out: Collection[str] = ()
) -> Told:
    """Tell content types; a list's copies have ids of their own below that of the web's.

    Args:
        place: Of the web or list.
        found: As the client gives them, with their links to columns.
        names: What ids mean.
        is_copy: They are a list's.
        left_out: Columns that the server made itself.
    """
    for one in found:
        said = one.properties
        number = said["StringId"]
        where = ("content type", place, said["Name"])
        yield (*where, "id"), number[:-34] if is_copy and number[-34:-32] == "00" else number
        for name in ("Description", "Group", "Hidden", "ReadOnly", "Sealed", "DocumentTemplate"):
            yield (*where, name), names.value(said.get(name))
        links = [link.properties for link in one.field_links]
        for order, told in enumerate(o for o in links if o["Name"] not in left_out):
            yield (
                (*where, "column", told["Name"]),
                {"order": order, "hidden": told.get("Hidden"), "required": told.get("Required")},
            )


def permissions(place: str, thing: Any, names: Names) -> Told:
    """Tell who may do what with something that has permissions of its own.

    Limited Access is left out: the server gives it to whoever may see something further down, and
    takes it to places where permissions are copied.
    """
    roles = thing.role_assignments.expand(["RoleDefinitionBindings"]).get().execute_query()
    for one in roles:
        held = sorted(
            role.properties["Name"]
            for role in one.role_definition_bindings
            if plain(role.properties["RoleTypeKind"]) != _LIMITED_ACCESS
        )
        yield ("permission", place, names.person(one.properties["PrincipalId"])), held or None


def custom_actions(place: str, actions: Any, names: Names) -> Told:
    """Tell what somebody put into menus and onto pages."""
    for order, one in enumerate(actions.get().execute_query()):
        for name, value in one.properties.items():
            if name not in {"Id", "VersionOfUserCustomAction"}:
                key = one.properties.get("Name") or one.properties.get("Title") or str(order)
                yield ("custom action", place, key, name), names.value(value)


def _navigation(place: str, context: ClientContext, names: Names) -> Told:
    navigation = context.web.navigation
    shared = navigation.get().execute_query().properties.get("UseShared")
    yield ("navigation", place, "UseShared"), names.value(shared)
    yield from _nodes(("navigation", place, "quick launch"), navigation.quick_launch, names)
    yield from _nodes(("navigation", place, "top"), navigation.top_navigation_bar, names)


def _nodes(place: tuple[str, ...], nodes: Any, names: Names) -> Told:
    for order, one in enumerate(nodes.get().execute_query()):
        said = one.properties
        here = (*place, f"{order} {said['Title']}")
        for name in ("Url", "IsExternal", "IsVisible", "AudienceIds"):
            yield (*here, name), names.value(said.get(name))
        yield from _nodes(here, one.children, names)
