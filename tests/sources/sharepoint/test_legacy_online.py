"""Online's old sign-in by user name and password: while it lasts, and since it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra.words import User
from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint import Farm
from strongroom.service.details import ConnectionDetails
from strongroom.vault.secret import Secret
from tests.fakes.marked import app_password
from tests.sources.sharepoint.conftest import Open, by_name, outcomes, person_of

APP_PASSWORD = app_password()


@pytest.fixture
def person(lab: Lab) -> Iterator[User]:
    """Somebody with a second factor and an app password."""
    found = lab.cloud.tenant.user(person_of(lab))
    assert found is not None
    assert found.second_factor == "code"
    found.app_passwords.append(APP_PASSWORD)
    yield found
    found.app_passwords.clear()


@pytest.fixture
def by_app_password(details: ConnectionDetails, person: User) -> ConnectionDetails:
    return replace(
        details,
        auth="legacy",
        user=person.upn,
        tenant="",
        client_id="",
        certificate=None,
        app_password=Secret(APP_PASSWORD),
    )


def test_an_app_password_opens_a_site_with_the_warning_shown(
    open_site: Open, by_app_password: ConnectionDetails
) -> None:
    server = open_site(by_app_password)
    facts = server.facts()
    assert facts["site"] == "Marketing"
    assert "never expires" in str(facts["warning"])
    assert "works elsewhere" in str(facts["warning"])
    assert outcomes(server.capabilities(None))["site-access"] == "proved"


def test_the_ordinary_password_of_an_account_with_a_second_factor_is_refused_with_the_reason(
    open_site: Open, by_app_password: ConnectionDetails, person: User
) -> None:
    ordinary = replace(by_app_password, app_password=None, password=Secret(person.password))
    with pytest.raises(AccessDenied, match="AADSTS50076") as caught:
        open_site(ordinary).facts()
    assert "second factor" in caught.value.why
    assert "app password" in caught.value.hint.lower()
    assert person.password not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("how", ["retired", "site-retired"])
def test_where_it_has_ended_the_test_says_so_with_the_date(
    open_site: Open, by_app_password: ConnectionDetails, online: Farm, how: str
) -> None:
    online.legacy = "retired" if how == "retired" else "site-retired"
    server = open_site(by_app_password)
    with pytest.raises(OperatorError) as caught:
        server.facts()
    assert "2026-05-01" in caught.value.why
    assert "certificate" in caught.value.hint
    signed_in = by_name(server.capabilities(None))["sign-in"]
    assert signed_in.outcome == "missing"
    assert "2026-05-01" in signed_in.detail
    assert "certificate" in signed_in.remedy


def test_a_federated_account_whose_server_is_not_named_says_which_option_names_it(
    open_site: Open, by_app_password: ConnectionDetails, online: Farm
) -> None:
    domain = by_app_password.user.rpartition("@")[2]
    online.federated[domain] = "https://sts.evil.example/adfs/services/trust/13/usernamemixed"
    try:
        with pytest.raises(OperatorError) as caught:
            open_site(by_app_password).facts()
    finally:
        online.federated.clear()
    assert "sent nowhere" in caught.value.why
    assert "--sign-in-server" in caught.value.hint
