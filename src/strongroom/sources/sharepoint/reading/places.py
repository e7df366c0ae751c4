"""Where things are in a site: webs and lists, as folders tell them and as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.words.item import Folder
from strongroom.words.json import Json

WEB, LIST, LIBRARY, STRUCTURE = "web", "list", "library", "structure"
FILES = "files"
"""Kind of what holds the files of a web that are in none of its lists."""
WEB_PLACE, LIST_PLACE, FILES_PLACE = "_web", "_list", "_files"
_DOCUMENT_LIBRARY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPlace:
    """A web.

    Attributes:
        id: Its GUID.
        url: Its path on the server: ``/sites/a/hr``.
        title: Its name.
        created: When it was made, as the server tells it.
        template: What it was made from: ``STS#3``.
        is_root: It is the top of what is kept.
    """

    id: str
    url: str
    title: str = ""
    created: str = ""
    template: str = ""
    is_root: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """A list or a library.

    Attributes:
        id: Its GUID.
        web: The web that it is in.
        url: Path of its own folder on the server.
        title: Its name.
        base_template: What it was made from (101 a document library).
        is_library: It holds files.
        created: When it was made, as the server tells it.
        has_versions: It keeps versions.
        has_drafts: It keeps drafts as minor versions.
        has_attachments: Something may be attached to its items.
        is_external: Its items lie in another system, and cannot be asked for.
    """

    id: str
    web: WebPlace
    url: str
    title: str = ""
    base_template: int = 100
    is_library: bool = False
    created: str = ""
    has_versions: bool = False
    has_drafts: bool = False
    has_attachments: bool = False
    is_external: bool = False


def web_folders(web: WebPlace, top: str) -> tuple[Folder, Folder, Folder]:
    """Give a web's folder, the one of what describes it, and the one of its own files.

    Args:
        web: The web.
        top: Path of the top of what is kept on the server.
    """
    path = below(web.url, top)
    facts: dict[str, Json] = {
        "web": web.id,
        "title": web.title,
        "url": web.url,
        "created": web.created,
        "template": web.template,
    }
    return (
        Folder(id=web.id, path=path, kind=WEB, facts=facts),
        Folder(
            id=f"{web.id}/{STRUCTURE}",
            path=(*path, WEB_PLACE),
            kind=STRUCTURE,
            facts={"web": web.id},
        ),
        Folder(
            id=f"{web.id}/{FILES}",
            path=(*path, FILES_PLACE),
            kind=FILES,
            facts={"web": web.id, "url": web.url},
        ),
    )


def list_folders(one: ListPlace, top: str) -> tuple[Folder, Folder]:
    """Give a list's folder, and the one of what describes it."""
    path = below(one.url, top)
    facts: dict[str, Json] = {
        "web": one.web.id,
        "title": one.title,
        "base_template": one.base_template,
        "base_type": _DOCUMENT_LIBRARY if one.is_library else 0,
        "url": one.url,
        "created": one.created,
        "has_versions": one.has_versions,
        "has_drafts": one.has_drafts,
        "has_attachments": one.has_attachments,
        "is_external": one.is_external,
    }
    return (
        Folder(
            id=one.id,
            path=path,
            kind=LIBRARY if one.is_library else LIST,
            is_listed_only=one.is_external,
            facts=facts,
        ),
        Folder(
            id=f"{one.id}/{STRUCTURE}",
            path=(*path, LIST_PLACE),
            kind=STRUCTURE,
            facts={"web": one.web.id},
        ),
    )


def web_place(folder: Folder) -> WebPlace:
    """Read a web out of its folder."""
    return WebPlace(
        id=folder.id,
        url=_text(folder.facts, "url"),
        title=_text(folder.facts, "title"),
        created=_text(folder.facts, "created"),
        template=_text(folder.facts, "template"),
        is_root=not folder.path,
    )


def list_place(folder: Folder, web: WebPlace) -> ListPlace:
    """Read a list out of its folder."""
    template = folder.facts.get("base_template")
    return ListPlace(
        id=folder.id,
        web=web,
        url=_text(folder.facts, "url"),
        title=_text(folder.facts, "title"),
        base_template=template if isinstance(template, int) else 0,
        is_library=folder.kind == LIBRARY,
        created=_text(folder.facts, "created"),
        has_versions=folder.facts.get("has_versions") is True,
        has_drafts=folder.facts.get("has_drafts") is True,
        has_attachments=folder.facts.get("has_attachments") is True,
        is_external=folder.facts.get("is_external") is True,
    )


def below(url: str, top: str) -> tuple[str, ...]:
    """Give the segments of a path below another one; paths differ in case where people typed."""
    root = top.rstrip("/")
    if not f"{url}/".casefold().startswith(f"{root}/".casefold()):
        return tuple(part for part in url.split("/") if part)
    return tuple(part for part in url[len(root) :].split("/") if part)


def _text(facts: Mapping[str, Json], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""
