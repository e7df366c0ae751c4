"""Whether an Office file that came back from a server is the one that was saved.

SharePoint writes the values of columns into the properties of a ``.docx``, ``.xlsx`` or ``.pptx``
when it is uploaded: the package is put together anew, with other properties, in another order, with
other compression. So its bytes are never the same again, although the document is. What is compared
here is what the package *means*:

* parts are held against each other by name, whatever their order and compression;
* a part that differs byte by byte and is XML is compared in canonical form (W3C C14N: order of
  attributes, quotes, encoding, empty elements);
* of relationships and content types it is compared what they say, not in which order;
* properties, a sensitivity label, and the custom XML that SharePoint puts in are told apart: they
  are named, and count for no difference. Custom XML that is a person's own (bound fields, sources
  of quotations) is content, whatever number its part has got.

Anything else, an old ``.doc``, a picture, a package that is damaged, encrypted or suspiciously
large, is compared byte by byte. Everything is bounded: parts are read in pieces, only small XML is
parsed, never with a document type or an entity, and no deeper than libxml2 allows (256).

Source:
    ECMA-376 part 2 (Open Packaging Conventions); https://www.w3.org/TR/xml-c14n
"""

from __future__ import annotations

import hashlib
import lzma
import posixpath
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from strongroom.content.names import printable
from strongroom.content.office_package import (
    ROOT_RELATIONS,
    TYPES,
    Element,
    Package,
    Types,
    canonical,
    follow,
)

BYTES, PACKAGE = "bytes", "package"

_TOLD_MAX = 20

_CUSTOM_XML = "customXml/"
_SERVER_NAMESPACES = frozenset(
    {
        "http://schemas.microsoft.com/office/2006/metadata/properties",
        "http://schemas.microsoft.com/office/2006/metadata/contentType",
        "http://schemas.microsoft.com/office/2006/metadata/longProperties",
        "http://schemas.microsoft.com/office/2006/metadata/customXsn",
        "http://schemas.microsoft.com/sharepoint/v3/contenttype/forms",
        "http://schemas.microsoft.com/sharepoint/v3/contenttype/forms/url",
        "http://schemas.microsoft.com/sharepoint/events",
        "Microsoft.SharePoint.Taxonomy.ContentTypeSync",
    }
)
"""Of the root elements of custom XML that SharePoint writes by itself."""

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    ValueError,
    lzma.LZMAError,
    struct.error,
)
"""What reading a damaged archive ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a document that was read back compares with the one that was saved.

    Attributes:
        way: What was compared: ``bytes``, or the parts of a ``package``.
        differences: In words, printable; none: the document is the same.
        promoted: Names of the parts in which the server wrote properties of its own.
    """

    way: str
    differences: tuple[str, ...] = ()
    promoted: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Say whether the document is the same."""
        return not self.differences


def compare_documents(saved: bytes, found: bytes) -> Comparison:
    """Compare a document that was read back with the one that was saved.

    Args:
        saved: As it was kept.
        found: As the server gives it now.
    """
    if saved == found:
        return Comparison(way=BYTES)
    try:
        ours, theirs = Package.open(saved), Package.open(found)
        if ours is not None and theirs is not None:
            return _compare_packages(ours, theirs)
    except _UNREADABLE:
        # Damaged somewhere in the middle; the bytes are all that can be said of it.
        pass
    return Comparison(
        way=BYTES, differences=(f"other bytes ({len(saved)} were saved, {len(found)} came back)",)
    )


def _compare_packages(ours: Package, theirs: Package) -> Comparison:
    work = _Work(ours, theirs, frozenset([*ours.properties(), *theirs.properties()]))
    our_xml, their_xml = _custom_xml(ours), _custom_xml(theirs)
    promoted = list(work.differing_properties())
    if our_xml.server != their_xml.server:
        promoted.append(_CUSTOM_XML)
    told = sorted(
        [
            *work.differing_parts(),
            *work.differing_types(),
            *(f"{_CUSTOM_XML}: {one}" for one in _amiss(our_xml.own, their_xml.own)),
        ]
    )
    if len(told) > _TOLD_MAX:
        told[_TOLD_MAX:] = [f"and {len(told) - _TOLD_MAX} more"]
    return Comparison(way=PACKAGE, differences=tuple(told), promoted=tuple(promoted))


@dataclass(frozen=True, slots=True)
class _Work:
    """Two packages that are held against each other.

    Attributes:
        ours: As saved.
        theirs: As it came back.
        properties: Names of the parts that are told apart.
    """

    ours: Package
    theirs: Package
    properties: frozenset[str]

    def differing_properties(self) -> Iterator[str]:
        """Name the parts with properties that differ."""
        for name in sorted(self.properties & (self.ours.parts.keys() | self.theirs.parts.keys())):
            if not self._is_same(name):
                yield printable(name)

    def differing_parts(self) -> Iterator[str]:
        """Name the parts of the document itself that differ."""
        mine = set(filter(self._is_content, self.ours.parts))
        other = set(filter(self._is_content, self.theirs.parts))
        yield from (f"{printable(name)} is missing" for name in mine - other)
        yield from (f"{printable(name)} was not there" for name in other - mine)
        yield from (
            f"{printable(name)} is another" for name in mine & other if not self._is_same(name)
        )

    def differing_types(self) -> Iterator[str]:
        """Name the parts that both have and that count for another kind of content."""
        mine, other = self.ours.xml(TYPES), self.theirs.xml(TYPES)
        if mine is None or other is None:
            if self.ours.digest(TYPES) != self.theirs.digest(TYPES):
                yield f"{TYPES} is another"
            return
        first, second = Types(mine), Types(other)
        for name in self.ours.parts.keys() & self.theirs.parts.keys():
            if self._is_content(name) and first.of(name) != second.of(name):
                yield f"{printable(name)} has another content type"

    def _is_content(self, name: str) -> bool:
        """Say whether a part belongs to the document itself, custom XML aside."""
        is_apart = name == TYPES or name in self.properties
        return not is_apart and not name.startswith(_CUSTOM_XML)

    def _is_same(self, name: str) -> bool:
        """Compare a part by what it means, as far as it can be read."""
        if name not in self.ours.parts or name not in self.theirs.parts:
            return False
        if self.ours.digest(name) == self.theirs.digest(name):
            return True
        mine, other = self.ours.xml(name), self.theirs.xml(name)
        if mine is None or other is None:
            return False
        if name.endswith(".rels"):
            return self._relations(mine, name) == self._relations(other, name)
        return canonical(mine) == canonical(other)

    def _relations(self, root: Element, name: str) -> Counter[tuple[str, ...]]:
        """Say what a relationships part says, without what leads to what is told apart.

        The root's relationships have names that nothing refers to.
        """
        found: Counter[tuple[str, ...]] = Counter()
        for one in root.iterchildren("*"):
            target = one.get("Target", "")
            is_inside = one.get("TargetMode", "Internal") == "Internal"
            path = follow(name, target) if is_inside else target
            if is_inside and not self._is_content(path):
                continue
            id_ = "" if name == ROOT_RELATIONS else one.get("Id", "")
            found[str(one.tag), id_, one.get("Type", ""), path, str(is_inside)] += 1
        return found


@dataclass(frozen=True, slots=True)
class _CustomXml:
    """The custom XML of a package, whatever numbers its parts have.

    Attributes:
        server: What SharePoint put in: digests.
        own: Everything else: digests.
    """

    server: Counter[bytes]
    own: Counter[bytes]


def _custom_xml(package: Package) -> _CustomXml:
    found = _CustomXml(Counter(), Counter())
    for name in package.parts:
        if not _is_custom_item(name):
            continue
        root = package.xml(name)
        if root is None:
            found.own[package.digest(name)] += 1
            continue
        namespace = etree.QName(root).namespace
        kind = found.server if namespace in _SERVER_NAMESPACES else found.own
        # A field in the document is bound to its custom XML by this id.
        text = canonical(root) + b"\0" + _store_id(package, name).encode()
        kind[hashlib.sha256(text).digest()] += 1
    return found


def _is_custom_item(name: str) -> bool:
    """Say whether a part is custom XML itself, not what is said about it."""
    leaf = name.removeprefix(_CUSTOM_XML)
    is_about = leaf.startswith(("itemProps", "_rels/"))
    return name.startswith(_CUSTOM_XML) and not is_about


def _store_id(package: Package, name: str) -> str:
    """Find the id under which fields know a piece of custom XML; empty: it has none."""
    relations = f"{posixpath.dirname(name)}/_rels/{posixpath.basename(name)}.rels"
    root = package.xml(relations)
    for one in root.iterchildren("*") if root is not None else ():
        about = package.xml(follow(relations, one.get("Target", "")))
        for key, value in about.attrib.items() if about is not None else ():
            if etree.QName(str(key)).localname == "itemID":
                return str(value).lower()
    return ""


def _amiss(ours: Counter[bytes], theirs: Counter[bytes]) -> Iterator[str]:
    if missing := (ours - theirs).total():
        yield f"{missing} pieces of custom XML are missing or others"
    elif added := (theirs - ours).total():
        yield f"{added} pieces of custom XML were not there"
