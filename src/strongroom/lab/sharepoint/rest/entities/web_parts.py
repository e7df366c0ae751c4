"""Web parts of classic pages: read and exported here, but only CSOM and SOAP put one onto a page.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.WebParts)
"""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.lab.sharepoint.content import classic_pages
from strongroom.lab.sharepoint.content.items import ListItem, StoredFile
from strongroom.lab.sharepoint.content.web_parts import WebPart
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import by_guid, known
from strongroom.lab.sharepoint.rest.kinds import Args, Collection, Entity, Kind, Method, Value
from strongroom.lab.sharepoint.rights import Level

_NO_EXPORT = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page with web parts.

    Attributes:
        held: The item of a list that it is, or the file of a web's own.
    """

    file: StoredFile
    held: classic_pages.Page


@dataclass(frozen=True, slots=True)
class Placed:
    """A web part on its page."""

    page: Page
    part: WebPart


def manager_of(_: Call, item: ListItem, args: Args) -> Entity:
    """``GetLimitedWebPartManager(scope=1)``."""
    assert item.file is not None, "only files have this method"
    return Entity(MANAGER, Page(item.file, item), f"{args.path}/GetLimitedWebPartManager(scope=1)")


def _parts(_: Call, page: Page, path: str) -> Collection:
    held = [Placed(page, one) for one in page.file.web_parts]
    held.sort(key=lambda one: (one.part.zone_id, one.part.zone_index))
    find = by_guid(held, lambda one: one.part.id)

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("id", 0))
        if found is None:
            raise errors.not_found("The web part is not on the page.")
        return Entity(DEFINITION, found, f"{path}(guid'{found.part.id}')")

    return Collection(
        kind=DEFINITION,
        path=path,
        things=lambda: held,
        find=find,
        item_path=lambda one: f"{path}(guid'{one.part.id}')",
        methods={"getbyid": Method(run=by_id)},
    )


def _part(_: Call, one: Placed, path: str) -> Entity:
    return Entity(WEB_PART, one.part, path)


def exported(file: StoredFile, number: str) -> str:
    """Give a web part as XML.

    Raises:
        ApiError: it is not there, or must not be exported.
    """
    wanted = number.strip("{}").casefold()
    found = next((one for one in file.web_parts if one.id == wanted), None)
    if found is None:
        raise errors.not_found("The web part is not on the page.")
    if found.export_mode == _NO_EXPORT:
        raise errors.failed("The Web Part cannot be exported.", status=500)
    return found.xml


def _export(_: Call, page: Page, args: Args) -> Value:
    return Value("ExportWebPart", exported(page.file, args.text("webPartId", 0)))


def _move(call: Call, one: Placed, args: Args) -> None:
    classic_pages.move_web_part(
        one.page.held,
        one.part,
        by=call.user_id,
        zone_id=args.text("zoneID", 0),
        zone_index=args.number("zoneIndex", 1),
    )


def _delete(call: Call, one: Placed, _: Args) -> None:
    classic_pages.delete_web_part(one.page.held, one.part, by=call.user_id)


def _close(call: Call, one: Placed, _: Args) -> None:
    classic_pages.close_web_part(one.page.held, one.part, by=call.user_id)


def _properties(_: Call, part: WebPart, __: str) -> Value:
    told: dict[str, object] = {
        "Title": part.title,
        "ZoneIndex": part.zone_index,
        "Hidden": part.is_hidden,
        "ExportMode": part.export_mode,
    }
    return Value("Properties", told | part.properties)


WEB_PART: Kind[WebPart] = known(
    Kind(
        name="SP.WebParts.WebPart",
        values={
            "ExportMode": lambda _, part: part.export_mode,
            "Hidden": lambda _, part: part.is_hidden,
            "IsClosed": lambda _, part: part.is_closed,
            "Subtitle": lambda _, part: "",
            "Title": lambda _, part: part.title,
            "TitleUrl": lambda _, part: "",
            "ZoneIndex": lambda _, part: part.zone_index,
        },
        links={"Properties": _properties},
    )
)

DEFINITION: Kind[Placed] = known(
    Kind(
        name="SP.WebParts.WebPartDefinition",
        values={
            "Id": lambda _, one: one.part.id,
            "ZoneId": lambda _, one: one.part.zone_id,
        },
        links={"WebPart": _part},
        methods={
            "movewebpartto": Method(run=_move, is_post=True, needs=Level.EDIT),
            "deletewebpart": Method(run=_delete, is_post=True, needs=Level.EDIT),
            "closewebpart": Method(run=_close, is_post=True, needs=Level.EDIT),
            "savewebpartchanges": Method(
                run=lambda _c, _o, _a: None, is_post=True, needs=Level.EDIT
            ),
        },
    )
)

MANAGER: Kind[Page] = known(
    Kind(
        name="SP.WebParts.LimitedWebPartManager",
        values={
            "HasPersonalizedParts": lambda _, page: False,
            "Scope": lambda _, page: 1,
        },
        links={"WebParts": _parts},
        methods={"exportwebpart": Method(run=_export, is_post=True, since="2016")},
    )
)
