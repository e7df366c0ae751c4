"""Online's old sign-in of people whose organisation signs them in itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace, SignInServer
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import ForbiddenOrigin, Origins
from strongroom.wire.sharepoint import CookieSignIn, legacy_sign_in
from tests.wire_autodiscover.internet import bytes_of, writings
from tests.wire_sharepoint.conftest import ANN, APP_PASSWORD, PASSWORD, Stranger
from tests.wire_sharepoint.looking import look

_NEWER = "/adfs/services/trust/13/usernamemixed"
_OLDER = "/adfs/services/trust/2005/usernamemixed"


@pytest.fixture
def online(
    farm: Farm,
    server: LabServer,
    directory: Directory,
    tenant: Tenant,
    own_server: SignInServer,
    own_url: str,
) -> Iterator[SharePointFace]:
    """Online, whose domain lab.example signs its people in itself."""
    face = SharePointFace(
        farm, url=lambda: server.url, directory=directory, tenant=tenant, trusted=own_server
    )
    for beginning in face.beginnings:
        server.pages[beginning] = face.answer
    farm.federated["lab.example"] = own_url + _OLDER
    yield face
    assert face.crashes == []


def _sign_in(
    http: HttpsClient, server: LabServer, own_url: str, password: str = PASSWORD
) -> CookieSignIn:
    return legacy_sign_in(
        http,
        Origins.of([server.url, own_url]),
        authority=server.url,
        site=server.url,
        user=ANN,
        password=password,
        sign_in_server=own_url,
    )


@pytest.mark.parametrize("path", [_NEWER, _OLDER])
def test_the_organisations_word_opens_a_site(
    online: SharePointFace,
    farm: Farm,
    http: HttpsClient,
    server: LabServer,
    own_url: str,
    ann: User,
    path: str,
) -> None:
    farm.federated["lab.example"] = own_url + path
    sign_in = _sign_in(http, server, own_url)
    assert look(server, sign_in, "/sites/marketing").title == "Marketing"


def test_the_password_goes_to_the_organisation_and_never_to_the_cloud(
    online: SharePointFace, http: HttpsClient, server: LabServer, own_url: str, ann: User
) -> None:
    heard: list[Request] = []

    def listen(request: Request) -> Response:
        heard.append(request)
        return online.answer(request)

    for beginning in online.beginnings:
        server.pages[beginning] = listen
    assert "FedAuth=" in _sign_in(http, server, own_url).headers()["Cookie"]
    forms = [*writings(PASSWORD), PASSWORD.replace("&", "&amp;").encode()]
    assert len(heard) >= 3
    assert not [one.path for one in heard if any(form in bytes_of(one) for form in forms)]


def test_an_app_password_is_not_known_to_the_organisation_and_that_is_said(
    online: SharePointFace, http: HttpsClient, server: LabServer, own_url: str, ann: User
) -> None:
    ann.app_passwords.append(APP_PASSWORD)
    with pytest.raises(AccessDenied, match=r"refused the sign-in.*ID3242") as caught:
        _sign_in(http, server, own_url, APP_PASSWORD).headers()
    assert "App passwords are not known there" in caught.value.why


def test_the_word_of_somebody_else_opens_nothing(
    online: SharePointFace, http: HttpsClient, server: LabServer, own_url: str, ann: User
) -> None:
    changed = SignInServer(online._trusted._estate, clock=online.farm.clock)  # type: ignore[union-attr]
    online._token_service._federation = changed  # type: ignore[union-attr]
    with pytest.raises(AccessDenied, match="AADSTS50008"):
        _sign_in(http, server, own_url).headers()


def test_a_realm_that_names_another_server_than_the_connections_own_gets_no_password(
    online: SharePointFace,
    farm: Farm,
    http: HttpsClient,
    server: LabServer,
    own_url: str,
    stranger: Stranger,
    ann: User,
) -> None:
    for where in (stranger.url, stranger.url.replace("https", "http"), own_url.replace("s:", ":")):
        farm.federated["lab.example"] = where + _NEWER
        with pytest.raises(ForbiddenOrigin):
            _sign_in(http, server, own_url).headers()
    assert stranger.heard == []


def test_a_server_whose_endpoint_is_off_is_named_with_the_command_that_puts_it_on(
    online: SharePointFace,
    own_server: SignInServer,
    http: HttpsClient,
    server: LabServer,
    own_url: str,
    ann: User,
) -> None:
    own_server.is_enabled = False
    with pytest.raises(OperatorError) as caught:
        _sign_in(http, server, own_url).headers()
    assert "Enable-AdfsEndpoint" in caught.value.hint
