"""Packages as Office writes them (``.docx``, ``.xlsx``, ``.pptx``, ``.vsdx``), read only.

Everything is bounded, for whoever uploaded it may mean harm: parts are read in pieces, only small
XML is parsed, never with a document type or an entity, and no deeper than libxml2 allows (256).

Source:
    ECMA-376 part 2 (Open Packaging Conventions)
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree

PARTS_MAX = 10_000
UNPACKED_BYTES_MAX = 1 << 30
XML_BYTES_MAX = 16 << 20
"""Larger XML is not parsed: a tree takes ten times as much memory. It must be the same by bytes."""

_PIECE_BYTES = 1 << 20
TYPES = "[Content_Types].xml"
ROOT_RELATIONS = "_rels/.rels"
_PROPERTIES = frozenset(
    {"docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "docMetadata/LabelInfo.xml"}
)
_PROPERTIES_OF = (
    "/core-properties",
    "/extended-properties",
    "/custom-properties",
    "/classificationlabels",
)
"""How the types of those relationships end that lead from the root to properties elsewhere."""

_TYPE_NS = "{http://schemas.openxmlformats.org/package/2006/content-types}"
RELATION_NS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
Element = etree._Element  # noqa: SLF001 - lxml has no public name for the type


class Package:
    """A package, open for reading.

    Attributes:
        parts: Its parts by name; folders are none.
    """

    def __init__(self, archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> None:
        self._archive = archive
        self.parts = parts

    @classmethod
    def open(cls, document: bytes) -> Package | None:
        """Open a document; None: it is no package, or none that we look into."""
        if document[:4] != b"PK\x03\x04":
            return None
        archive = zipfile.ZipFile(io.BytesIO(document))
        entries = [one for one in archive.infolist() if not one.is_dir()]
        parts = {one.filename: one for one in entries}
        is_usable = (
            TYPES in parts
            and len(parts) == len(entries) <= PARTS_MAX
            and sum(one.file_size for one in entries) <= UNPACKED_BYTES_MAX
            and not any(one.flag_bits & 1 for one in entries)
        )
        return cls(archive, parts) if is_usable else None

    def properties(self) -> Iterator[str]:
        """Name the parts that hold properties, wherever they lie."""
        yield from _PROPERTIES
        root = self.xml(ROOT_RELATIONS)
        for one in root.iterchildren("*") if root is not None else ():
            if one.get("Type", "").endswith(_PROPERTIES_OF):
                yield follow(ROOT_RELATIONS, one.get("Target", ""))

    def digest(self, name: str) -> bytes:
        """Hash a part, read in pieces; damage is raised."""
        digest = hashlib.sha256()
        with self._archive.open(self.parts[name]) as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
        return digest.digest()

    def xml(self, name: str) -> Element | None:
        """Parse a part; None: it is not there, too large, no XML, or XML with a document type."""
        entry = self.parts.get(name)
        if entry is None or entry.file_size > XML_BYTES_MAX:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        try:
            root = etree.fromstring(self._archive.read(entry), parser)
        except (etree.XMLSyntaxError, ValueError):
            return None
        return None if root.getroottree().docinfo.internalDTD is not None else root


def canonical(root: Element) -> bytes:
    """Give XML in canonical form, or, where it has none (a relative namespace), as it is."""
    try:
        return bytes(etree.tostring(root.getroottree(), method="c14n", with_comments=True))
    except (etree.C14NError, ValueError):
        return bytes(etree.tostring(root.getroottree()))


class Types:
    """What a package says of its parts' content types."""

    def __init__(self, root: Element) -> None:
        self._by_ending: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        for one in root.iterchildren("*"):
            if one.tag == f"{_TYPE_NS}Default":
                self._by_ending[one.get("Extension", "").lower()] = one.get("ContentType", "")
            elif one.tag == f"{_TYPE_NS}Override":
                self._by_name[one.get("PartName", "").lower()] = one.get("ContentType", "")

    def of(self, name: str) -> str:
        """Say which one a part has; an empty string: it has none."""
        named = self._by_name.get(f"/{name}".lower())
        ending = name.rpartition(".")[2].lower()
        return self._by_ending.get(ending, "") if named is None else named


def follow(relations: str, target: str) -> str:
    """Find the part that a relationship leads to; what follows ``#`` is kept."""
    folder = posixpath.dirname(posixpath.dirname(relations))
    path, hash_, fragment = unquote(target).partition("#")
    whole = posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/") if path else ""
    return f"{whole}{hash_}{fragment}"
