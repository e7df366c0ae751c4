"""Files of libraries: their bytes in every version, and how they stand."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

from lxml import etree
from office365.runtime.exceptions import ObjectNotFoundException
from office365.runtime.http.request_options import RequestOptions
from office365.sharepoint.client_context import ClientContext

from tests.judges import site_webs
from tests.judges.site_lists import ReadList
from tests.judges.site_meaning import Names, plain

_HOUSES = ("word/", "xl/", "ppt/")
_REWRITTEN = re.compile(r"docProps/(core|custom)\.xml|\[Content_Types\]\.xml|_rels/\.rels")
"""Parts of an Office file that SharePoint writes anew on every upload."""

_PROPERTY = "{http://schemas.openxmlformats.org/officeDocument/2006/custom-properties}property"
_NUMBERED = ("User", "Lookup", "Taxonomy")
"""Beginnings of the types of columns whose values are written into files by the site's own numbers.

The item itself tells them by what they mean.
"""

_STAND = ("CheckInComment", "CheckOutType", "Level", "UIVersionLabel")


def read(one: ReadList, item: Any, key: str, names: Names) -> site_webs.Told:
    """Tell a file's bytes, its older versions and how it stands."""
    file = item.file.get().execute_query()
    said = file.properties
    where = ("file", one.place, key)
    for name in _STAND:
        yield (*where, "stand", name), names.value(plain(said.get(name)))
    left_out = {"ContentTypeId", *one.servers_own} | {
        column.name for column in one.fields.values() if column.kind.startswith(_NUMBERED)
    }
    is_modern = bool(item.properties.get("ClientSideApplicationId"))
    content = file.get_content().execute_query().value
    yield from _content((*where, "current"), content, names, left_out, is_modern=is_modern)
    for version in file.versions.expand(["CreatedBy"]).get().execute_query():
        told = version.properties
        place = (*where, told["VersionLabel"])
        yield (*place, "comment"), names.value(told.get("CheckInComment"))
        yield (*place, "created"), names.value(told["Created"])
        yield (*place, "by"), names.person(version.created_by.properties["Id"])
        content = _content_of(one.context, version)
        yield from _content(place, content, names, left_out, is_modern=is_modern)


def _content_of(context: ClientContext, version: Any) -> bytes:
    try:
        return bytes(version.open_binary_stream().execute_query().value)
    except ObjectNotFoundException:
        # SharePoint Server 2013 gives older versions only at the address that it tells.
        where = f"{context.base_url}/{quote(version.properties['Url'])}"
        request = context.pending_request()
        return bytes(request.execute_request_direct(RequestOptions(where)).content)


def _content(
    place: tuple[str, ...],
    content: bytes,
    names: Names,
    left_out: Collection[str],
    *,
    is_modern: bool,
) -> site_webs.Told:
    """Tell bytes; of an Office file its parts, of a page its text without the site's own ids.

    A modern page is its columns; its file is made of them by the server, which alone reads it.
    """
    package = _package(content)
    if package is not None:
        for part, told in _parts(package, left_out):
            yield (*place, "part", part), told
    elif content.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<%@"):
        text = names.text(content.decode("utf-8", "surrogateescape"))
        told = "a modern page" if is_modern else _hash(text.encode("utf-8", "surrogateescape"))
        yield (*place, "page"), told
    else:
        yield (*place, "bytes"), f"{len(content)} bytes {_hash(content)}"


def _package(content: bytes) -> zipfile.ZipFile | None:
    if content[:4] != b"PK\x03\x04":
        return None
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    return package if any(name.startswith(_HOUSES) for name in package.namelist()) else None


def _parts(package: zipfile.ZipFile, left_out: Collection[str]) -> Iterator[tuple[str, str]]:
    """Tell the parts that hold the document by their bytes, the properties by what they say."""
    for info in package.infolist():
        name = info.filename
        if not _REWRITTEN.fullmatch(name):
            yield name, _hash(package.read(info))
        elif name.startswith("docProps/"):
            for key, value in _properties(package.read(info)):
                if key not in left_out:
                    yield f"{name} {key}", value


def _properties(xml: bytes) -> Iterator[tuple[str, str]]:
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    for one in root:
        key = str(one.get("name") or etree.QName(one).localname)
        yield key, "".join(str(text) for text in one.itertext())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
