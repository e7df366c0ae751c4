"""Columns of webs and lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

from strongroom.lab.sharepoint.content.change_log import ChangeType, Thing
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed, ValueRefused
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import (
    NO_GUID,
    by_guid,
    fixed,
    known,
)
from strongroom.lab.sharepoint.rest.entities.field_types import more_of, type_of_field
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection, Entity, Kind, Method
from strongroom.lab.sharepoint.rights import Level

Owner = SpList | Web
_TO_NO_CONTENT_TYPE = 2
_NAME_HINT = 8
_TO_DEFAULT_VIEW = 16
_SAID = {
    "Text": "Single line of text", "Note": "Multiple lines of text", "Choice": "Choice",
    "MultiChoice": "Choice", "Number": "Number", "Currency": "Currency",
    "DateTime": "Date and Time", "Lookup": "Lookup", "LookupMulti": "Lookup",
    "User": "Person or Group", "UserMulti": "Person or Group", "URL": "Hyperlink or Picture",
    "Boolean": "Yes/No", "TaxonomyFieldType": "Managed Metadata",
    "TaxonomyFieldTypeMulti": "Managed Metadata",
}  # fmt: skip
_CREATED = {
    2: "Text", 3: "Note", 4: "DateTime", 6: "Choice", 7: "Lookup", 8: "Boolean", 9: "Number",
    10: "Currency", 11: "URL", 15: "MultiChoice", 20: "User",
}  # fmt: skip


def columns_of(call: Call, owner: Owner, path: str) -> Collection:
    """List the columns of a list or web."""
    columns = list(owner.fields.values())

    def by_name(call: Call, _: object, args: Args) -> Entity:
        wanted = args.text("strName", 0, default=args.text("title", 0, default=""))
        found = owner.fields.get(wanted) or next(
            (
                one
                for one in columns
                if wanted.casefold() in {one.title.casefold(), one.name.casefold()}
            ),
            None,
        )
        if found is None:
            raise errors.ApiError(
                404,
                errors.ARGUMENT,
                f"Column '{wanted}' does not exist. It may have been deleted by another user.",
            )  # fmt: skip
        return Entity(FIELD, found, f"{path}(guid'{found.id}')")

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("id", 0))
        if found is None:
            raise errors.ApiError(404, errors.ARGUMENT, "Column does not exist.")
        return Entity(FIELD, found, f"{path}(guid'{found.id}')")

    def from_xml(call: Call, _: object, args: Args) -> Entity:
        given = args.part("parameters")
        options = given.get("Options", 0)
        flags = options if isinstance(options, int) else 0
        made = _create(call, owner, str(given.get("SchemaXml", "")), flags)
        return Entity(FIELD, made, f"{path}(guid'{made.id}')")

    def added(call: Call, _: object, args: Args) -> Entity:
        made = _create_plain(call, owner, args.part("parameters"))
        return Entity(FIELD, made, f"{path}(guid'{made.id}')")

    find = by_guid(columns, _id_of)
    return Collection(
        kind=FIELD,
        path=path,
        things=lambda: columns,
        find=find,
        create=lambda call, body: _create_plain(call, owner, body),
        item_path=lambda one: f"{path}(guid'{one.id}')",
        methods={
            "getbyinternalnameortitle": Method(run=by_name),
            "getbytitle": Method(run=by_name),
            "getbyid": Method(run=by_id),
            "createfieldasxml": Method(run=from_xml, is_post=True, needs=Level.EDIT),
            "addfield": Method(run=added, is_post=True, needs=Level.EDIT),
        },
    )


def _id_of(column: Field) -> str:
    return column.id


def _create(call: Call, owner: Owner, xml: str, options: int) -> Field:
    if not options & _NAME_HINT:
        # Without the hint the display name decides what the column is called for ever.
        xml = re.sub(r"\s(Name|StaticName)\s*=\s*(\"[^\"]*\"|'[^']*')", "", xml, count=2)
    try:
        if isinstance(owner, Web):
            return owner.add_field(xml, by=call.user_id)
        return owner.parse_field(
            xml,
            by=call.user_id,
            to_default_view=bool(options & _TO_DEFAULT_VIEW),
            to_content_types=not options & _TO_NO_CONTENT_TYPE,
        )
    except AlreadyExists as error:
        raise errors.failed(
            "A duplicate field name was found.", code=-2130575212, status=500
        ) from error
    except ValueRefused as error:
        raise errors.failed(str(error), status=500) from error


def _create_plain(call: Call, owner: Owner, body: Body) -> Field:
    call.need(Level.EDIT)
    title = str(body.get("Title", ""))
    number = body.get("FieldTypeKind", 2)
    kind = _CREATED.get(number if isinstance(number, int) else 2)
    if kind is None or not title:
        raise errors.bad_query("The field type or the title is not valid.")
    more = ' Required="TRUE"' if body.get("Required") else ""
    if kind == "Lookup":
        more += f" List={quoteattr(str(body.get('LookupListId', '')))}"
        more += f" ShowField={quoteattr(str(body.get('LookupFieldName', 'Title')))}"
    choices = body.get("Choices")
    inner = ""
    if isinstance(choices, list):
        rows = "".join(f"<CHOICE>{escape(str(one))}</CHOICE>" for one in choices)
        inner = f"<CHOICES>{rows}</CHOICES>"
    xml = f"<Field Type={quoteattr(kind)} DisplayName={quoteattr(title)}{more}>{inner}</Field>"
    return _create(call, owner, xml, 0)


def _update(call: Call, column: Field, body: Body) -> None:
    owner = owner_of(call, column)
    xml = body.get("SchemaXml")
    if isinstance(xml, str):
        column.replace_xml(xml)
    for name, attribute in _WRITTEN.items():
        value = body.get(name)
        if value is not None:
            said = str(value).upper() if isinstance(value, bool) else str(value)
            column.attributes[attribute] = said
    if body.get("Title"):
        column.title = str(body["Title"])
    if isinstance(owner, SpList):
        owner.update_field(column, by=call.user_id)
    else:
        owner.note(ChangeType.UPDATE, by=call.user_id, thing=Thing.FIELD, of=column.id)


_WRITTEN = {
    "Description": "Description", "Group": "Group", "Hidden": "Hidden", "Indexed": "Indexed",
    "ReadOnlyField": "ReadOnly", "Required": "Required", "CustomFormatter": "CustomFormatter",
    "EnforceUniqueValues": "EnforceUniqueValues", "JSLink": "JSLink",
}  # fmt: skip


def _remove(call: Call, column: Field) -> None:
    owner = owner_of(call, column)
    try:
        if isinstance(owner, SpList):
            owner.delete_field(column, by=call.user_id)
        else:
            owner.delete_field(column, by=call.user_id)
    except NotAllowed as error:
        raise errors.failed(str(error), code=-2146232832, status=400) from error


def owner_of(call: Call, column: Field) -> Owner:
    """Find the list or web that has a column."""
    for web in call.collection.webs():
        if web.fields.get(column.name) is column:
            return web
        for one in web.lists.values():
            if one.fields.get(column.name) is column:
                return one
    raise errors.not_found()


def _scope(call: Call, column: Field) -> str:
    owner = owner_of(call, column)
    return owner.path if isinstance(owner, Web) else owner.root_path


_UNSORTABLE = {"Note", "Lookup", "LookupMulti", "UserMulti", "MultiChoice", "Computed",
               "TaxonomyFieldTypeMulti"}  # fmt: skip


def _is_deletable(column: Field) -> bool:
    return not (column.is_sealed or column.is_from_base_type)


def _or_none(name: str) -> Callable[[Call, Field], str | None]:
    return lambda _, column: column.attributes.get(name)


FIELD: Kind[Field] = known(
    Kind(
        name="SP.Field",
        named=type_of_field,
        values={
            "AutoIndexed": lambda _, column: False,
            "CanBeDeleted": lambda _, column: _is_deletable(column),
            "ClientSideComponentId": lambda _, column: NO_GUID,
            **fixed({
                "ClientSideComponentProperties": None,
                "ClientValidationFormula": None,
                "ClientValidationMessage": None,
            }),
            "CustomFormatter": _or_none("CustomFormatter"),
            "DefaultFormula": lambda _, column: None,
            "DefaultValue": lambda _, column: column.default if column.inner_xml else None,
            "Description": lambda _, column: column.attributes.get("Description", ""),
            "Direction": lambda _, column: "none",
            "EnforceUniqueValues": lambda _, column: column.is_set("EnforceUniqueValues"),
            "EntityPropertyName": lambda _, column: entity_name(column.name),
            "Filterable": lambda _, column: column.type not in {"Note", "URL"},
            "FromBaseType": lambda _, column: column.is_from_base_type,
            "Group": lambda _, column: column.group,
            "Hidden": lambda _, column: column.is_hidden,
            "Id": lambda _, column: column.id,
            "Indexed": lambda _, column: column.is_indexed,
            "IndexStatus": lambda _, column: 0,
            "InternalName": lambda _, column: column.name,
            "IsModern": lambda _, column: False,
            "JSLink": lambda _, column: column.attributes.get("JSLink", "clienttemplates.js"),
            "PinnedToFiltersPane": lambda _, column: False,
            "ReadOnlyField": lambda _, column: column.is_read_only,
            "Required": lambda _, column: column.is_required,
            "SchemaXml": lambda _, column: column.schema_xml,
            "Scope": _scope,
            "Sealed": lambda _, column: column.is_sealed,
            "ShowInFiltersPane": lambda _, column: 0,
            "Sortable": lambda _, column: column.type not in _UNSORTABLE,
            "StaticName": lambda _, column: column.attributes.get("StaticName", column.name),
            "Title": lambda _, column: column.title,
            "FieldTypeKind": lambda _, column: column.type_kind,
            "TypeAsString": lambda _, column: column.type,
            "TypeDisplayName": lambda _, column: _SAID.get(column.type, column.type),
            "TypeShortDescription": lambda _, column: _SAID.get(column.type, column.type),
            "ValidationFormula": lambda _, column: None,
            "ValidationMessage": lambda _, column: None,
        },
        columns=more_of,
        since=dict.fromkeys(
            ("AutoIndexed", "ClientSideComponentId", "ClientSideComponentProperties",
             "ClientValidationFormula", "ClientValidationMessage", "CustomFormatter",
             "DefaultFormula", "IndexStatus", "IsModern", "PinnedToFiltersPane",
             "ShowInFiltersPane"), "2019",
        ),
        update=_update,
        remove=_remove,
        needs=Level.EDIT,
    )
)  # fmt: skip


def entity_name(name: str) -> str:
    """Give the name that a column has as a property: it must not begin with an underscore."""
    return f"OData_{name}" if name.startswith("_") else name


def by_entity_name(name: str) -> str:
    """Give a column's internal name for the name of a property."""
    return name.removeprefix("OData_")
