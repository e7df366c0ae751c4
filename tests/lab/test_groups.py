"""Groups, as the directory tells of them over EWS."""

from __future__ import annotations

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.refusals import AddressTaken
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.quirks import Quirks
from tests.fakes.face_client import NS, FaceClient, text
from tests.fakes.lab_people import ANN, BEN

TEAM, EVERYBODY = "team@lab.example", "everybody@lab.example"


def expand(address: str) -> str:
    mailbox = f"<m:Mailbox><t:EmailAddress>{address}</t:EmailAddress></m:Mailbox>"
    return f"<m:ExpandDL>{mailbox}</m:ExpandDL>"


def members(client: FaceClient, address: str) -> list[tuple[str, str]]:
    found = client.message(expand(address)).iterfind("m:DLExpansion/t:Mailbox", NS)
    return [(text(one, "t:EmailAddress"), text(one, "t:MailboxType")) for one in found]


def test_one_level_is_told_and_groups_inside_are_named(ann: FaceClient, estate: Estate) -> None:
    estate.add_group(TEAM, "Team", ANN, EVERYBODY, "eve@supplier.example")
    estate.add_group(EVERYBODY, "Everybody", BEN, TEAM)
    assert members(ann, TEAM.upper()) == [
        (ANN, "Mailbox"),
        (EVERYBODY, "PublicDL"),
        ("eve@supplier.example", "Contact"),
    ]


def test_a_hidden_group_is_not_there_and_hidden_members_are_no_error(
    ann: FaceClient, estate: Estate
) -> None:
    group = estate.add_group(TEAM, "Team", ANN)
    group.hides_members = True
    assert members(ann, TEAM) == []
    assert text(ann.message(expand(TEAM)), "m:ResponseCode") == "NoError"
    group.is_hidden = True
    for address in (TEAM, "nobody@lab.example", ANN):
        message = ann.message(expand(address))
        assert text(message, "m:ResponseCode") == "ErrorNameResolutionNoResults"


def test_a_group_that_is_too_large_says_that_there_are_more(
    ann: FaceClient, estate: Estate, face: ExchangeFace
) -> None:
    estate.add_group(TEAM, "Team", ANN, BEN)
    face.quirks = Quirks(group_members_max=1)
    found = ann.message(expand(TEAM)).find("m:DLExpansion", NS)
    assert found is not None
    assert (len(found), found.get("IncludesLastItemInRange")) == (1, "false")


def test_a_name_may_be_a_groups(ann: FaceClient, estate: Estate) -> None:
    estate.add_group(TEAM, "Team", ANN)
    message = ann.message(
        '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>team</m:UnresolvedEntry>'
        "</m:ResolveNames>"
    )
    (found,) = message.iterfind(".//t:Mailbox", NS)
    assert (text(found, "t:EmailAddress"), text(found, "t:MailboxType")) == (TEAM, "PublicDL")


def test_an_address_is_one_things_only(estate: Estate) -> None:
    estate.add_group(TEAM, "Team")
    for taken in (TEAM, ANN):
        with pytest.raises(AddressTaken):
            estate.add_group(taken, "Other")
