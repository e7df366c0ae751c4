"""One question, and what it is asked of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from strongroom.clock import Clock
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.permissions import Securable
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.farm import FarmSite
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.formats import Format
from strongroom.lab.sharepoint.rest.options import Options
from strongroom.lab.sharepoint.rest.profiles import Profile
from strongroom.lab.sharepoint.rest.visit import Visit
from strongroom.lab.sharepoint.rights import Level

if TYPE_CHECKING:
    from strongroom.lab.sharepoint.rest.service import RestService

_DEPTH_MAX = 60
_VIEW = 1
"""``ViewListItems``."""
WRITES = frozenset({"MERGE", "PATCH", "PUT", "DELETE"})


@dataclass(slots=True, kw_only=True)
class Call:
    """One question.

    Attributes:
        collection, web: Whom it is asked.
        verb: The HTTP method, or what ``X-HTTP-Method`` says instead.
        url: ``https://localhost:PORT``.
        headers: Names in small letters.
        login: The visitor, with claims prefix.
        user_id: Their number in the collection.
        level, rights: What they may do there, roughly and as a mask.
        service: Whatever outlives a question: uploads that have begun, digests.
        ran_method: The address ended in a method, and it was carried out.
    """

    service: RestService
    collection: SiteCollection
    web: Web
    verb: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]
    options: Options
    form: Format
    profile: Profile
    login: str
    user_id: int
    level: Level
    rights: int
    clock: Clock
    visit: Visit
    ran_method: bool = False
    _json: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def is_reading(self) -> bool:
        """It was sent by GET."""
        return self.verb == "GET"

    @property
    def web_url(self) -> str:
        """The whole address of the web."""
        return f"{self.url}{self.web.path.rstrip('/')}"

    def url_of(self, web: Web) -> str:
        """Give the whole address of a web."""
        return f"{self.url}{web.path.rstrip('/')}"

    def sees(self, item: ListItem) -> bool:
        """Say whether the visitor sees an item at all.

        Whoever has full control, and an application, sees everything; others what they may read,
        and not what one person has not checked in yet.
        """
        return item.is_visible_to(self.user_id) and self.may_read(item)

    def may_read(self, what: Securable) -> bool:
        """Say whether the visitor may read a list or item of a web that they may open."""
        if self.level >= Level.FULL or self.visit.visitor.app_id:
            return True
        scope = what.scope
        return isinstance(scope, Web) or bool(scope.mask_of(self.user_id) & _VIEW)

    def may_open_site(self, site: FarmSite) -> bool:
        """Say whether the visitor may open another site."""
        return self.visit.may(site) is not None

    def may_open(self, web: Web) -> bool:
        """Say whether the visitor may open another web."""
        site = self.service.farm.site_of(web.path)
        return site is not None and self.may_open_site(site)

    @property
    def has_json(self) -> bool:
        """Something that may be JSON was sent."""
        kind = self.headers.get("content-type", "").casefold()
        return bool(self.body) and ("json" in kind or (not kind and self.body[:1] == b"{"))

    @property
    def is_verbose(self) -> bool:
        """What was sent carries types."""
        return "odata=verbose" in self.headers.get("content-type", "").replace(" ", "").casefold()

    def json(self) -> Mapping[str, Any]:
        """Read what was sent, without types.

        Raises:
            ApiError: 400, it is no JSON object.
        """
        if self._json is None:
            self._json = self._read_json()
        return self._json

    def need_type(self) -> None:
        """Refuse a verbose entry without its type.

        Raises:
            ApiError: 400.
        """
        if self.is_verbose and b'"__metadata"' not in self.body:
            raise errors.bad_query(
                "An entry without a type name was found, but no expected type was specified. To"
                " allow entries without type information, the expected type must also be specified"
                " when the model is specified."
            )

    def need(self, level: Level) -> None:
        """Go on only if the visitor may do so much.

        Raises:
            ApiError: 403.
        """
        if self.level < level or (level > Level.READ and self.collection.is_read_only):
            # A site that is locked for writing takes the rights from everybody.
            raise errors.denied()

    def _read_json(self) -> Mapping[str, Any]:
        if not self.body:
            return {}
        try:
            read = orjson.loads(self.body.removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            raise errors.bad_query("Invalid JSON. The request body is not well formed.") from error
        if not isinstance(read, dict):
            raise errors.bad_query("Invalid JSON. An object was expected.")
        return {key: _bare(value, 0) for key, value in read.items() if key != "__metadata"}


def _bare(value: object, depth: int) -> object:
    if depth > _DEPTH_MAX:
        raise errors.bad_query("Invalid JSON. It has too many levels.")
    if isinstance(value, list):
        return [_bare(one, depth + 1) for one in value]
    if isinstance(value, dict):
        kept = {
            key: one
            for key, one in value.items()
            if key not in {"__metadata", "odata.type", "@odata.type"}
        }
        if set(kept) == {"results"}:
            return _bare(kept["results"], depth + 1)
        return {key: _bare(one, depth + 1) for key, one in kept.items()}
    return value
