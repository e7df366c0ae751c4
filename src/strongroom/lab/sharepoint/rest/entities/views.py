"""Views of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from strongroom.lab.exchange.xml import NotXml, children, name_of, parse
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.views import View
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import (
    by_guid,
    decoded,
    fixed,
    known,
    list_path,
    type_id,
)
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection, Entity, Kind, Method, Value
from strongroom.lab.sharepoint.rest.whole import whole
from strongroom.lab.sharepoint.rights import Level

_SCOPES = {"": 0, "Recursive": 1, "RecursiveAll": 2, "FilesOnly": 3}
_KINDS = {0: "HTML", 1: "HTML", 2048: "GRID", 524288: "CALENDAR", 67108864: "GANTT"}
_INNER = re.compile(r"<Query>(.*)</Query>", re.DOTALL)


def views_of(call: Call, of: SpList, path: str) -> Collection:
    """List the views that the visitor sees."""
    seen = [one for one in of.views.values() if one.owner_id in {0, call.user_id}]

    def by_title(call: Call, _: object, args: Args) -> Entity:
        wanted = args.text("strTitle", 0, default=args.text("title", 0, default=""))
        found = next((one for one in seen if one.title.casefold() == wanted.casefold()), None)
        if found is None:
            raise errors.ApiError(404, errors.ARGUMENT, f"View '{wanted}' does not exist.")
        return view_entity(of, found)

    find = by_guid(seen, lambda one: one.id)

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("guidId", 0, default=args.text("id", 0, default="")))
        if found is None:
            raise errors.not_found("The view does not exist.")
        return view_entity(of, found)

    def add(call: Call, _: object, args: Args) -> Entity:
        return view_entity(of, _create(call, of, args.part("parameters")))

    return Collection(
        kind=VIEW,
        path=path,
        things=lambda: seen,
        find=find,
        create=lambda call, body: _create(call, of, body),
        item_path=lambda one: view_entity(of, one).path,
        methods={
            "getbytitle": Method(run=by_title),
            "getbyid": Method(run=by_id),
            "add": Method(run=add, is_post=True, needs=Level.EDIT),
        },
    )


def view_entity(of: SpList, view: View) -> Entity:
    """Give a view an address."""
    return Entity(VIEW, view, f"{list_path(of)}/Views(guid'{view.id}')")


def _create(call: Call, of: SpList, body: Body) -> View:
    call.need(Level.EDIT)
    kind = body.get("ViewTypeKind", body.get("ViewTypeKind", 1))
    limit = body.get("RowLimit")
    view = View(
        id=call.collection.new_guid(),
        title=str(body.get("Title", "")),
        query=str(body.get("ViewQuery") or body.get("Query") or ""),
        row_limit=limit if isinstance(limit, int) else 30,
        is_paged=bool(body.get("Paged", True)),
        is_default=bool(body.get("SetAsDefaultView") or body.get("DefaultView")),
        kind=_KINDS.get(kind if isinstance(kind, int) else 1, "HTML"),  # type: ignore[arg-type]
        owner_id=call.user_id if body.get("PersonalView") else 0,
    )
    columns = body.get("ViewFields")
    if isinstance(columns, list):
        view.fields = [str(one) for one in columns]
    else:
        view.fields = list(of.default_view.fields) if of.views else []
    xml = body.get("ViewXml") or body.get("ListViewXml")
    if isinstance(xml, str) and xml:
        _read_xml(view, xml)
    return of.add_view(view, by=call.user_id)


def _owner(call: Call, view: View) -> SpList:
    for web in call.collection.webs():
        for one in web.lists.values():
            if one.views.get(view.id) is view:
                return one
    raise errors.not_found()


def _update(call: Call, view: View, body: Body) -> None:
    xml = body.get("ListViewXml")
    if isinstance(xml, str):
        _read_xml(view, xml)
    view.title = str(body.get("Title", view.title))
    view.query = str(body.get("ViewQuery", view.query) or "")
    view.row_limit = whole(body.get("RowLimit"), view.row_limit)
    view.is_paged = bool(body.get("Paged", view.is_paged))
    view.is_hidden = bool(body.get("Hidden", view.is_hidden))
    view.scope = whole(body.get("Scope"), view.scope)
    view.formatter = str(body.get("CustomFormatter", view.formatter) or "")
    view.aggregations = str(body.get("Aggregations", view.aggregations) or "")
    _owner(call, view).update_view(view, by=call.user_id, is_default=bool(body.get("DefaultView")))


def _set_xml(call: Call, view: View, args: Args) -> None:
    _read_xml(view, args.text("viewXml", 0))
    _owner(call, view).update_view(view, by=call.user_id)


def _read_xml(view: View, xml: str) -> None:
    try:
        root = parse(xml.encode())
    except NotXml as error:
        raise errors.failed("The XML of the view is not valid.") from error
    if name_of(root) != "View":
        raise errors.failed("The XML of the view is not valid.")
    view.scope = _SCOPES.get(root.get("Scope", ""), 0)
    view.title = root.get("DisplayName", view.title)
    found = _INNER.search(xml)
    view.query = found[1] if found else ""
    for one in children(root):
        name = name_of(one)
        if name == "ViewFields":
            view.fields = [ref.get("Name", "") for ref in children(one)]
        elif name == "RowLimit":
            view.row_limit = whole(one.text, view.row_limit)
            view.is_paged = one.get("Paged", "").upper() == "TRUE"
        elif name == "CustomFormatter":
            view.formatter = one.text or ""


def _fields(call: Call, view: View, path: str) -> Entity:
    return Entity(VIEW_FIELDS, view, path)


def _changed(call: Call, view: View, fields: Sequence[str]) -> None:
    view.fields = list(fields)
    _owner(call, view).update_view(view, by=call.user_id)


def _add_field(call: Call, view: View, args: Args) -> None:
    name = args.text("strField", 0)
    if name not in _owner(call, view).fields:
        raise errors.ApiError(404, errors.ARGUMENT, f"Column '{name}' does not exist.")
    if name not in view.fields:
        _changed(call, view, [*view.fields, name])


def _remove_field(call: Call, view: View, args: Args) -> None:
    name = args.text("strField", 0)
    _changed(call, view, [one for one in view.fields if one != name])


def _move_field(call: Call, view: View, args: Args) -> None:
    name, place = args.text("field", 0), args.number("index", 1)
    rest = [one for one in view.fields if one != name]
    _changed(call, view, [*rest[:place], name, *rest[place:]])


def _fields_xml(_: Call, view: View) -> str:
    return "".join(f'<FieldRef Name="{one}" />' for one in view.fields)


VIEW_FIELDS: Kind[View] = known(
    Kind(
        name="SP.ViewFieldCollection",
        values={
            "SchemaXml": _fields_xml,
            "Items": lambda _, view: list(view.fields),
        },
        methods={
            "addviewfield": Method(run=_add_field, is_post=True, needs=Level.EDIT),
            "removeviewfield": Method(run=_remove_field, is_post=True, needs=Level.EDIT),
            "removeallviewfields": Method(
                run=lambda call, view, _: _changed(call, view, []), is_post=True, needs=Level.EDIT
            ),
            "moveviewfieldto": Method(run=_move_field, is_post=True, needs=Level.EDIT),
        },
    )
)

VIEW: Kind[View] = known(
    Kind(
        name="SP.View",
        values={
            "Aggregations": lambda _, view: view.aggregations,
            "AggregationsStatus": lambda _, view: "On" if view.aggregations else "Off",
            "AssociatedContentTypeId": lambda _, view: None,
            "BaseViewId": lambda _, view: str(view.base_view_id),
            **fixed({"CalendarViewStyles": None, "ColumnWidth": None}),
            "ContentTypeId": lambda _, view: type_id(view.content_type_id),
            "CustomFormatter": lambda _, view: view.formatter or None,
            "CustomOrder": lambda _, view: None,
            "DefaultView": lambda _, view: view.is_default,
            **fixed({
                "DefaultViewForContentType": False,
                "EditorModified": False,
                "Formats": None,
                "GridLayout": None,
            }),
            "Hidden": lambda _, view: view.is_hidden,
            "HtmlSchemaXml": lambda _, view: view.xml,
            "Id": lambda _, view: view.id,
            **fixed({
                "ImageUrl": "/_layouts/15/images/generic.png?rev=47",
                "IncludeRootFolder": False,
                "ViewJoins": None,
                "JSLink": "clienttemplates.js",
            }),
            "ListViewXml": lambda _, view: view.xml,
            "Method": lambda _, view: None,
            "MobileDefaultView": lambda _, view: view.is_default,
            **fixed({
                "MobileView": True,
                "ModerationType": None,
                "NewDocumentTemplates": None,
                "OrderedView": False,
            }),
            "Paged": lambda _, view: view.is_paged,
            "PersonalView": lambda _, view: view.is_personal,
            "ViewProjectedFields": lambda _, view: None,
            "ViewQuery": lambda _, view: view.query,
            **fixed({"ReadOnlyView": False, "RequiresClientIntegration": False}),
            "RowLimit": lambda _, view: view.row_limit,
            "Scope": lambda _, view: view.scope,
            "ServerRelativePath": lambda _, view: decoded(view.path),
            "ServerRelativeUrl": lambda _, view: view.path,
            **fixed({"StyleId": None, "TabularView": True, "Threaded": False}),
            "Title": lambda _, view: view.title,
            **fixed({"Toolbar": "", "ToolbarTemplateName": None}),
            "ViewType": lambda _, view: view.kind,
            **fixed({"ViewData": "", "ViewType2": None, "VisualizationInfo": None}),
        },
        links={"ViewFields": _fields},
        methods={
            "setviewxml": Method(run=_set_xml, is_post=True, needs=Level.EDIT),
            "renderashtml": Method(run=lambda _c, _v, _a: Value("RenderAsHtml", "")),
        },
        since=dict.fromkeys(
            ("AssociatedContentTypeId", "CalendarViewStyles", "ColumnWidth", "CustomFormatter",
             "CustomOrder", "GridLayout", "NewDocumentTemplates", "ServerRelativePath",
             "ViewType2", "VisualizationInfo"), "2019",
        ),
        update=_update,
        remove=lambda call, view: _owner(call, view).delete_view(view, by=call.user_id),
        needs=Level.EDIT,
    )
)  # fmt: skip
