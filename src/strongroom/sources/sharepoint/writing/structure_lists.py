"""Lists' own settings, and views."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing.bags import own_properties
from strongroom.sources.sharepoint.writing.by_object_model import write_list_bag
from strongroom.sources.sharepoint.writing.definition import (
    Definition,
    mapping_of,
    number_of,
    text_of,
)
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.orders import note_order
from strongroom.sources.sharepoint.writing.pages import rewritten
from strongroom.sources.sharepoint.writing.relaxing import HELD_BACK
from strongroom.sources.sharepoint.writing.schema_xml import view_for
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document
from strongroom.wire.sharepoint.lists import root_folder
from strongroom.wire.sharepoint.writing.lists import SETTINGS, update_list
from strongroom.wire.sharepoint.writing.views import create_view, set_view_xml, update_view
from strongroom.words.json import Json

OWN = "own"
_NOT_HERE = frozenset({"ImageUrl", "DefaultContentApprovalWorkflowId", "Direction"})
_VIEW_SETTINGS = (
    *("Title", "DefaultView", "MobileView", "MobileDefaultView", "Hidden", "Paged"),
    *("Aggregations", "AggregationsStatus", "CustomFormatter"),
)


def write_list(means: Means, definition: Definition) -> str:
    """Give a list the settings that were saved; those that refuse items come in the end."""
    target = means.standing.list_by_id(definition.web, definition.list_id)
    saved = _settings(definition)
    if definition.may_change:
        known = means.standing.settings_of("list")
        now = {
            name: value
            for name, value in saved.items()
            if name in known and name not in HELD_BACK and value != target.settings.get(name)
        }
        later = {name: value for name, value in saved.items() if name in HELD_BACK}
        means.relaxing.want(target, later)
        if now:
            send(means.rest, update_list(definition.web, definition.list_id, now))
        means.standing.forget(definition.list_id)
        note_order(means, definition.web, definition.list_id, definition.document)
        _write_bag(means, definition)
    return OWN


def _write_bag(means: Means, definition: Definition) -> None:
    saved = mapping_of(definition.mapping("root_folder"), "Properties")
    if own_properties(saved) and means.takes_bags():
        question = root_folder(definition.web, definition.list_id)
        now = mapping_of(means.rest.read(question).read(Document), "Properties")
        write_list_bag(means, definition.web, definition.list_id, saved, now)


def _settings(definition: Definition) -> dict[str, Json]:
    """Give what may be written of the saved settings."""
    settings = definition.mapping("settings") or definition.document
    found = {
        name: settings[name]
        for name in SETTINGS
        if name in settings and name not in _NOT_HERE and settings[name] is not None
    }
    if not found.get("EnableVersioning"):
        # A list without versions refuses to be told how many to keep.
        for name in ("EnableMinorVersions", "MajorVersionLimit", "MajorWithMinorVersionsLimit"):
            found.pop(name, None)
    elif not found.get("EnableMinorVersions"):
        found.pop("MajorWithMinorVersionsLimit", None)
    return {name: _elsewhere(definition, name, value) for name, value in found.items()}


def _elsewhere(definition: Definition, name: str, value: Json) -> Json:
    is_address = name.endswith("FormUrl") and isinstance(value, str)
    return definition.site.address(str(value)) if is_address else value


def write_view(means: Means, definition: Definition) -> str:
    """Have a view with the saved columns, order, filter and looks."""
    document = definition.document
    if document.get("PersonalView"):
        raise ItemError(
            "A personal view is its owner's alone.", code="personal-view", is_permanent=True
        )
    there = _find_view(means, definition)
    if there is not None and not definition.may_change:
        return str(there.get("Id", "")).lower()
    view_id = str(there.get("Id", "")) if there else _create(means, definition)
    xml = definition.text("ListViewXml")
    if xml:
        question = set_view_xml(
            definition.web, definition.list_id, view_id, _view_xml(means, definition, xml)
        )
        send(means.rest, question)
    # A server refuses the whole of a change for one setting that it does not know.
    known = means.standing.settings_of("view")
    changes: dict[str, Json] = {
        name: _pointing(definition, name, document[name])
        for name in _VIEW_SETTINGS
        if document.get(name) is not None and document[name] != "" and name in known
    }
    if changes:
        send(means.rest, update_view(definition.web, definition.list_id, view_id, changes))
    return view_id.lower()


def _view_xml(means: Means, definition: Definition, xml: str) -> str:
    return view_for(rewritten(means, definition.site, xml))


def _pointing(definition: Definition, name: str, value: Json) -> Json:
    """Give a setting of a view with the target's addresses in its looks."""
    is_looks = name == "CustomFormatter" and isinstance(value, str)
    return definition.site.text(str(value)) if is_looks else value


def _find_view(means: Means, definition: Definition) -> Document | None:
    """Find a view by its id; else by the last name of its address, or by its title."""
    found = [
        one
        for page in means.rest.rows(f"{definition.owner}/views", Document)
        for one in page
        if not one.get("PersonalView")
    ]
    keys = (_id_of, _leaf_of, lambda one: text_of(one, "Title"))
    for key in keys:
        wanted = key(definition.document)
        for one in found:
            if wanted and key(one) == wanted:
                return one
    return None


def _id_of(view: Mapping[str, Json]) -> str:
    return text_of(view, "Id").lower()


def _leaf_of(view: Mapping[str, Json]) -> str:
    return text_of(view, "ServerRelativeUrl").rpartition("/")[2].casefold()


def _create(means: Means, definition: Definition) -> str:
    """Make a view by the last name of its address, which its title would give otherwise."""
    leaf = definition.text("ServerRelativeUrl").rpartition("/")[2].removesuffix(".aspx")
    question = create_view(
        definition.web,
        definition.list_id,
        title=leaf or definition.text("Title"),
        query=definition.text("ViewQuery"),
        row_limit=number_of(definition.document, "RowLimit") or 30,
    )
    told = send(means.rest, question).read(Document)
    view_id = str(told.get("Id") or "")
    if not view_id:
        raise ItemError("The server made a view without an id.", code="no-id")
    return view_id
