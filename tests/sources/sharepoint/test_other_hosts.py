"""OneDrives of a tenant are on a host of their own, which the same sign-in is for."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from strongroom.lab.entra import well_known
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.lab import Lab
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm
from strongroom.service.details import ConnectionDetails
from strongroom.sources.sharepoint.hosts import Hosts
from strongroom.sources.sharepoint.naming import find_at
from strongroom.wire.entra.clouds import CLOUDS
from strongroom.wire.origins import ForbiddenOrigin
from strongroom.wire.sharepoint.rest_refusals import SiteMoved
from strongroom.wire.sharepoint.tenant import host_beside
from tests.fakes.hand_clock import HandClock
from tests.lab_sharepoint.conftest import server
from tests.sources.sharepoint.conftest import Open
from tests.sources.sharepoint.lab_site import Keeper
from tests.wire_sharepoint.asking import connected, json, no

__all__ = ["server"]

PATH = "/personal/ann_lab"


@pytest.fixture
def drives(lab: Lab, online: Farm) -> Iterator[tuple[str, list[Request]]]:
    """Somebody's OneDrive on the tenant's other host: its address, and what is asked there."""
    heard: list[Request] = []
    reach, directory = lab.cloud.tenant.reach, lab.cloud.directory

    def listen(request: Request) -> Response:
        heard.append(request)
        return lab.cloud.farm_face.answer(request)

    with LabServer(Estate(seed=1), authority=lab.server.authority) as server:
        server.pages.clear()
        server.pages["/personal/"] = listen
        online.beside.append(server.url)
        directory.aliases[server.url] = well_known.SHAREPOINT
        online.add_site(PATH, "Ann", template="SPSPERS")
        made = reach.add_site(PATH, "Ann")
        reach.sites[made.id] = replace(made, url=server.url + PATH)
        yield server.url + PATH, heard
        del reach.sites[made.id], directory.aliases[server.url]
        lab.cloud.farm_face.content.delete(PATH)
        lab.cloud.farm_face.content.purge(PATH)
        online.beside.clear()


def audience(token: str) -> str:
    payload = token.split(".")[1]
    return str(orjson.loads(base64.urlsafe_b64decode(f"{payload}=="))["aud"])


def with_drives(details: ConnectionDetails, address: str) -> ConnectionDetails:
    endpoints = {**(details.endpoints or {}), "onedrive": address.removesuffix(PATH)}
    return replace(details, endpoints=endpoints)


def test_a_onedrive_on_the_tenants_other_host_is_listed_named_and_read_there(
    open_site: Open, details: ConnectionDetails, drives: tuple[str, list[Request]]
) -> None:
    address, heard = drives
    server = open_site(with_drives(details, address))
    (found,) = [one for one in server.resources() if one.address == address]
    assert (found.role, found.excluded) == ("personal", None)
    assert heard == []
    assert server.resolve(address) == found
    keeper = Keeper()
    keeper.run(server.source(found))
    assert keeper.folder("Documents").kind == "library"
    assert server.traffic.requests > len(heard) > 2
    tokens = {one.headers["authorization"].removeprefix("Bearer ") for one in heard}
    # Made out to that very host: it is worth nothing at any other.
    assert {audience(one) for one in tokens} == {address.removesuffix(PATH)}
    assert server.target(found).pacing.name == PATH


def test_a_host_that_is_not_the_tenants_is_not_asked(
    open_site: Open,
    details: ConnectionDetails,
    lab: Lab,
    drives: tuple[str, list[Request]],
) -> None:
    address, heard = drives
    server = open_site(details)  # which names no such host, and the lab's own does not tell it
    (found,) = [one for one in server.resources() if one.address == address]
    assert "another host" in (found.excluded or "")
    with pytest.raises(ForbiddenOrigin):
        server.resolve(address)
    assert heard == []


@pytest.mark.parametrize(
    ("site", "cloud", "other"),
    [
        ("https://contoso.sharepoint.com/sites/a", "global", "https://contoso-my.sharepoint.com"),
        ("https://contoso-my.sharepoint.com", "global", "https://contoso.sharepoint.com"),
        ("https://contoso.sharepoint.us/", "gcc-high", "https://contoso-my.sharepoint.us"),
        ("https://contoso-admin.sharepoint.com", "global", None),
        ("https://contoso.sharepoint.com:8443/sites/a", "global", None),
        ("https://contoso.sharepoint.com.evil.example/", "global", None),
        ("https://a.b.sharepoint.com/", "global", None),
        ("https://sharepoint.com/", "global", None),
        ("https://contoso.sharepoint.us/", "global", None),
    ],
)
def test_the_other_host_follows_from_the_first_ones_name_alone(
    site: str, cloud: str, other: str | None
) -> None:
    assert host_beside(site, CLOUDS[cloud]) == other


def test_an_operator_may_name_the_other_host() -> None:
    named = replace(CLOUDS["global"], onedrive="https://drives.example")
    assert host_beside("https://contoso.sharepoint.com", named) == "https://drives.example"
    assert host_beside("https://drives.example/personal/a", named) is None


@pytest.mark.parametrize(
    "address",
    [
        "ftp://other.example/sites/hr",
        "https://user@other.example/sites/hr",
        "http://user@localhost/sites/hr",
        "https://other.example:no/sites/hr",
        "https:///sites/hr",
        "https://[/sites/hr",
    ],
)
def test_what_is_no_address_is_not_one_of_a_server_that_tells_no_other_name(
    server: LabServer, address: str
) -> None:
    with connected(server, HandClock(), lambda _: no(404, "-1")) as rest:
        hosts = Hosts(rest, f"{server.url}/sites/a")
        assert hosts.own(f"http://{hosts.origin.host}/sites/hr") == f"{hosts.origin}/sites/hr"
        assert hosts.own(address) is None


@pytest.mark.parametrize("where", ["https://[/sites/hr", "", "//other.example/sites/hr"])
def test_a_server_that_sends_us_to_no_address_of_its_own_is_not_followed(
    server: LabServer, where: str
) -> None:
    moved = json(b"", 302, {"Location": where})
    with connected(server, HandClock(), lambda _: moved) as rest:
        hosts = Hosts(rest, f"{server.url}/sites/a")
        with pytest.raises(SiteMoved):
            find_at(hosts, "/sites/hr")
