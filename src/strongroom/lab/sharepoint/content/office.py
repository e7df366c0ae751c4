"""Property promotion: SharePoint reads the properties of Office files, and writes them into them.

Whoever uploads a ``.docx`` gets other bytes back: the package is written anew, with the columns'
values in ``docProps/core.xml`` and ``docProps/custom.xml``. Parts that hold the document itself are
not touched. The same input gives the same output.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from lxml import etree

from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value

CORE, CUSTOM = "docProps/core.xml", "docProps/custom.xml"
_TYPES, _RELATIONS = "[Content_Types].xml", "_rels/.rels"

_DC = "http://purl.org/dc/elements/1.1/"
_CP = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_CUSTOM_NS = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_TYPE_NS = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATION_NS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM_RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
)
_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_CORE_RELATION = (
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
)
_FMTID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
_HOUSES = ("word/", "xl/", "ppt/")
_STAMP = (1980, 1, 1, 0, 0, 0)
_PARTS_MAX, _BYTES_MAX = 5_000, 256 << 20
_LEVEL = 1
"""Of compression: the lab shares its cores with the program under test."""


def promoted(content: bytes) -> dict[str, str]:
    """Read what becomes a column's value when a file is uploaded: its title."""
    package = _open(content)
    if package is None or CORE not in package.namelist():
        return {}
    root = _xml(package.read(CORE))
    title = root.findtext(f"{{{_DC}}}title") if root is not None else None
    return {"Title": title.strip()[:255]} if title and title.strip() else {}


def custom_properties(content: bytes) -> dict[str, str]:
    """Read the custom properties of an Office file."""
    package = _open(content)
    if package is None or CUSTOM not in package.namelist():
        return {}
    root = _xml(package.read(CUSTOM))
    rows = root.findall(f"{{{_CUSTOM_NS}}}property") if root is not None else []
    return {str(one.get("name")): "".join(str(t) for t in one.itertext()) for one in rows}


def demoted(content: bytes, values: Mapping[str, Value], *, content_type_id: str) -> bytes:
    """Write columns' values into an Office file; anything else is given back as it is."""
    package = _open(content)
    if package is None:
        return content
    try:
        parts = {one.filename: package.read(one) for one in package.infolist()}
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        return content
    if _TYPES not in parts or _RELATIONS not in parts:
        return content
    if not _is_writable(parts):
        return content
    parts[CORE] = _core(parts.get(CORE), str(values.get("Title") or ""))
    parts[CUSTOM] = _custom(parts.get(CUSTOM), _texts(values, content_type_id))
    parts[_TYPES] = _with_type(parts[_TYPES])
    parts[_RELATIONS] = _with_relation(parts[_RELATIONS])
    return _zipped(parts)


def _open(content: bytes) -> zipfile.ZipFile | None:
    """Open an Office package; None: it is none, or one that we rather leave alone."""
    if content[:4] != b"PK\x03\x04":
        return None
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    entries = package.infolist()
    if len(entries) > _PARTS_MAX or sum(one.file_size for one in entries) > _BYTES_MAX:
        return None
    if any(one.flag_bits & 1 for one in entries):
        return None
    names = [one.filename for one in entries]
    is_office = any(name.startswith(_HOUSES) for name in names)
    return package if is_office and len(set(names)) == len(names) else None


def _is_writable(parts: Mapping[str, bytes]) -> bool:
    """Say whether all that would be changed is XML that we can read."""
    found = (_xml(parts[name]) for name in (_TYPES, _RELATIONS, CORE, CUSTOM) if name in parts)
    return all(root is not None for root in found)


def _texts(values: Mapping[str, Value], content_type_id: str) -> dict[str, str]:
    found = {"ContentTypeId": content_type_id}
    for name, value in sorted(values.items()):
        if name != "Title":
            found[name] = _text(value)
    return found


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        return ";#".join(_text(one) for one in value)
    if isinstance(value, TermValue):
        return f"{value.wss_id};#{value.label}|{value.guid}"
    if isinstance(value, UrlValue):
        return f"{value.url}, {value.description}"
    return "" if value is None else str(value)


def _core(old: bytes | None, title: str) -> bytes:
    root = _xml(old) if old else None
    if root is None:
        root = etree.Element(f"{{{_CP}}}coreProperties", nsmap={"cp": _CP, "dc": _DC})
    found = root.find(f"{{{_DC}}}title")
    if found is None:
        found = etree.SubElement(root, f"{{{_DC}}}title")
    found.text = _printable(title)
    return _bytes(root)


def _custom(old: bytes | None, values: Mapping[str, str]) -> bytes:
    root = _xml(old) if old else None
    if root is None:
        root = etree.Element(f"{{{_CUSTOM_NS}}}Properties", nsmap={"vt": _VT, "p": _CUSTOM_NS})
    there = {str(one.get("name")): one for one in root.findall(f"{{{_CUSTOM_NS}}}property")}
    for name, value in values.items():
        if name in there:
            root.remove(there[name])
        row = etree.SubElement(root, f"{{{_CUSTOM_NS}}}property")
        row.set("fmtid", _FMTID)
        row.set("name", name)
        etree.SubElement(row, f"{{{_VT}}}lpwstr").text = _printable(value)
    for number, row in enumerate(root.findall(f"{{{_CUSTOM_NS}}}property"), start=2):
        row.set("pid", str(number))
    return _bytes(root)


def _with_type(types: bytes) -> bytes:
    root = _xml(types)
    assert root is not None
    said = {str(one.get("PartName")) for one in root.findall(f"{{{_TYPE_NS}}}Override")}
    for part, kind in ((CORE, _CORE_TYPE), (CUSTOM, _CUSTOM_TYPE)):
        if f"/{part}" not in said:
            row = etree.SubElement(root, f"{{{_TYPE_NS}}}Override")
            row.set("PartName", f"/{part}")
            row.set("ContentType", kind)
    return _bytes(root)


def _with_relation(relations: bytes) -> bytes:
    root = _xml(relations)
    assert root is not None
    rows = root.findall(f"{{{_RELATION_NS}}}Relationship")
    said = {str(one.get("Type")) for one in rows}
    ids = {str(one.get("Id")) for one in rows}
    for part, kind in ((CORE, _CORE_RELATION), (CUSTOM, _CUSTOM_RELATION)):
        if kind not in said:
            number = next(n for n in range(1, len(ids) + 2) if f"rIdSp{n}" not in ids)
            ids.add(f"rIdSp{number}")
            row = etree.SubElement(root, f"{{{_RELATION_NS}}}Relationship")
            row.set("Id", f"rIdSp{number}")
            row.set("Type", kind)
            row.set("Target", part)
    return _bytes(root)


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as package:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            package.writestr(info, data, compresslevel=_LEVEL)
    return out.getvalue()


def _xml(data: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None
    return None if b"<!DOCTYPE" in data else root


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _printable(text: str) -> str:
    return "".join(c for c in text if c >= " " or c in "\t\n")
