"""Columns and content types, of webs and of lists."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing.columns import (
    LOOKUPS,
    TERMS,
    column_of,
)
from strongroom.sources.sharepoint.writing.definition import (
    Definition,
    rows_of,
    text_of,
)
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.schema_xml import (
    TermsOf,
    canonical,
    column_for,
    strictness_of,
    term_set_in,
)
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document, content_type_above, type_id
from strongroom.wire.sharepoint.writing.content_types import (
    add_available_content_type,
    add_field_link,
    create_content_type,
    update_content_type,
    update_field_link,
)
from strongroom.wire.sharepoint.writing.fields import create_field, update_field
from strongroom.words.item import Item
from strongroom.words.json import Json

PLAIN, NEEDS_ANOTHER, NEEDS_LIST, SHOWS_LOOKUP = 0, 1, 2, 3


def rank_of(item: Item) -> int:
    """Say after what else a column comes, by what its row tells of it.

    Terms need the hidden column that holds their text, formulas the columns they reckon with,
    lookups the list they look into.
    """
    if item.kind != "column":
        return PLAIN
    kind = str(item.facts.get("type") or "")
    if kind in LOOKUPS:
        return SHOWS_LOOKUP if item.facts.get("is_dependent") else NEEDS_LIST
    return NEEDS_ANOTHER if kind in TERMS or kind == "Calculated" else PLAIN


def write_column(means: Means, definition: Definition) -> str:
    """Have a column of a web or a list, under its saved id and internal name."""
    saved = column_of(definition.document)
    schema = definition.site.text(definition.text("SchemaXml"))
    if not saved.id or not schema:
        raise ItemError("A column without a definition.", code="no-definition", is_permanent=True)
    there = _find_column(means, definition, saved.id, saved.name)
    web = means.standing.web(definition.web)
    wanted = column_for(
        schema,
        list_of=means.identities.list_of,
        web_id=web.id,
        terms=_sets_there(means, there),
    )
    strict = strictness_of(schema)
    if there is None:
        # Noted first: whoever goes on after a crash finds the column, and would leave it lax.
        means.relaxing.want_column(definition.web, definition.list_id, saved.id, strict)
        question = create_field(definition.web, wanted, list_id=definition.list_id)
        told = send(means.rest, question).read(Document)
        field_id = str(told.get("Id") or saved.id).lower()
        means.standing.forget_columns(definition.web, definition.list_id)
    else:
        field_id = str(there.get("Id") or saved.id).lower()
        if definition.may_change:
            _make_alike(means, definition, there, wanted)
    if definition.may_change:
        means.relaxing.want_column(definition.web, definition.list_id, field_id, strict)
    return field_id


def _sets_there(means: Means, there: Mapping[str, Json] | None) -> TermsOf:
    """Give the sets of the target; a column of it keeps its own where nothing of the kind is."""
    kept = term_set_in(text_of(there, "SchemaXml")) if there is not None else None
    return lambda saved: means.identities.terms().bound(saved) or kept


def _find_column(means: Means, definition: Definition, field_id: str, name: str) -> Document | None:
    found = means.standing.fields(definition.web, definition.list_id)
    for one in found:
        if str(one.get("Id", "")).lower() == field_id:
            return one
    return next((one for one in found if one.get("InternalName") == name), None)


def _make_alike(
    means: Means, definition: Definition, there: Mapping[str, Json], wanted: str
) -> None:
    """Change a column that is there: its name for people, and what else differs."""
    column = column_of(there)
    changes: dict[str, Json] = {
        name: definition.document[name]
        for name in ("Title", "Description", "Group")
        if name in definition.document and definition.document[name] != there.get(name)
    }
    is_free = not (there.get("FromBaseType") or there.get("Sealed"))
    is_same_type = column.type == column_of(definition.document).type
    has = column_for(str(there.get("SchemaXml") or wanted), list_of=lambda one: one)
    if is_free and is_same_type and canonical(has) != canonical(wanted):
        changes = {"SchemaXml": wanted, **changes}
    if changes:
        question = update_field(definition.web, column.id, changes, list_id=definition.list_id)
        send(means.rest, question)
        means.standing.forget_columns(definition.web, definition.list_id)


def write_content_type(means: Means, definition: Definition) -> str:
    """Have a content type of a web under its saved id, or of a list below the web's."""
    saved_id = type_id(definition.document)
    if not saved_id.startswith("0x"):
        raise ItemError("A content type without an id.", code="no-definition", is_permanent=True)
    if definition.list_id:
        id_, is_new = _of_list(means, definition, saved_id)
    else:
        id_, is_new = _of_web(means, definition, saved_id)
    if is_new or definition.may_change:
        _describe(means, definition, id_)
        _link_columns(means, definition, id_)
    return id_


def _of_list(means: Means, definition: Definition, saved_id: str) -> tuple[str, bool]:
    target = means.standing.list_by_id(definition.web, definition.list_id)
    there = target.content_type(saved_id)
    if there:
        return there, False
    above = content_type_above(saved_id)
    if above not in {type_id(one) for one in _all_types(means, definition)}:
        # The list alone is restored, into a site that never had its type.
        _make_type(means, definition, above)
    question = add_available_content_type(definition.web, definition.list_id, above)
    told = send(means.rest, question).read(Document)
    means.standing.forget_types(definition.web, definition.list_id)
    return type_id(told) or above, True


def _of_web(means: Means, definition: Definition, saved_id: str) -> tuple[str, bool]:
    if saved_id in {type_id(one) for one in means.standing.types(definition.web)}:
        return saved_id, False
    return _make_type(means, definition, saved_id), True


def _make_type(means: Means, definition: Definition, id_: str) -> str:
    """Make a content type of a web.

    Raises:
        ItemError: the server takes no ids for new ones.
    """
    if not means.standing.abilities.has_type_ids:
        raise _no_type_ids(means, definition)
    question = create_content_type(
        definition.web,
        id_=id_,
        name=definition.text("Name"),
        group=definition.text("Group"),
        description=definition.text("Description"),
    )
    told = send(means.rest, question).read(Document)
    means.standing.forget_types(definition.web)
    return type_id(told) or id_


def _all_types(means: Means, definition: Definition) -> list[Document]:
    """Give the content types that a list may get: of its web, and of the collection's root."""
    types = means.standing.types
    return [*types(definition.web), *types(definition.site.root)]


def _no_type_ids(means: Means, definition: Definition) -> ItemError:
    product = means.standing.abilities.product
    return ItemError(
        f"The content type {definition.text('Name')!r} cannot be made here.",
        code="no-type-ids",
        is_permanent=True,
        why=f"{product} takes no id for a new content type by REST, or the site lacks it.",
    )


def _describe(means: Means, definition: Definition, id_: str) -> None:
    names = ("Name", "Group", "Description", "NewFormUrl", "EditFormUrl", "DisplayFormUrl")
    there = _known_type(means, definition, id_)
    changes: dict[str, Json] = {
        name: wanted
        for name in names
        if (wanted := definition.site.text(definition.text(name))) and wanted != there.get(name)
    }
    if changes:
        question = update_content_type(definition.web, id_, changes, list_id=definition.list_id)
        send(means.rest, question)
        if changes.get("Name"):
            means.standing.forget_types(definition.web, definition.list_id)


def _known_type(means: Means, definition: Definition, id_: str) -> Document:
    types = means.standing.types(definition.web, definition.list_id)
    return next((one for one in types if type_id(one) == id_), {})


def _link_columns(means: Means, definition: Definition, id_: str) -> None:
    """Make the saved columns part of a content type, those that are not yet."""
    told = _known_type(means, definition, id_)
    known = {text_of(one, "Name") for one in rows_of(told, "FieldLinks")}
    before = len(known)
    for link in rows_of(definition.document, "FieldLinks"):
        name = text_of(link, "FieldInternalName") or text_of(link, "Name")
        if not name or name in known:
            continue
        question = add_field_link(definition.web, id_, name, list_id=definition.list_id)
        made = send(means.rest, question).read(Document)
        known.add(name)
        said: dict[str, Json] = {one: True for one in ("Required", "Hidden") if link.get(one)}
        link_id = str(made.get("Id") or "")
        if said and link_id:
            question = update_field_link(
                definition.web, id_, link_id, said, list_id=definition.list_id
            )
            send(means.rest, question)
    if len(known) > before:
        means.standing.forget_types(definition.web, definition.list_id)
