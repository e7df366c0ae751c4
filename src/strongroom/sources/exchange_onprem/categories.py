"""The master list of categories: which a mailbox has, and in which colours.

Items carry the names of their categories themselves; the list says how they look. It lies in a
configuration of the calendar, as XML.

Source:
    [MS-OXOCFG] 2.2.5.2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from strongroom.errors import ItemError
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.ids import Distinguished
from strongroom.wire.ews.update_user_configuration import (
    create_user_configuration,
    update_user_configuration,
)
from strongroom.wire.ews.user_configuration import UserConfiguration, get_user_configuration
from strongroom.words.json import Json

_FOLDER = Distinguished("calendar")
_NAME = "CategoryList"
_CATEGORY = "{CategoryList.xsd}category"


def read_categories(connection: EwsConnection) -> Json:
    """Read the list as it is kept; a mailbox in which nobody ever changed one has none."""
    found = _read(connection)
    return {"xml": "" if found is None else found.decode("utf-8", "replace")}


def write_categories(connection: EwsConnection, setting: Mapping[str, Json]) -> Iterator[str]:
    """Add the saved categories that the mailbox has not got; what it has stays as it is."""
    saved = str(setting.get("xml") or "")
    if not saved:
        return
    now = _read(connection)
    if not now:
        _write(connection, saved.encode(), is_new=now is None)
        yield "categories: the list with its colours is put back."
        return
    merged, added = merge(saved.encode(), now)
    if not added:
        yield "categories: the mailbox has all of them."
        return
    _write(connection, merged, is_new=False)
    yield f"categories: {', '.join(added)} put back; those that the mailbox has stay as they are."


def merge(saved: bytes, now: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Put categories of one list behind those of another that lacks them.

    Args:
        saved: The list that was saved.
        now: The list as the mailbox has it.

    Returns:
        The list with both, and the names that came to it.

    Raises:
        ItemError: one of the two is no list of categories.
    """
    wanted, root = _parse(saved), _parse(now)
    known = {_name(each) for each in root.iter(_CATEGORY)}
    added: list[str] = []
    for each in wanted.iter(_CATEGORY):
        if _name(each) not in known:
            known.add(_name(each))
            added.append(each.get("name", ""))
            root.append(each)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8"), tuple(added)


def _name(category: etree._Element) -> str:
    return category.get("name", "").casefold()


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ItemError(
            "The list of categories is no XML.",
            code="category-list",
            is_permanent=True,
            why=str(error),
        ) from error


def _read(connection: EwsConnection) -> bytes | None:
    """Read the list; None if there is none."""
    try:
        return get_user_configuration(connection, _FOLDER, _NAME).xml_data
    except ItemError as error:
        if error.code == "ErrorItemNotFound":
            return None
        raise


def _write(connection: EwsConnection, data: bytes, *, is_new: bool) -> None:
    write = create_user_configuration if is_new else update_user_configuration
    write(connection, _FOLDER, _NAME, UserConfiguration(xml_data=data))
