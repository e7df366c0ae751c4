"""The script holds what is wanted, the certificate, and neither a key nor anybody's quotes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.errors import OperatorError
from strongroom.wire.entra import permissions
from strongroom.wire.entra.powershell import address, plain, site, word
from strongroom.wire.entra.registration import Wanted
from strongroom.wire.entra.script import registration_script
from tests.lab_entra.certificates import KeyPair
from tests.wire_entra.conftest import certificate_of

EXPORT = permissions.ITEMS_EXPORT
TENANT = "lab.onmicrosoft.example"


@pytest.fixture
def wanted(key_pair: KeyPair) -> Wanted:
    return Wanted(
        name="Strongroom backup", tag="t", proof=certificate_of(key_pair), permissions=(EXPORT,)
    )


def test_the_script_names_each_permission_and_holds_the_certificate_without_its_key(
    key_pair: KeyPair, wanted: Wanted
) -> None:
    text = registration_script([wanted], tenant=TENANT, cloud="gcc-high")
    assert f"@{{ Api = '{EXPORT.resource}'; Id = '{EXPORT.id}'; Name = '{EXPORT.name}' }}" in text
    assert f"-Environment USGov -TenantId '{TENANT}'" in text
    assert key_pair.modern["public_certificate"].strip() in text
    assert "PRIVATE" not in text
    assert key_pair.modern["private_key"].splitlines()[1] not in text
    assert "{{" not in text
    assert "Exchange" not in text
    assert "Sites" not in text


def test_chosen_mailboxes_are_scoped_in_exchange_for_each_application(wanted: Wanted) -> None:
    text = registration_script(
        [wanted, replace(wanted, name="Strongroom restore")],
        tenant=TENANT,
        cloud="global",
        scope="Strongroom mailboxes",
        mailboxes=["ann@lab.example", "bob@lab.example"],
        roles=[("Application MailboxItem.Export",), ("Application MailboxItem.ImportExport",)],
    )
    assert (
        "'EmailAddresses -eq ''ann@lab.example'' -or EmailAddresses -eq ''bob@lab.example'''"
    ) in text
    assert "New-ServicePrincipal -AppId $restore.AppId -ObjectId $restore.Principal" in text
    assert "foreach ($role in 'Application MailboxItem.Export') {" in text
    assert "-CustomResourceScope 'Strongroom mailboxes'" in text
    assert "EwsAllowedAppIDs" not in text


def test_chosen_sites_are_granted_and_nothing_else_is_asked_for(wanted: Wanted) -> None:
    chosen = replace(wanted, sites=("https://lab.sharepoint.example/sites/board",))
    text = registration_script([chosen], tenant=TENANT, cloud="global")
    assert "Get-MgSite -SiteId 'lab.sharepoint.example:/sites/board'" in text
    assert "roles = @('read')" in text
    assert "'Sites.FullControl.All'" in text.split("function")[0]


def test_the_list_of_those_who_may_use_ews_is_added_to_and_not_replaced(wanted: Wanted) -> None:
    text = registration_script([wanted], tenant=TENANT, cloud="global", uses_ews=True)
    assert "-split ','" in text
    assert "@($backup.AppId)" in text


@pytest.mark.parametrize("name", ["a'; Remove-Item", "a\nb", "", "a\u2019b", "$(x)"])
def test_a_name_that_could_be_a_command_is_refused(name: str, wanted: Wanted) -> None:
    with pytest.raises(OperatorError):
        registration_script([replace(wanted, name=name)], tenant=TENANT, cloud="global")


@pytest.mark.parametrize("text", ["a'@b.example", "$x@b.example", "a`@b.example", "ab", 'a"@b.c'])
def test_an_address_that_could_be_a_command_is_refused(text: str) -> None:
    with pytest.raises(OperatorError):
        address(text)


@pytest.mark.parametrize(
    "url", ["http://lab.example/sites/a", "https://lab.example/a'b", "https://lab.example/$x"]
)
def test_a_site_that_could_be_a_command_is_refused(url: str) -> None:
    with pytest.raises(OperatorError):
        site(url)


@pytest.mark.parametrize("name", ["Büro $(x) 'a'", "a" * 200, "x\ny"])
def test_any_connections_name_becomes_one_that_a_script_can_hold(name: str) -> None:
    assert word(plain(name))
