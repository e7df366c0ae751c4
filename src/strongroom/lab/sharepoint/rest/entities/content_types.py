"""Content types of webs and lists."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import quoteattr

from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.content_types import (
    ContentType,
    child_id,
    parent_of,
)
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import AlreadyExists
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import by_guid, fixed, known, quoted, type_id
from strongroom.lab.sharepoint.rest.entities.content_type_links import (
    Owner,
    column_named,
    links_of,
    noted,
    owner_of_type,
)
from strongroom.lab.sharepoint.rest.entities.fields import FIELD
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection, Entity, Kind, Method
from strongroom.lab.sharepoint.rights import Level


def types_of(call: Call, owner: Owner, path: str, *, is_available: bool = False) -> Collection:
    """List the content types of a list or web.

    Args:
        call: The question.
        owner: Whose.
        path: Where they are asked for.
        is_available: Those of the webs above as well.
    """
    held = owner.content_types
    if is_available and isinstance(owner, Web):
        held = owner.available_content_types()
    listed = list(held.values())
    if isinstance(owner, Web):
        listed = [one for one in listed if one.id != "0x"]

    def find(key: object) -> ContentType | None:
        wanted = str(key).casefold()
        return next((one for one in listed if one.id.casefold() == wanted), None)

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("contentTypeId", 0, default=args.text("id", 0, default="")))
        if found is None:
            raise errors.not_found("The content type does not exist.")
        return Entity(CONTENT_TYPE, found, f"{path}({quoted(found.id)})")

    def add_available(call: Call, _: object, args: Args) -> Entity:
        made = _add_available(call, owner, args.text("contentTypeId", 0))
        return Entity(CONTENT_TYPE, made, f"{path}({quoted(made.id)})")

    return Collection(
        kind=CONTENT_TYPE,
        path=path,
        things=lambda: listed,
        find=find,
        create=lambda call, body: _create(call, owner, body),
        item_path=lambda one: f"{path}({quoted(one.id)})",
        methods={
            "getbyid": Method(run=by_id),
            "addavailablecontenttype": Method(run=add_available, is_post=True, needs=Level.EDIT),
            "addexistingcontenttype": Method(run=add_available, is_post=True, needs=Level.EDIT),
        },
    )


def _add_available(call: Call, owner: Owner, number: str) -> ContentType:
    found = call.web.available_content_types().get(number)
    if found is None or not isinstance(owner, SpList):
        raise errors.failed("The content type is not available.", code=-2146232832)
    try:
        return owner.add_content_type(found, by=call.user_id)
    except AlreadyExists as error:
        raise errors.failed(str(error), code=-2130575183, status=500) from error


def _create(call: Call, owner: Owner, body: Body) -> ContentType:
    call.need(Level.FULL)
    if not isinstance(owner, Web):
        raise errors.bad_query("A list takes content types of its web only.")
    parent = body.get("ParentContentType")
    given = body.get("Id")
    parent_id = "0x01"
    if isinstance(parent, dict) and isinstance(parent.get("Id"), dict):
        parent_id = str(parent["Id"].get("StringValue", "0x01"))
    number = child_id(parent_id, str(uuid.UUID(call.collection.new_guid())))
    if isinstance(given, dict) and given.get("StringValue") and call.profile.has("2019"):
        # Before 2019 an id that is given is not heeded: only CSOM could say one.
        number = str(given["StringValue"])
        parent_id = parent_of(number)
    above = owner.available_content_types().get(parent_id)
    if above is None:
        raise errors.failed("The parent content type does not exist.", status=404)
    made = above.copy(number)
    made.name = str(body.get("Name", ""))
    made.group = str(body.get("Group") or "Custom Content Types")
    made.description = str(body.get("Description") or "")
    made.is_hidden = made.is_sealed = made.is_read_only = False
    try:
        return owner.add_content_type(made, by=call.user_id)
    except AlreadyExists as error:
        raise errors.failed(str(error), code=-2130575183, status=500) from error


def _update(call: Call, kind: ContentType, body: Body) -> None:
    owner = owner_of_type(call, kind)
    kind.name = str(body.get("Name", kind.name))
    kind.group = str(body.get("Group", kind.group))
    kind.description = str(body.get("Description", kind.description) or "")
    kind.is_hidden = bool(body.get("Hidden", kind.is_hidden))
    kind.is_read_only = bool(body.get("ReadOnly", kind.is_read_only))
    kind.is_sealed = bool(body.get("Sealed", kind.is_sealed))
    kind.document_template = str(body.get("DocumentTemplate", kind.document_template) or "")
    kind.client_form = str(body.get("ClientFormCustomFormatter", kind.client_form) or "")
    noted(call, owner, kind)


def _remove(call: Call, kind: ContentType) -> None:
    _delete(call, owner_of_type(call, kind), kind)


def _delete(call: Call, owner: Owner, kind: ContentType) -> None:
    if isinstance(owner, SpList):
        owner.delete_content_type(kind, by=call.user_id)
        return
    call.collection.begin()
    del owner.content_types[kind.id]
    noted(call, owner, kind, what=ChangeType.DELETE)


def _fields(call: Call, kind: ContentType, path: str) -> Collection:
    owner = owner_of_type(call, kind)
    found = [column for one in kind.links if (column := column_named(call, owner, one.name))]
    return Collection(
        kind=FIELD,
        path=path,
        things=lambda: found,
        find=by_guid(found, lambda one: one.id),
        item_path=lambda one: f"{path}(guid'{one.id}')",
    )


def _parent(call: Call, kind: ContentType, path: str) -> Entity | None:
    found = call.web.available_content_types().get(kind.parent_id)
    return Entity(CONTENT_TYPE, found, path) if found is not None else None


def _scope(call: Call, kind: ContentType) -> str:
    owner = owner_of_type(call, kind)
    return owner.path if isinstance(owner, Web) else owner.root_path


def schema_xml(kind: ContentType) -> str:
    """Write a content type as XML."""
    said = {"ID": kind.id, "Name": kind.name, "Group": kind.group, "Description": kind.description}
    if kind.is_hidden:
        said["Hidden"] = "TRUE"
    text = " ".join(f"{key}={quoteattr(value)}" for key, value in said.items())
    fields = "".join(
        f"<Field ID={quoteattr('{' + one.id + '}')} Name={quoteattr(one.name)}"
        + (' Required="TRUE"' if one.is_required else "")
        + (' Hidden="TRUE"' if one.is_hidden else "")
        + " />"
        for one in kind.links
    )
    documents = "".join(f"<XmlDocument>{one}</XmlDocument>" for one in kind.xml_documents)
    more = f"<XmlDocuments>{documents}</XmlDocuments>" if documents else ""
    return f"<ContentType {text}><Fields>{fields}</Fields>{more}</ContentType>"


def _template_name(kind: ContentType) -> str:
    return "DocumentLibraryForm" if kind.id.startswith("0x0101") else "ListForm"


CONTENT_TYPE: Kind[ContentType] = known(
    Kind(
        name="SP.ContentType",
        values={
            "ClientFormCustomFormatter": lambda _, kind: kind.client_form,
            "Description": lambda _, kind: kind.description,
            **fixed({
                "DisplayFormClientSideComponentId": "",
                "DisplayFormClientSideComponentProperties": "",
                "DisplayFormTarget": 0,
            }),
            "DisplayFormTemplateName": lambda _, kind: _template_name(kind),
            "DisplayFormUrl": lambda _, kind: kind.display_form,
            "DocumentTemplate": lambda _, kind: kind.document_template,
            "DocumentTemplateUrl": lambda _, kind: kind.document_template,
            **fixed({
                "EditFormClientSideComponentId": "",
                "EditFormClientSideComponentProperties": "",
                "EditFormTarget": 0,
            }),
            "EditFormTemplateName": lambda _, kind: _template_name(kind),
            "EditFormUrl": lambda _, kind: kind.edit_form,
            "Group": lambda _, kind: kind.group,
            "Hidden": lambda _, kind: kind.is_hidden,
            "Id": lambda _, kind: type_id(kind.id),
            **fixed({
                "JSLink": "",
                "MobileDisplayFormUrl": "",
                "MobileEditFormUrl": "",
                "MobileNewFormUrl": "",
            }),
            "Name": lambda _, kind: kind.name,
            **fixed({
                "NewFormClientSideComponentId": None,
                "NewFormClientSideComponentProperties": "",
                "NewFormTarget": 0,
            }),
            "NewFormTemplateName": lambda _, kind: _template_name(kind),
            "NewFormUrl": lambda _, kind: kind.new_form,
            "ReadOnly": lambda _, kind: kind.is_read_only,
            "SchemaXml": lambda _, kind: schema_xml(kind),
            "Scope": _scope,
            "Sealed": lambda _, kind: kind.is_sealed,
            "StringId": lambda _, kind: kind.id,
        },
        links={
            "FieldLinks": links_of,
            "Fields": _fields,
            "Parent": _parent,
        },
        since=dict.fromkeys(
            ("ClientFormCustomFormatter", "DisplayFormClientSideComponentId",
             "DisplayFormClientSideComponentProperties", "DisplayFormTarget",
             "EditFormClientSideComponentId", "EditFormClientSideComponentProperties",
             "EditFormTarget", "NewFormClientSideComponentId",
             "NewFormClientSideComponentProperties", "NewFormTarget"), "online",
        ),
        update=_update,
        remove=_remove,
    )
)  # fmt: skip
