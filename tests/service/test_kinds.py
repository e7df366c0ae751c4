"""What a connection of each kind needs, may have, and is refused with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from strongroom.errors import OperatorError
from strongroom.service import kinds
from strongroom.service.application import Application
from strongroom.service.connections import ConnectionEdit
from strongroom.service.details import AUTHS, KINDS, SECRETS, ConnectionDetails
from tests.fakes.every_kind import of_every_kind
from tests.fakes.mail_server import cloud_details, details
from tests.fakes.marked import caged

EVERY = of_every_kind()


def sure(one: ConnectionDetails) -> str:
    return f"{one.kind} {one.auth} {' '.join(kinds.proofs_of(one))}"


@pytest.mark.parametrize("one", EVERY, ids=sure)
def test_every_way_of_every_kind_is_kept_and_comes_back(
    application: Application, one: ConnectionDetails
) -> None:
    view = application.connections.add("mine", one)
    kept = application.connections.details(application.connections.record("mine"))
    assert kept == one
    assert (view.kind, view.auth) == (one.kind, one.auth)
    assert set(view.secrets) == {field for field in SECRETS if getattr(one, field) is not None}


def test_no_kind_no_way_and_no_secret_was_forgotten() -> None:
    assert set(kinds.KINDS) == set(KINDS)
    assert {(one.kind, one.auth) for one in EVERY} == {
        (kind, auth)
        for kind, known in kinds.KINDS.items()
        for auth in known.auths
        if (kind, auth) != ("sharepoint-online", "device-code")
    }
    held = {field for one in EVERY for field in SECRETS if getattr(one, field) is not None}
    assert held == set(SECRETS)
    assert {auth for known in kinds.KINDS.values() for auth in known.auths} == set(AUTHS)


@pytest.mark.parametrize("one", EVERY, ids=sure)
def test_without_what_proves_who_signs_in_nothing_is_added(
    application: Application, one: ConnectionDetails
) -> None:
    bare = replace(one.without_secrets(), uses_tickets=False)
    if one.auth in kinds.BY_PERSON:
        kinds.check_secrets(bare)  # the sign-in comes yet
        return
    with pytest.raises(OperatorError) as caught:
        application.connections.add("mine", replace(bare, user=bare.user or "backup@lab.example"))
    assert "--" in caught.value.hint
    assert application.connections.all() == []


@pytest.mark.parametrize("one", EVERY, ids=sure)
def test_what_a_kind_does_not_use_is_not_kept(one: ConnectionDetails) -> None:
    given: dict[str, Any] = {
        "server": "x.example",
        "url": "https://x.example/",
        "tenant": "t",
        "client_id": "c",
        "directory": "dc.example",
        **{field: caged("x") for field in SECRETS},
    }
    other = [field for field in given if not getattr(one, field)]
    known = kinds.KINDS[one.kind]
    fitting = {*known.needs, *known.may, *kinds.options_by_proof(one)}
    for field in set(other) - fitting:
        with pytest.raises(OperatorError, match=f"has no {field.replace('_', ' ')}"):
            kinds.check(replace(one, **{field: given[field]}))


def test_sharepoint_online_says_why_it_takes_no_secret() -> None:
    site = "https://contoso.sharepoint.com/"
    with pytest.raises(OperatorError, match="Unsupported app only token") as caught:
        kinds.check(
            replace(cloud_details(), kind="sharepoint-online", url=site, auth="client-secret")
        )
    assert "--certificate" in caught.value.hint


def test_two_proofs_at_once_are_refused() -> None:
    both = replace(details(), auth="kerberos", uses_tickets=True)
    with pytest.raises(OperatorError, match="two ways"):
        kinds.check_secrets(both)


def test_a_restoring_application_needs_its_certificate() -> None:
    with pytest.raises(OperatorError, match="application that restores"):
        kinds.check_secrets(replace(cloud_details(), restore_client_id="r"))


@pytest.mark.parametrize(
    ("url", "cloud", "endpoints"),
    [
        ("https://evil.example/sites/a", "global", None),
        ("https://sharepoint.com.evil.example/", "global", None),
        ("https://evilsharepoint.com/", "global", None),
        ("https://contoso.sharepoint.com/", "dod", None),
        ("https://contoso.sharepoint.com/", "global", {"sharepoint": "https://localhost:8443"}),
        ("https://localhost/", "global", {"sharepoint": "https://localhost:8443"}),
    ],
)
def test_a_site_outside_the_tenants_cloud_is_refused(
    url: str, cloud: str, endpoints: dict[str, str] | None
) -> None:
    site = replace(EVERY[-1], url=url, cloud=cloud, endpoints=endpoints)
    with pytest.raises(OperatorError, match="not in the tenant's cloud"):
        kinds.check(site)


@pytest.mark.parametrize(
    "change",
    [
        {"server": "http://mail.example/EWS/Exchange.asmx"},
        {"proxy": "https://proxy.example"},
        {"directory": "ldap://dc.example"},
        {"directory": "dc.example:ldaps"},
        {"proxy": "proxy.example:3128"},
        {"proxy": "socks5://proxy.example"},
        {"fingerprint": "ab" * 32, "ca_pem": "PEM"},
        {"fingerprint": "ab" * 32, "autodiscover": "ann@example"},
        {"certificate_name": "mail.example", "autodiscover": "ann@example"},
        {"auth": "forms"},
        {"auth": "certificate"},
        {"user": ""},
        {"server": ""},
    ],
    ids=str,
)
def test_what_leads_nowhere_or_two_ways_is_refused(change: dict[str, str]) -> None:
    kinds.check(details())
    with pytest.raises(OperatorError):
        kinds.check(replace(details(), **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"endpoints": {"graph": "http://graph.example"}},
        {"endpoints": {"telepathy": "https://x.example"}},
        {"tenant": "a/b"},
        {"tenant": ""},
        {"client_id": ""},
        {"kind": "exchange-2031"},
    ],
    ids=str,
)
def test_a_cloud_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    kinds.check(cloud_details())
    with pytest.raises(OperatorError):
        kinds.check(replace(cloud_details(), **change))


def test_a_search_is_looked_at_before_any_server_is_asked(application: Application) -> None:
    searched = replace(details(), server="", autodiscover="ann@example", proxy="socks5://x")
    with pytest.raises(OperatorError, match="proxy"):
        application.connections.find(searched, lambda *_: False)
    with pytest.raises(OperatorError, match="Nobody can be asked"):
        application.connections.find(replace(searched, proxy=""), lambda *_: False)


def test_an_edit_into_what_a_kind_cannot_be_changes_nothing(ready: Application) -> None:
    with pytest.raises(OperatorError, match="has no tenant"):
        ready.connections.edit("office", ConnectionEdit(tenant="t", password=caged("p")))
    assert ready.connections.show("office").tenant == ""


def test_an_old_record_that_would_be_refused_today_still_opens() -> None:
    record = b'{"kind": "exchange-onprem", "server": "mail.example", "tenant": "t"}'
    old = ConnectionDetails.from_bytes(record)
    with pytest.raises(OperatorError):
        kinds.check(old)


CLAIMS_FARM = ConnectionDetails(
    kind="sharepoint-onprem",
    url="https://intranet.example/sites/team",
    auth="legacy",
    user="backup@lab.example",
    sign_in_server="https://sts.example/adfs/ls/?wtrealm=urn:sharepoint:portal",
)


@pytest.mark.parametrize(
    "change",
    [
        {"sign_in_server": "http://sts.example/adfs/ls/?wtrealm=urn:a"},
        {"sign_in_server": "sts.example/adfs/ls/?wtrealm=urn:a"},
        {"sign_in_server": "https://sts.example/adfs/ls/"},
        {"auth": "forms"},
    ],
    ids=str,
)
def test_a_sign_in_server_that_no_password_may_go_to_is_refused(change: dict[str, str]) -> None:
    kinds.check(CLAIMS_FARM)
    with pytest.raises(OperatorError):
        kinds.check(replace(CLAIMS_FARM, **change))  # type: ignore[arg-type]
