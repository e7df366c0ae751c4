"""The client object model: kept by Update alone, refused inside an answer of success."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom.lab.sharepoint.rights import Level
from tests.lab_sharepoint_rest.conftest import Asker, Profiled

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
WEB = (
    '<StaticProperty Id="1" TypeId="{3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a}" Name="Current" />'
    '<Property Id="2" ParentId="1" Name="Web" />'
    '<Property Id="3" ParentId="2" Name="AllProperties" />'
    '<Property Id="4" ParentId="2" Name="RegionalSettings" />'
)
ZONES = '<Property Id="5" ParentId="4" Name="TimeZones" />'
SET = (
    '<Method Name="SetFieldValue" Id="5" ObjectPathId="3"><Parameters>'
    '<Parameter Type="String">Department</Parameter><Parameter Type="String">A</Parameter>'
    "</Parameters></Method>"
)
UPDATE = '<Method Name="Update" Id="6" ObjectPathId="2" />'
LOCALE = (
    '<SetProperty Id="7" ObjectPathId="4" Name="LocaleId"><Parameter Type="Number">1031'
    '</Parameter></SetProperty><Method Name="Update" Id="8" ObjectPathId="4" />'
)


def asked(ask: Asker, actions: str, paths: str = WEB, **more: Any) -> Any:
    """Send a request, and give the beginning of the answer: whether it was refused."""
    body = (
        f'<Request xmlns="{NAMESPACE}" SchemaVersion="15.0.0.0"><Actions>{actions}</Actions>'
        f"<ObjectPaths>{paths}</ObjectPaths></Request>"
    )
    return sent(ask, body.encode(), **more)


def sent(ask: Asker, body: bytes, **more: Any) -> Any:
    answer = ask.post(
        "/sites/a/_vti_bin/client.svc/ProcessQuery", body, content_type="text/xml", **more
    )
    assert answer.status == 200
    return answer.json[0]["ErrorInfo"]


def test_what_was_set_is_kept_by_update_alone(ask: Asker) -> None:
    assert asked(ask, SET) is None
    assert "Department" not in ask.web.properties
    assert asked(ask, SET + UPDATE) is None
    assert ask.web.properties["Department"] == "A"


def test_without_a_digest_nothing_is_changed_and_the_answer_says_so(ask: Asker) -> None:
    refused = asked(ask, SET + UPDATE, signs=False)
    assert refused["ErrorCode"] == -2130575251
    assert "Department" not in ask.web.properties


def test_what_was_done_before_a_refusal_stays_done(ask: Asker) -> None:
    refused = asked(ask, SET + UPDATE + '<Method Name="Fly" Id="9" ObjectPathId="2" />')
    assert refused["ErrorTypeName"] == "Microsoft.SharePoint.Client.InvalidClientQueryException"
    assert ask.web.properties["Department"] == "A"


def test_whoever_may_only_read_changes_nothing(ask: Asker) -> None:
    ask.farm.sites["/sites/a"].members = {ask.login: Level.READ}
    refused = asked(ask, LOCALE)
    assert refused["ErrorTypeName"] == "System.UnauthorizedAccessException"
    assert ask.web.regional.locale_id == 1033


def test_2013_takes_the_language_and_no_other_regional_setting(profiled: Profiled) -> None:
    ask = profiled("2013")
    assert asked(ask, LOCALE) is None
    assert ask.web.regional.locale_id == 1031
    refused = asked(ask, LOCALE.replace("LocaleId", "Time24"))
    assert refused["ErrorCode"] == -1
    assert not ask.web.regional.has_24_hours


@pytest.mark.parametrize(
    ("actions", "paths"),
    [
        ('<ObjectPath Id="1" ObjectPathId="9" />', WEB),
        ('<ObjectPath Id="1" ObjectPathId="1" />', '<Property Id="1" ParentId="1" Name="Web" />'),
        (SET.replace('<Parameter Type="String">A</Parameter>', ""), WEB),
        (SET.replace("String", "Spaceship"), WEB),
        (SET, WEB.replace("AllProperties", "NoProperties")),
        ('<Method Name="Update" Id="1" />', WEB),
        ("<Nothing />", WEB),
        ('<ObjectPath Id="1" ObjectPathId="5" />', f'{WEB}<Identity Id="5" Name="a:b" />'),
        (
            '<ObjectPath Id="1" ObjectPathId="6" />',
            f'{WEB}{ZONES}<Method Id="6" ParentId="5" Name="GetById" />',
        ),
    ],
)
def test_nonsense_is_refused(ask: Asker, actions: str, paths: str) -> None:
    assert asked(ask, actions, paths)["ErrorTypeName"]


@pytest.mark.parametrize(
    "body", [b"", b"<a", b"<Request />", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>']
)
def test_what_is_no_request_is_refused(ask: Asker, body: bytes) -> None:
    assert sent(ask, body)["ErrorTypeName"]


STORE = (
    '<StaticMethod Id="1" TypeId="{981cbc68-9edc-4f8d-872f-71146fcbb84f}"'
    ' Name="GetTaxonomySession" />'
    '<Method Id="2" ParentId="1" Name="GetDefaultSiteCollectionTermStore" />'
    '<Method Id="3" ParentId="2" Name="GetTermSet"><Parameters><Parameter Type="Guid">'
    "{00000000-0000-4000-8000-000000000000}</Parameter></Parameters></Method>"
    '<Property Id="4" ParentId="3" Name="Group" />'
    '<Property Id="5" ParentId="2" Name="Fans" />'
    '<Method Id="6" ParentId="3" Name="GetTerms"><Parameters>'
    '<Parameter ObjectPathId="7" /></Parameters></Method>'
    '<Constructor Id="7" TypeId="{61a1d689-2744-4ea3-a88b-c95bee9803aa}" />'
)


def read(number: int, name: str) -> str:
    return (
        f'<Query Id="9" ObjectPathId="{number}"><Query SelectAllProperties="false"><Properties>'
        f'<Property Name="{name}" ScalarProperty="true" /></Properties></Query></Query>'
    )


def test_of_a_set_that_is_not_there_nothing_is_told(ask: Asker) -> None:
    assert asked(ask, read(2, "DefaultLanguage"), STORE) is None
    assert asked(ask, read(3, "Name"), STORE) is None


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        (read(4, "Name"), "Client.InvalidClientQueryException"),
        (read(5, "Name"), "Client.InvalidClientQueryException"),
        (read(2, "Colour"), "Client.InvalidClientQueryException"),
        (read(6, "Name"), "NullReferenceException"),
        ('<Method Name="DeleteObject" Id="9" ObjectPathId="2" />', "InvalidClientQueryException"),
    ],
)
def test_what_the_store_does_not_have_is_refused(ask: Asker, actions: str, kind: str) -> None:
    assert asked(ask, actions, STORE)["ErrorTypeName"].endswith(kind)
