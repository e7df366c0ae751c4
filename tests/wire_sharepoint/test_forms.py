"""Forms sign-in of a farm with accounts of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import ForbiddenOrigin, Origins
from strongroom.wire.sharepoint import forms_sign_in
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.looking import look, look_closely

BEN, PASSWORD = "ben", 'ben\'s <own> & "only" ü'

FarmFor = Callable[[Literal["windows", "forms"]], Farm]


@pytest.fixture
def farm_of(server: LabServer, clock: HandClock) -> Iterator[FarmFor]:
    faces = []

    def make(kind: Literal["windows", "forms"]) -> Farm:
        farm = Farm(kind=kind, clock=clock)
        farm.add_site("/sites/team", "Team")
        estate = Estate(clock=clock)
        estate.add_account(BEN, password=PASSWORD)
        face = SharePointFace(farm, url=lambda: server.url, estate=estate)
        for beginning in face.beginnings:
            server.pages[beginning] = face.answer
        faces.append(face)
        return farm

    yield make
    assert [face.crashes for face in faces] == [[]] * len(faces)


def test_a_password_with_every_special_sign_becomes_a_cookie(
    farm_of: FarmFor, http: HttpsClient, origins: Origins, server: LabServer
) -> None:
    farm = farm_of("forms")
    site = f"{server.url}/sites/team"
    sign_in = forms_sign_in(http, origins, site=site, user=BEN, password=PASSWORD)
    web, facts = look_closely(server, sign_in, "/sites/team")
    assert (web.title, facts.version) == ("Team", "16.0.0.14326")
    farm.end_cookies()
    assert look(server, sign_in, "/sites/team").title == "Team"


def test_a_wrong_password_is_said_to_be_one(
    farm_of: FarmFor, http: HttpsClient, origins: Origins, server: LabServer
) -> None:
    farm_of("forms")
    sign_in = forms_sign_in(http, origins, site=server.url, user=BEN, password="canary")
    with pytest.raises(AccessDenied) as caught:
        sign_in.headers()
    assert "wrong" in caught.value.why
    assert "canary" not in f"{caught.value}{caught.value.hint}{sign_in!r}"


def test_a_farm_without_forms_says_which_ways_there_are(
    farm_of: FarmFor, http: HttpsClient, origins: Origins, server: LabServer
) -> None:
    farm_of("windows")
    sign_in = forms_sign_in(http, origins, site=server.url, user=BEN, password=PASSWORD)
    with pytest.raises(OperatorError) as caught:
        sign_in.headers()
    assert "NTLM" in caught.value.hint


def test_a_site_elsewhere_gets_nothing(
    farm_of: FarmFor, http: HttpsClient, origins: Origins
) -> None:
    farm_of("forms")
    with pytest.raises(ForbiddenOrigin):
        forms_sign_in(http, origins, site="https://other.example", user=BEN, password=PASSWORD)
