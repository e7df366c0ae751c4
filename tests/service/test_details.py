"""Details: what decides where a secret goes, whose account it is, and earlier records."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from strongroom.errors import OperatorError
from strongroom.service.details import SECRETS, ConnectionDetails
from tests.fakes.marked import caged, canary

FULL = ConnectionDetails(
    kind="exchange-online",
    server="mail.example",
    url="https://sites.example/sites/a",
    sign_in_server="https://sts.example/adfs/ls/?wtrealm=urn:a",
    autodiscover="backup@example",
    directory="dc.example",
    user="backup@example",
    password=caged("p"),
    keytab=caged("table"),
    uses_tickets=True,
    auth="browser",
    access="delegate",
    ca_pem="PEM",
    fingerprint="AB:" * 31 + "AB",
    certificate_name="mail.example",
    proxy="http://proxy.example:3128",
    tenant="t-1",
    cloud="china",
    endpoints={"graph": "https://graph.example/"},
    client_id="c-1",
    certificate=caged("cert"),
    client_secret=caged("cs"),
    token_cache=caged("tokens"),
    app_password=caged("app"),
    restore_client_id="c-2",
    restore_certificate=caged("cert2"),
    owners=("entra:t-1:o-1",),
    is_guarded=True,
)
OTHERS = {
    "kind": "exchange-onprem",
    "server": "evil.example",
    "url": "https://evil.example/",
    "sign_in_server": "https://evil.example/adfs/ls/?wtrealm=urn:a",
    "autodiscover": "backup@evil.example",
    "directory": "dc.evil.example",
    "uses_tickets": False,
    "fingerprint": "cd" * 32,
    "certificate_name": "evil.example",
    "auth": "device-code",
    "ca_pem": "OTHER",
    "proxy": "",
    "tenant": "t-2",
    "cloud": "dod",
    "endpoints": {"graph": "https://evil.example/"},
}
STAYS = {
    "user": "x@example",
    "access": "impersonation",
    "client_id": "c-9",
    "restore_client_id": "c-9",
    "uses_ews": True,
    "sees_permissions": True,
    "owners": (),
    "is_guarded": False,
}


def test_a_record_comes_back_as_it_was() -> None:
    assert ConnectionDetails.from_bytes(FULL.to_bytes()) == FULL
    least = ConnectionDetails(kind="sharepoint-onprem")
    assert ConnectionDetails.from_bytes(least.to_bytes()) == least


def test_a_record_of_the_first_version_opens() -> None:
    record = {
        "kind": "exchange-onprem",
        "server": "mail.example",
        "user": "backup@example",
        "password": canary("made up"),
        "auth": "basic",
        "access": "impersonation",
        "ca_pem": None,
    }
    assert ConnectionDetails.from_bytes(json.dumps(record).encode()) == ConnectionDetails(
        kind="exchange-onprem",
        server="mail.example",
        user="backup@example",
        password=caged("made up"),
    )


def test_a_record_of_a_later_version_is_not_half_read() -> None:
    with pytest.raises(OperatorError, match="not known") as caught:
        ConnectionDetails.from_bytes(b'{"kind": "exchange-onprem", "route": "evil.example"}')
    assert "newer" in caught.value.hint


@pytest.mark.parametrize("field", sorted(OTHERS))
def test_what_decides_where_a_secret_goes_is_part_of_the_destination(field: str) -> None:
    assert replace(FULL, **{field: OTHERS[field]}).destination != FULL.destination  # type: ignore[arg-type]


@pytest.mark.parametrize("field", sorted(STAYS))
def test_what_does_not_is_not(field: str) -> None:
    assert replace(FULL, **{field: STAYS[field]}).destination == FULL.destination  # type: ignore[arg-type]


def test_every_field_was_thought_of() -> None:
    assert {one.name for one in fields(ConnectionDetails)} == {*OTHERS, *STAYS, *SECRETS}


@pytest.mark.parametrize("auth", ["kerberos", "legacy"])
def test_the_domain_in_a_users_name_decides_who_is_asked_in_some_ways(auth: str) -> None:
    one = ConnectionDetails(kind="exchange-onprem", server="mail.example", user="a@x", auth=auth)
    assert one.destination != replace(one, user="a@evil.example").destination


def test_a_fingerprint_is_the_same_however_it_is_written() -> None:
    assert replace(FULL, fingerprint="ab" * 32).destination == FULL.destination
    with pytest.raises(OperatorError, match="not a certificate's fingerprint"):
        replace(FULL, fingerprint="ab")


def test_without_secrets_none_is_left_and_the_rest_is_as_it_was() -> None:
    bare = FULL.without_secrets()
    assert FULL.has_secrets
    assert not bare.has_secrets
    assert bare.destination == FULL.destination
    assert not any(getattr(bare, field) for field in SECRETS)
    with pytest.raises(OperatorError, match="has no app password"):
        bare.secret("app_password")


def test_no_secret_is_shown() -> None:
    assert "tokens" not in repr(FULL)
    assert "cert2" not in str(FULL)


@pytest.mark.parametrize("auth", ["certificate", "client-secret"])
def test_an_application_has_no_owner(auth: str) -> None:
    assert FULL.owner_ids == {"entra:t-1:o-1"}
    assert replace(FULL, auth=auth).owner_ids == frozenset()


@pytest.mark.parametrize("field", ["server", "url", "proxy", "directory", "endpoints"])
def test_an_address_with_a_secret_in_it_is_refused_wherever_it_stands(field: str) -> None:
    address = "https://svc:hunter2@mail.example/"
    value = {"graph": address} if field == "endpoints" else address
    with pytest.raises(OperatorError) as caught:
        replace(FULL, **{field: value})  # type: ignore[arg-type]
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_tenants_are_told_apart_where_there_is_no_server() -> None:
    one = ConnectionDetails(kind="exchange-online", tenant="Contoso.example", auth="certificate")
    assert one.server_key == "global:contoso.example"
    assert replace(one, cloud="dod").server_key != one.server_key


@pytest.mark.parametrize("field", ["auth", "cloud"])
def test_what_is_not_known_is_refused(field: str) -> None:
    with pytest.raises(OperatorError, match="not known"):
        replace(FULL, **{field: "telepathy"})  # type: ignore[arg-type]
