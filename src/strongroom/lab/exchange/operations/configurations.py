"""The four operations on user configurations: hidden items of class ``IPM.Configuration.NAME``.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/userconfiguration
    [MS-OXOCFG] 2.2.5.1 (dictionaries)
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from lxml import etree

from strongroom.content import tags
from strongroom.content.message import Message, Properties
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.item_fields import item_id_xml
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import (
    Element,
    children,
    element,
    escape,
    find,
    name_of,
    require,
    text_of,
)

_CLASS_PREFIX = "IPM.Configuration."
PidTagRoamingDatatypes = 0x7C060003
PidTagRoamingDictionary = 0x7C070102
PidTagRoamingXmlStream = 0x7C080102
PidTagRoamingBinary = 0x7C090102
_STREAMS = (("XmlData", PidTagRoamingXmlStream, 2), ("BinaryData", PidTagRoamingBinary, 1))
_HAS_DICTIONARY = 4
_DICTIONARY_SPACE = "dictionary.xsd"

# The number before a key or a value says of what type it is (as .NET numbers its types).
_TYPES = {
    "3": "Boolean",
    "6": "Byte",
    "9": "Integer32",
    "10": "UnsignedInteger32",
    "11": "Integer64",
    "12": "UnsignedInteger64",
    "16": "DateTime",
    "18": "String",
}
_NUMBERS = {name: number for number, name in _TYPES.items()}


def get_user_configuration(call: Call, request: Element) -> str:
    """Answer GetUserConfiguration."""

    def show(node: Element) -> str:
        parts = (text_of(request, "m:UserConfigurationProperties") or "").split()
        return _xml(node, _required(call, node), frozenset(parts))

    return _one("GetUserConfiguration", require(request, "m:UserConfigurationName"), show)


def create_user_configuration(call: Call, request: Element) -> str:
    """Answer CreateUserConfiguration."""

    def create(node: Element) -> str:
        name = require(node, "t:UserConfigurationName")
        folder = _folder(call, name)
        call.require_create(folder)
        if _in(folder, name) is not None:
            raise EwsError("ErrorItemSave", "There is a configuration of this name already.")
        properties: Properties = {tags.PidTagMessageClass: _class_of(name)}
        folder.add_item(Message(properties | _read(node, {})), is_associated=True)
        return ""

    return _one("CreateUserConfiguration", require(request, "m:UserConfiguration"), create)


def update_user_configuration(call: Call, request: Element) -> str:
    """Answer UpdateUserConfiguration: the parts that it carries are replaced."""

    def update(node: Element) -> str:
        item = _required(call, require(node, "t:UserConfigurationName"))
        call.require_edit(item.folder)
        item.folder.change_item(item, changes=_read(node, item.message().properties))
        return ""

    return _one("UpdateUserConfiguration", require(request, "m:UserConfiguration"), update)


def delete_user_configuration(call: Call, request: Element) -> str:
    """Answer DeleteUserConfiguration."""

    def delete(node: Element) -> str:
        item = _required(call, node)
        call.require_delete(item.folder)
        item.folder.mailbox.hard_delete_item(item)
        return ""

    return _one("DeleteUserConfiguration", require(request, "m:UserConfigurationName"), delete)


def _one(name: str, node: Element, do: Callable[[Element], str]) -> str:
    return answer(name, batch(name, [node], do))


def _folder(call: Call, name: Element) -> Folder:
    return call.folder(next(children(name)))


def _required(call: Call, name: Element) -> StoredItem:
    found = _in(_folder(call, name), name)
    if found is None:
        raise EwsError("ErrorItemNotFound")
    return found


def _in(folder: Folder, name: Element) -> StoredItem | None:
    wanted = _class_of(name).casefold()
    return next(
        (one for one in folder.items if one.is_associated and one.item_class.casefold() == wanted),
        None,
    )


def _class_of(name: Element) -> str:
    return f"{_CLASS_PREFIX}{name.get('Name')}"


def _read(node: Element, before: Properties) -> Properties:
    """Read the parts of a UserConfiguration element as properties."""
    known = before.get(PidTagRoamingDatatypes)
    kinds = known if isinstance(known, int) else 0
    found: Properties = {}
    for name, key, kind in _STREAMS:
        part = find(node, f"t:{name}")
        if part is not None:
            found[key] = b64decode(part.text or "")
            kinds |= kind
    dictionary = find(node, "t:Dictionary")
    if dictionary is not None:
        found[PidTagRoamingDictionary] = _dictionary_bytes(dictionary)
        kinds |= _HAS_DICTIONARY
    return {**found, PidTagRoamingDatatypes: kinds}


def _xml(node: Element, item: StoredItem, parts: frozenset[str]) -> str:
    wants_all = "All" in parts
    folder = next(children(node))
    reference = f'<t:{name_of(folder)} Id="{escape(str(folder.get("Id")))}"/>'
    inner = (
        f'<t:UserConfigurationName Name="{escape(str(node.get("Name")))}">{reference}'
        "</t:UserConfigurationName>"
    )
    if wants_all or "Id" in parts:
        inner += item_id_xml(View.of_item(item))
    dictionary = item.get(PidTagRoamingDictionary)
    if (wants_all or "Dictionary" in parts) and isinstance(dictionary, bytes):
        inner += _dictionary_xml(dictionary)
    for name, key, _ in _STREAMS:
        value = item.get(key)
        if (wants_all or name in parts) and isinstance(value, bytes):
            inner += element(name, b64encode(value).decode("ascii"))
    return f"<m:UserConfiguration>{inner}</m:UserConfiguration>"


def _dictionary_xml(data: bytes) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise EwsError("ErrorItemCorrupt") from error
    entries = ""
    for entry in root.iter(f"{{{_DICTIONARY_SPACE}}}e"):
        key = _typed_xml("DictionaryKey", entry.get("k", ""))
        entries += f"<t:DictionaryEntry>{key}{_typed_xml('DictionaryValue', entry.get('v', ''))}"
        entries += "</t:DictionaryEntry>"
    return f"<t:Dictionary>{entries}</t:Dictionary>"


def _typed_xml(name: str, written: str) -> str:
    number, _, value = written.partition("-")
    if number not in _TYPES:
        raise EwsError("ErrorItemCorrupt")
    if number == "3":
        value = value.lower()
    return f"<t:{name}>{element('Type', _TYPES[number])}{element('Value', value)}</t:{name}>"


def _dictionary_bytes(node: Element) -> bytes:
    rows = ""
    for entry in children(node):
        key = quoteattr(_typed_text(require(entry, "t:DictionaryKey")))
        value = quoteattr(_typed_text(require(entry, "t:DictionaryValue")))
        rows += f"<e k={key} v={value}/>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><UserConfiguration xmlns="{_DICTIONARY_SPACE}">'
        f'<Info version="lab.1"/><Data>{rows}</Data></UserConfiguration>'
    ).encode()


def _typed_text(node: Element) -> str:
    kind, value = text_of(node, "t:Type") or "", text_of(node, "t:Value") or ""
    if kind not in _NUMBERS:
        raise EwsError("ErrorInvalidValueForProperty", f"No dictionary here keeps a {kind}.")
    if kind == "Boolean":
        value = "True" if value.lower() in {"true", "1"} else "False"
    return f"{_NUMBERS[kind]}-{value}"
