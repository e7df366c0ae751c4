"""What new lists, webs and collections begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom.lab.sharepoint.content import base_fields, content_types
from strongroom.lab.sharepoint.content.fields import encoded_name
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.list_core import ListSettings
from strongroom.lab.sharepoint.content.permissions import EDIT, FULL_CONTROL, READ
from strongroom.lab.sharepoint.content.principals import SYSTEM_ACCOUNT, User
from strongroom.lab.sharepoint.content.refusals import ValueRefused
from strongroom.lab.sharepoint.content.taxonomy import Term
from strongroom.lab.sharepoint.content.traits import Traits
from strongroom.lab.sharepoint.content.views import View

if TYPE_CHECKING:  # webs are filled from here
    from strongroom.lab.sharepoint.content.lists import SpList
    from strongroom.lab.sharepoint.content.webs import Web

GENERIC, LIBRARY, EVENTS, TASKS, PAGES = 100, 101, 106, 171, 119
USERS, WEB_PARTS, MASTER_PAGES = 112, 113, 116
_LIBRARIES = frozenset({101, 109, 110, 111, 113, 114, 115, 116, 119, 121, 122, 123, 850, 851})
_BASE_TYPES = {108: 3, 102: 4, 1100: 5}

MODERN_PAGES = "b6917cb1-93a0-4b97-a84d-7cf49975d4ec"
FEATURES = (
    "00bfea71-d8fe-4fec-8dad-01c19a6e4053",
    "87294c72-f260-42f3-a41b-981a2ffce37a",
    MODERN_PAGES,
    "0806d127-06e6-447a-980e-2e90b03101b8",
)
"""What is on in a new web."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """How lists of one template differ from others."""

    content_type: str
    more_types: tuple[str, ...] = ()
    feature: str
    view_fields: tuple[str, ...]
    view_title: str = "All Items"
    view_page: str = "AllItems.aspx"
    has_minor_versions: bool = False


_PLAIN = _Template(
    content_type=content_types.ITEM,
    feature="00bfea71-de22-43b2-a848-c05709900100",
    view_fields=("LinkTitle",),
)
_DOCUMENTS = _Template(
    content_type=content_types.DOCUMENT,
    feature="00bfea71-e717-4e80-aa17-d0c71b360101",
    view_fields=("DocIcon", "LinkFilename", "Modified", "Editor"),
    view_title="All Documents",
)
_TEMPLATES = {
    GENERIC: _PLAIN,
    LIBRARY: _DOCUMENTS,
    TASKS: _Template(
        content_type=content_types.TASK,
        feature="f9ce21f8-f437-4f7e-8bc6-946378c850f0",
        view_fields=("LinkTitle", "DueDate", "AssignedTo", "Status"),
        view_title="All Tasks",
    ),
    PAGES: _Template(
        content_type=content_types.SITE_PAGE,
        more_types=(content_types.WIKI_PAGE, content_types.WEB_PART_PAGE),
        feature="00bfea71-c796-4402-9f2f-0eb9a6e71b18",
        view_fields=("DocIcon", "LinkFilename", "Modified", "Editor"),
        view_title="By Author",
        view_page="ByAuthor.aspx",
        has_minor_versions=True,
    ),
    EVENTS: _Template(
        content_type=content_types.EVENT,
        feature="00bfea71-ec85-4903-972d-ebe475780106",
        view_fields=("LinkTitle", "EventDate", "EndDate"),
        view_title="All Events",
    ),
    MASTER_PAGES: _Template(
        content_type=content_types.MASTER_PAGE,
        more_types=(content_types.PAGE_LAYOUT,),
        feature="00000000-0000-0000-0000-000000000000",
        view_fields=("DocIcon", "LinkFilename"),
        view_title="All Master Pages",
    ),
}


_PAGES_AND_ASSETS = (("Site Pages", PAGES, "SitePages"), ("Site Assets", LIBRARY, "SiteAssets"))
_GROUP = (("Documents", LIBRARY, "Shared Documents"), *_PAGES_AND_ASSETS)
_SHOWN = {
    "STS": (*_GROUP, ("Tasks", TASKS, "Tasks")),
    "GROUP": _GROUP,
    "TEAMCHANNEL": _GROUP,
    "SITEPAGEPUBLISHING": (*_GROUP, ("Events", EVENTS, "Events")),
    "SPSPERS": (("Documents", LIBRARY, "Documents"),),
}
"""Title, template and address of the lists that people see, by the web's template: a team site, one
with a Microsoft 365 group, a Teams channel's, a communication site, a OneDrive."""


def new_list(web: Web, title: str, base_template: int, leaf: str, by: int) -> SpList:
    """Make a list of a template; nobody knows of it yet.

    Args:
        web: Where.
        title: Of the list.
        base_template: 100 a list, 101 a library, and so on.
        leaf: The last part of its address; with slashes: all of it below the web.
        by: Who makes it.
    """
    from strongroom.lab.sharepoint.content.lists import SpList  # noqa: PLC0415 - they need us

    collection = web.collection
    is_library = base_template in _LIBRARIES
    name = "".join(c for c in leaf if c not in '"#%*:<>?\\|~&{}').strip()
    if not name:
        raise ValueRefused("Title", "The name of a list cannot be made of such letters alone.")
    inner = name if is_library or "/" in name else f"Lists/{name}"
    number, now = collection.new_guid(), collection.now()
    template = _TEMPLATES.get(base_template, _DOCUMENTS if is_library else _PLAIN)
    made = SpList(
        web=web,
        id=number,
        title=title,
        root_path=web.inside(inner),
        base_template=base_template,
        base_type=1 if is_library else _BASE_TYPES.get(base_template, 0),
        created=now,
        author_id=by,
        last_modified=now,
        last_deleted=now,
        root_unique_id=collection.new_guid(),
        entity_name=_entity_name(inner, is_library=is_library),
        template_feature_id=template.feature,
        settings=_settings(template, collection.traits, is_library=is_library),
    )
    columns = base_fields.of_template(
        base_template,
        is_library=is_library,
        list_id=number,
        has_modern_pages=collection.traits.has_modern_pages,
    )
    for column in columns:
        column.owner_id = number
        made.fields[column.name] = column
    _give_types(made, template)
    place = f"{made.root_path}/Forms" if is_library else made.root_path
    view = View(
        id=collection.new_guid(),
        title=template.view_title,
        fields=list(template.view_fields),
        is_default=True,
        path=f"{place}/{template.view_page}",
    )
    made.views[view.id] = view
    return made


def fill_root(web: Web, by: int) -> None:
    """Give a new root web its columns, content types, groups and hidden lists."""
    is_modern = web.collection.traits.has_modern_pages
    for column in base_fields.site_columns(has_modern_pages=is_modern):
        column.owner_id = web.id
        web.fields.setdefault(column.name, column)
    for kind in content_types.standard_types():
        if is_modern or kind.id != content_types.SITE_PAGE:
            web.content_types[kind.id] = kind
    principals = web.collection.principals
    owners = principals.add_group(f"{web.title} Owners")
    visitors = principals.add_group(f"{web.title} Visitors", owner_id=owners.id)
    members = principals.add_group(f"{web.title} Members", owner_id=owners.id)
    web.owner_group_id, web.member_group_id = owners.id, members.id
    web.visitor_group_id = visitors.id
    assert web.permissions is not None
    for group, role in ((owners, FULL_CONTROL), (visitors, READ), (members, EDIT)):
        web.permissions.add(group.id, role)
    hidden = (
        ("Master Page Gallery", MASTER_PAGES, "_catalogs/masterpage"),
        ("User Information List", USERS, "_catalogs/users"),
        ("Web Part Gallery", WEB_PARTS, "_catalogs/wp"),
        ("TaxonomyHiddenList", GENERIC, "Lists/TaxonomyHiddenList"),
    )
    for title, template, leaf in hidden:
        made = web.add_list(title, by=by, base_template=template, leaf=leaf)
        made.settings.is_hidden, made.settings.is_not_crawled = True, True
        made.settings.is_catalog = leaf.startswith("_catalogs")
        made.settings.allows_deletion = False
    terms = web.list_by_title("TaxonomyHiddenList")
    assert terms is not None
    for number in (SYSTEM_ACCOUNT, owners.id, visitors.id, members.id):
        mirror_principal(web, number)
    terms.fields |= {one.name: one for one in base_fields.of_hidden_terms()}
    web.add_list("Style Library", by=by, base_template=LIBRARY)


def fill_web(web: Web, by: int) -> None:
    """Give a new web what one of its template begins with."""
    web.features |= set(FEATURES)
    if not web.collection.traits.has_modern_pages:
        web.features.discard(MODERN_PAGES)
    web.master_url = web.custom_master_url = (
        f"{web.collection.path.rstrip('/')}/_catalogs/masterpage/seattle.master"
    )
    web.properties |= {"vti_defaultlanguage": "en-us", "__InheritsThemedCssFolderUrl": "True"}
    shown = _SHOWN.get(web.template, _SHOWN["STS"])
    for title, template, leaf in shown:
        made = web.add_list(title, by=by, base_template=template, leaf=leaf)
        made.settings.is_on_quick_launch = template != LIBRARY or title == "Documents"
        if made.settings.is_on_quick_launch:
            url = made.default_view.path
            web.navigation.quick_launch.append(web.navigation.new_node(title, url))
    web.navigation.top.append(web.navigation.new_node("Home", web.path))


def mirror_principal(root: Web, number: int) -> None:
    """Keep the hidden list of people in step: every user and group is an item of their number."""
    people = root.list_by_path(root.inside("_catalogs/users"))
    principals = root.collection.principals
    found = principals.users.get(number) or principals.groups.get(number)
    if people is None or found is None:
        return
    is_user = isinstance(found, User)
    there = people.items.get(number)
    if there is None:
        now = root.collection.now()
        kind = content_types.PERSON if is_user else content_types.SHAREPOINT_GROUP
        there = ListItem(
            parent_list=people,
            id=number,
            unique_id=root.collection.new_guid(),
            leaf_name=f"{number}_.000",
            created=now,
            modified=now,
            author_id=SYSTEM_ACCOUNT,
            editor_id=SYSTEM_ACCOUNT,
            content_type_id=kind,
        )
        people.attach(there)
    there.values |= {"Title": found.title, "Name": found.login}
    if isinstance(found, User):
        there.values |= {"EMail": found.email, "IsSiteAdmin": found.is_site_admin}
        there.values["Deleted"] = found.is_removed


def wss_id(root: Web, term: Term) -> int:
    """Give a term's number in the hidden list of terms; a new one is written there."""
    known = root.list_by_path(root.inside("Lists/TaxonomyHiddenList"))
    assert known is not None
    for one in known.items.values():
        if one.values.get("IdForTerm") == term.id:
            return one.id
    values = {"Title": term.label, "IdForTerm": term.id}
    return known.add_item(values, by=SYSTEM_ACCOUNT).id


def _settings(template: _Template, traits: Traits, *, is_library: bool) -> ListSettings:
    keeps = traits.keeps_versions or template.has_minor_versions
    return ListSettings(
        has_versioning=keeps,
        major_limit=(500 if is_library else 50) if keeps else 0,
        has_minor_versions=template.has_minor_versions,
        has_attachments=not is_library,
        has_folders=is_library,
        image_url=f"/_layouts/15/images/{'itdl' if is_library else 'itgen'}.png?rev=47",
    )


def _give_types(made: SpList, template: _Template) -> None:
    kinds = made.collection_types()
    wanted = (template.content_type, *template.more_types, content_types.FOLDER)
    for parent_id in (one for one in wanted if one in kinds):
        parent = kinds[parent_id]
        number = content_types.child_id(parent_id, made.collection.new_guid())
        made.content_types[number] = parent.copy(number)


def _entity_name(inner: str, *, is_library: bool) -> str:
    leaf = inner.removeprefix("Lists/")
    name = encoded_name(leaf.replace("_", "\0")).replace("_x0000_", "_x005f_")
    begun = f"OData_{name}" if name.startswith("_") else name
    return begun if is_library or "/" in leaf else f"{begun}List"
