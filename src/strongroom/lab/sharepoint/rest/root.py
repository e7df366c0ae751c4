"""What stands right behind ``/_api/``."""

from __future__ import annotations

from strongroom.lab.sharepoint.farm import collection_of
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.digests import LIFE_S
from strongroom.lab.sharepoint.rest.entities import lists, site_manager, sites, webs
from strongroom.lab.sharepoint.rest.entities.common import known
from strongroom.lab.sharepoint.rest.entities.pages import pages_entity
from strongroom.lab.sharepoint.rest.kinds import Args, Complex, Entity, Kind, Method, Value
from strongroom.lab.sharepoint.rest.search import search


def _context(call: Call, _: None, __: Args) -> Value:
    """Give a digest for writing, and where one is."""
    top = collection_of(call.web.path)
    told = Complex(
        "SP.ContextWebInformation",
        {
            "FormDigestTimeoutSeconds": LIFE_S,
            "FormDigestValue": call.service.digests.give(call.login),
            "LibraryVersion": call.profile.version,
            "SiteFullUrl": call.url + top.rstrip("/"),
            "SupportedSchemaVersions": ["14.0.0.0", "15.0.0.0"],
            "WebFullUrl": call.web_url,
        },
    )
    return Value("GetContextWebInformation", told)


def _search(call: Call, _: None, __: Args) -> Value:
    found = search(
        call.service.farm,
        call.query,
        url=call.url,
        known=call.service.content.ids_of,
        may_open=call.may_open_site,
    )
    return Value("query", found)


def _default_label(call: Call, _: None, args: Args) -> Value:
    """Give the retention label that a list gives to all that comes into it; or null."""
    wanted = args.text("listUrl", 0).casefold()
    lists = (one for web in call.collection.webs() for one in web.lists.values())
    found = next((one for one in lists if one.root_path.casefold() == wanted), None)
    if found is None:
        raise errors.not_found()
    label = found.settings.default_retention_label
    told = {"BlockDelete": True, "BlockEdit": False, "TagName": label} if label else {}
    return Value("GetListComplianceTag", Complex("SP.CompliancePolicy.ComplianceTag", told))


def _search_entity(_: Call, __: None, path: str) -> Entity:
    return Entity(SEARCH, None, path)


SEARCH: Kind[None] = known(
    Kind(
        name="Microsoft.Office.Server.Search.REST.SearchService",
        methods={"query": Method(run=_search)},
    )
)

ROOT: Kind[None] = known(
    Kind(
        name="SP.ApiRoot",
        links={
            "Lists": lambda call, _, path: lists.lists_of(call, call.web, path),
            "Search": _search_entity,
            "Site": lambda call, _, path: Entity(sites.SITE, call.collection, "Site"),
            "SitePages": pages_entity,
            "SPSiteManager": site_manager.manager,
            "Web": lambda call, _, path: webs.web_entity(call.web),
        },
        since={"SitePages": "2019", "SPSiteManager": "2019"},
        methods={
            "contextinfo": Method(run=_context, is_post=True),
            "sp.compliancepolicy.sppolicystoreproxy.getlistcompliancetag": Method(
                run=_default_label, since="online"
            ),
            "sp.site.exists": Method(run=site_manager.exists, is_post=True, since="2019"),
        },
    )
)
ROOT_ENTITY = Entity(ROOT, None, "")
