"""Clouds by name, claims from challenges, and every number of Entra ID in plain words."""

from __future__ import annotations

import base64

import pytest

from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.wire.entra.clouds import CLOUDS, endpoints_of
from strongroom.wire.entra.msal_http import MsalHttp
from strongroom.wire.entra.refusals import refusal
from strongroom.wire.entra.stories import BY_CODE
from strongroom.wire.entra.tokens import claims_of
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import ForbiddenOrigin, Origins

DOCUMENTED = (
    *(50076, 50079, 50072, 50074, 50078, 50158, 50097, 53000, 53001, 53003, 53004, 530035),
    *(50034, 50126, 50053, 50055, 50056, 50057, 50173, 70008, 700082, 70043, 50089, 50132, 50133),
    *(65001, 70011, 28002, 700016, 90002, 50020, 500011, 500208),
    *(7000215, 7000222, 700027, 50012, 7000218, 50105, 50196, 90033, 50033, 50087),
)


@pytest.mark.parametrize("code", DOCUMENTED)
def test_every_documented_number_has_words_and_a_step(code: int) -> None:
    text = f"AADSTS{code}: ann@lab.example sent canary-token. Trace ID: 1"
    told = refusal({"error": "invalid_grant", "error_codes": [code], "error_description": text})
    assert told.what == BY_CODE[code].what
    assert told.why.endswith(f"(AADSTS{code})")
    assert told.hint
    assert "canary" not in f"{told}{told.hint}{told!r}"
    assert isinstance(told, TransientError) == (code in {90033, 50033, 50087})


def test_a_number_is_found_in_the_text_alone_and_an_unknown_one_shows_no_text() -> None:
    assert "second factor" in str(refusal({"error": "x", "error_description": "AADSTS50074: y"}))
    told = refusal({"error": "<canary>", "error_description": "AADSTS99999: canary"})
    assert isinstance(told, AccessDenied)
    assert "canary" not in f"{told}{told.hint}"


def test_clouds_have_their_own_servers_and_endpoints_can_be_put_in_their_place() -> None:
    assert len({cloud.graph for cloud in CLOUDS.values()}) == 4
    mine = endpoints_of("global", {"authority": "https://localhost:8443/entra/"})
    assert mine.authority_of("lab.example") == "https://localhost:8443/entra/lab.example"
    assert mine.graph == "https://graph.microsoft.com"


@pytest.mark.parametrize(
    ("cloud", "overrides"),
    [("moon", {}), ("global", {"grpah": "https://x"}), ("global", {"graph": "http://x.example"})],
)
def test_what_is_no_cloud_or_no_endpoint_is_refused(cloud: str, overrides: dict[str, str]) -> None:
    with pytest.raises(OperatorError):
        endpoints_of(cloud, overrides)


@pytest.mark.parametrize("tenant", ["", "a/b", "a?b", "..", "a b", "ä.example", "a@b"])
def test_what_is_no_tenant_is_refused(tenant: str) -> None:
    with pytest.raises(OperatorError, match="not the name of a tenant"):
        endpoints_of("global").authority_of(tenant)


def test_claims_are_read_from_any_of_several_challenges_and_rubbish_is_passed_over() -> None:
    wanted = base64.urlsafe_b64encode(b'{"access_token":{"a":">>??"}}').decode().rstrip("=")
    challenges = [
        'Bearer claims="!!"',
        'Bearer claims="W10="',
        f'Bearer realm="", claims="{wanted}"',
    ]
    assert claims_of(challenges) == '{"access_token":{"a":">>??"}}'
    assert claims_of(["Negotiate", 'Bearer claims="!!"']) == ""


@pytest.mark.parametrize(
    "url", ["https://login.elsewhere.example/token", "http://localhost/token", "https://localhost/"]
)
def test_msal_reaches_the_authority_and_nothing_else(url: str, https: HttpsClient) -> None:
    client = MsalHttp(https, Origins.of(["https://localhost:9"]))
    with pytest.raises(ForbiddenOrigin):
        client.post(url, data={"client_secret": "canary"})
