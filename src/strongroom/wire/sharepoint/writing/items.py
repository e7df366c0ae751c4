"""Writing items of lists by the values of a form.

The only way of ``_api`` that takes author, editor and times. It answers 200 whatever becomes of a
value: each entry of the answer must be looked at.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.ListItem)
    https://github.com/pnp/pnpjs/blob/version-4/packages/sp/lists/types.ts
    https://github.com/vgrem/office365-rest-python-client/issues/509 (no ``datesInUTC`` on a farm)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.writing.request import item_api, list_api, merge, post, twice, typed
from strongroom.words.json import Json

_ITEM, _FOLDER = 0, 1
"""``FileSystemObjectType``."""
STATUS, STATUS_TOLD = "_ModerationStatus", "OData__ModerationStatus"
"""How an item stands with its approval: in a form, and as a property."""
TEXT_CHARS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A value that a form did not take.

    Attributes:
        name: Internal name of the column.
        code: The server's.
        text: The server's words, in its language. Untrusted; cut.
    """

    name: str
    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswer:
    """What came of the values of a form.

    Attributes:
        item_id: The item; 0 if the answer does not say (there is none then, if it was to be made).
        refused: Values that were not taken. Of an item that was to be made, one is enough for it
            not to be there.
    """

    item_id: int
    refused: tuple[Refusal, ...]


def add_item(
    web: str,
    list_id: str,
    values: Mapping[str, str],
    *,
    folder_path: str,
    is_folder: bool = False,
    leaf: str = "",
) -> Question:
    """Make an item, or a folder, with all its values in one request.

    Args:
        web: Path of the web.
        list_id: GUID of the list.
        values: By internal name of the column, as a form wants them.
        folder_path: Where: whole address of the list's root folder or of one below it.
        is_folder: It is a folder.
        leaf: Its name in the address, where it has one.
    """
    where: dict[str, Json] = {
        "FolderPath": typed("SP.ResourcePath", {"DecodedUrl": folder_path}),
        "UnderlyingObjectType": _FOLDER if is_folder else _ITEM,
    }
    if leaf:
        where["LeafName"] = typed("SP.ResourcePath", {"DecodedUrl": leaf})
    document: dict[str, Json] = {
        "listItemCreateInfo": typed("SP.ListItemCreationInformationUsingPath", where),
        "formValues": form_values(values),
        "bNewDocumentUpdate": False,
        "checkInComment": None,
    }
    return post(f"{list_api(web, list_id)}/AddValidateUpdateItemUsingPath()", document)


def create_item(web: str, list_id: str, *, entity_type: str, title: str) -> Question:
    """Make an item with nothing but a title, in the list's root folder.

    For servers before 2019, which take no form for an item that is not there yet.
    """
    document = typed(entity_type, {"Title": title})
    return post(f"{list_api(web, list_id)}/items", document)


def update_item(
    web: str,
    list_id: str,
    item_id: int,
    values: Mapping[str, str],
    *,
    makes_version: bool = False,
    has_utc: bool = False,
) -> Question:
    """Change values of an item.

    Args:
        web: Path of the web.
        list_id: GUID of the list.
        item_id: Id of the item.
        values: By internal name of the column, as a form wants them.
        makes_version: A list that keeps versions makes a new one of it; else the current version
            is changed, and says nothing of the change.
        has_utc: The server is told that the dates are in UTC. Online only: SharePoint Server
            refuses the whole request for a parameter that it does not know.
    """
    document: dict[str, Json] = {
        "formValues": form_values(values),
        "bNewDocumentUpdate": not makes_version,
        "checkInComment": None,
    }
    if has_utc:
        document["datesInUTC"] = True
    target = f"{item_api(web, list_id, item_id)}/ValidateUpdateListItem()"
    question = post(target, document)
    return question if makes_version else twice(question)


def set_moderation(
    web: str, list_id: str, item_id: int, *, entity_type: str, status: int
) -> Question:
    """Say whether an item is approved (0), rejected (1), pending (2) or a draft (3).

    This makes a version. A form that says ``STATUS`` does not, where the server heeds that.
    """
    document: dict[str, Json] = {STATUS_TOLD: status}
    return merge(item_api(web, list_id, item_id), typed(entity_type, document))


def moderation(web: str, list_id: str, item_id: int) -> Question:
    """Ask how an item stands with its approval."""
    return Question(target=f"{item_api(web, list_id, item_id)}?$select={STATUS_TOLD}")


def recycle_item(web: str, list_id: str, item_id: int) -> Question:
    """Put an item, a file or a folder into the recycle bin."""
    return post(f"{item_api(web, list_id, item_id)}/recycle()")


def form_values(values: Mapping[str, str]) -> Sequence[Json]:
    """Write the values of a form."""
    return [
        typed("SP.ListItemFormUpdateValue", {"FieldName": name, "FieldValue": value})
        for name, value in values.items()
    ]


def form_answer(answer: Mapping[str, Json]) -> FormAnswer:
    """Read what came of the values, entry by entry."""
    entries = [one for one in _entries(answer) if isinstance(one, Mapping)]
    item_id = 0
    refused = []
    for one in entries:
        if one.get("HasException") or one.get("ErrorMessage"):
            refused.append(_refusal(one))
        elif one.get("FieldName") == "Id":
            item_id = _number(one.get("FieldValue"))
    item_id = item_id or max((_number(one.get("ItemId")) for one in entries), default=0)
    return FormAnswer(item_id=item_id, refused=tuple(refused))


def _entries(answer: Mapping[str, Json]) -> Iterable[Json]:
    value = answer.get("value")
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _refusal(entry: Mapping[str, Json]) -> Refusal:
    return Refusal(
        name=str(entry.get("FieldName") or "")[:TEXT_CHARS_MAX],
        code=_number(entry.get("ErrorCode")),
        text=str(entry.get("ErrorMessage") or "")[:TEXT_CHARS_MAX],
    )


def _number(value: Json) -> int:
    if isinstance(value, int):
        return value
    text = str(value or "")
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(text) <= 12 else 0
